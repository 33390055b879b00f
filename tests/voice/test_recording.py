"""A voice channel is recorded while LiveKit's Python clients, unmodified, speak in it; the film is
opened by a foreign library and holds what each of them said.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from io import BytesIO
from typing import Any

import av
import httpx
import numpy as np
import pytest
import pytest_asyncio

from stack.suite import Suite
from tests.voice.callers import Caller, Club, gathered, until

pytestmark = [pytest.mark.xdist_group("voice"), pytest.mark.asyncio(loop_scope="session")]

RECORDED_S = 4


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def talking(house: Suite, stack: AsyncExitStack) -> Club:
    """Two people hear each other, one of them with a camera."""
    club = await gathered(house.url, stack, ("mina", "jun"))
    mina, jun = club.callers
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
    await mina.speaks(440)
    await mina.shows()
    await jun.speaks(880)
    await mina.hears(jun)
    await jun.hears(mina)
    await jun.sees(mina, 1)
    return club


async def told(who: Caller, *, is_on: bool) -> dict[str, Any]:
    def fits(event: dict[str, Any]) -> bool:
        return (event["recording"] is not None) is is_on

    return dict(await who.device.expect("VOICE_RECORDING_UPDATE", fits))


async def film_of(who: Caller, channel_id: str) -> tuple[bytes, list[dict[str, Any]]]:
    """It comes with a change of the message that says that the recording has ended."""

    def fits(message: dict[str, Any]) -> bool:
        return message["channel_id"] == channel_id and bool(message["attachments"])

    message = await who.device.expect("MESSAGE_UPDATE", fits)
    async with httpx.AsyncClient() as client:
        url = message["attachments"][0]["url"]
        part = await client.get(url, headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.content) == (206, b"\x1a\x45\xdf\xa3")
        return (await client.get(url)).content, message["attachments"]


def pitch(film: bytes, number: int) -> float:
    """The loudest frequency of a voice, past what its beginning brings."""
    with av.open(BytesIO(film)) as container:
        stream = container.streams.audio[number]
        heard = [frame.to_ndarray()[0] for frame in container.decode(stream)]
        wave = np.concatenate(heard[len(heard) // 2 :])
        strengths = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        return float(np.argmax(strengths)) * 48_000 / len(wave)


async def test_what_two_people_say_and_show_is_in_the_film(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await talking(house, stack)
    mina, jun = club.callers
    here = f"/channels/{club.voice_id}/recordings"
    assert await jun.person.refused("POST", here) == (403, 50013)
    begun = await mina.person.does("POST", here)
    assert (await told(jun, is_on=True))["recording"]["id"] == begun["id"]
    await until(lambda: mina.room.is_recording and jun.room.is_recording)
    assert await mina.person.refused("POST", here) == (400, 520110)
    await jun.person.sends(club.voice_id, "what is the answer?")
    await asyncio.sleep(RECORDED_S)
    await mina.person.does("POST", f"{here}/{begun['id']}/stop")
    await told(jun, is_on=False)
    await until(lambda: not jun.room.is_recording)

    film, files = await film_of(jun, club.voice_id)
    assert [one["filename"] for one in files] == ["recording.webm", "chat.json", "chat.vtt"]
    with av.open(BytesIO(film)) as container:
        kinds = [one.codec_context.name for one in container.streams]
        names = [one.metadata["title"] for one in container.streams]
        assert kinds == ["opus", "opus", "vp8"]
        assert container.duration is not None
        assert container.duration / 1e6 > RECORDED_S * 0.8
        pictures = sum(1 for _ in container.decode(video=0))
        assert pictures > 10
    pitches = {name: pitch(film, number) for number, name in enumerate(names[:2])}
    (hers,) = [tone for name, tone in pitches.items() if name.startswith("mina")]
    (his,) = [tone for name, tone in pitches.items() if name.startswith("jun")]
    assert hers == pytest.approx(440, abs=15)
    assert his == pytest.approx(880, abs=15)
    async with httpx.AsyncClient() as client:
        beside = (await client.get(files[1]["url"])).json()
    assert "what is the answer?" in [one["content"] for one in beside["messages"]]
    (kept,) = await mina.person.does("GET", here)
    assert kept["seconds"] > RECORDED_S * 0.8

    async def is_noted() -> bool:
        asked = f"/channels/{club.voice_id}/voice-attendance"
        found = await mina.person.does("GET", asked)
        spoke = {one["user"]["id"]: one["spoke_seconds"] for one in found["people"]}
        return spoke.keys() == {mina.id, jun.id} and min(spoke.values()) > 1

    await until(is_noted)


async def test_what_a_dying_worker_has_recorded_is_saved(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await talking(house, stack)
    mina, jun = club.callers
    begun = await mina.person.does("POST", f"/channels/{club.voice_id}/recordings")
    await told(jun, is_on=True)
    await asyncio.sleep(2)  # what is said meanwhile is what there is to save
    await house.kill("media")
    await told(jun, is_on=False)
    film, _ = await film_of(jun, club.voice_id)
    with av.open(BytesIO(film)) as container:
        assert len(container.streams) == 3
    (kept,) = await mina.person.does("GET", f"/channels/{club.voice_id}/recordings")
    assert (kept["id"], kept["reason"]) == (begun["id"], "cut_off")
    await mina.hears(jun)
