"""A real browser in a real room: Chromium publishes fake devices, Chromium decodes them."""

from __future__ import annotations

import pytest

from contracts.rpc import media, media_news
from contracts.rpc.media import LayerWish, Quality
from tests.fixtures.lines import bad_line
from tests.service.media_sfu.stand import standing
from tests.voice.browser import Bridge, Tab, bridged, browsing


def decoded(tab: Tab) -> int:
    return max(tab.received("video", "framesDecoded"), default=0) or 0


async def sees_more(bridge: Bridge, tab: Tab, frames: int = 20) -> None:
    before = decoded(tab)
    await bridge.until(lambda: decoded(tab) > before + frames)


async def test_two_tabs_see_and_hear_each_other_and_resume_on_fresh_ice() -> None:
    async with standing() as stand, bridged(stand) as bridge:
        pages = [f"{bridge.url}/?name={name}&publish=1&video=1" for name in ("mina&red=1", "jun")]
        async with browsing(*pages):
            await bridge.until(lambda: len(bridge.tabs) == 2)
            tabs = list(bridge.tabs.values())
            for tab in tabs:
                await sees_more(bridge, tab)
                await bridge.until(
                    lambda tab=tab: max(tab.received("audio", "packetsReceived"), default=0) > 50
                )
                assert set(tab.received("transport", "cipher")) == {"AEAD_AES_128_GCM"}
            tracks = stand.worker.rooms.room("room").tracks
            await bridge.until(lambda: tracks["mina-audio"].reach)
            assert not tracks["jun-audio"].reach
            copies = stand.worker.rooms.seat("room", "jun").downs
            assert copies["mina-audio"].need.is_there, "a voice with what it said just before"
            one = bridge.tabs["mina"]
            await stand.ask(media.RestartIce(room="room", participant="mina"))
            await one.say("restart")
            for tab in tabs:
                await sees_more(bridge, tab, frames=60)
            assert all(tab.stats["up"] == tab.stats["down"] == "connected" for tab in tabs)


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_a_viewer_changes_between_the_layers_of_a_simulcast(codec: str) -> None:
    async with standing() as stand, bridged(stand) as bridge:
        speaker = f"{bridge.url}/?name=mina&publish=1&video=1&simulcast=1&codec={codec}"
        async with browsing(speaker, f"{bridge.url}/?name=jun"):
            await bridge.until(lambda: "jun" in bridge.tabs)
            jun = bridge.tabs["jun"]
            # Of a picture of 640 x 480 libwebrtc sends two layers, whatever is asked.
            layers = {Quality.LOW: 160, Quality.MEDIUM: 320}
            for quality in (*layers, *layers):
                wish = LayerWish(track="mina-video", quality=quality)
                await stand.ask(media.WishLayers(room="room", participant="jun", wishes=(wish,)))
                width = layers[quality]
                await bridge.until(
                    lambda width=width: jun.received("video", "frameWidth") == [width]
                )
                await sees_more(bridge, jun, frames=15)
            assert max(jun.received("video", "freezeCount")) <= 4
            camera = {"track": "mina-video"}
            assert (await stand.expect(media_news.TrackUp, **camera)).codec == codec
            await stand.expect(media_news.LayersWanted, **camera, qualities=("low", "medium"))


async def test_a_line_that_narrows_gets_a_smaller_picture_and_the_large_one_again() -> None:
    """What the browser tells of arrivals (transport-wide congestion control) decides."""
    async with standing() as stand, bridged(stand) as bridge:
        line = await bad_line(("127.0.0.1", stand.worker.port.port), 0.0, seed=1)
        bridge.routes["jun"] = line.route
        speaker = f"{bridge.url}/?name=mina&publish=1&video=1&simulcast=1&codec=vp8"
        async with browsing(speaker, f"{bridge.url}/?name=jun"):
            await bridge.until(lambda: "jun" in bridge.tabs)
            jun = bridge.tabs["jun"]
            await bridge.until(lambda: jun.received("video", "frameWidth") == [320])
            await sees_more(bridge, jun, frames=40)
            seat = stand.worker.rooms.seat("room", "jun")
            assert seat.down is not None
            assert seat.down.line is not None
            layers = stand.worker.rooms.room("room").tracks["mina-video"].ranked(0.0)
            low, best = layers[0].bits.value, layers[-1].bits.value
            # The voice goes over it as well.
            line.bits = (low + best) // 2 + 60_000
            await bridge.until(lambda: jun.received("video", "frameWidth") == [160])
            await sees_more(bridge, jun)
            line.bits = 0
            await bridge.until(lambda: jun.received("video", "frameWidth") == [320])
            await sees_more(bridge, jun)
        line.transport.close()
