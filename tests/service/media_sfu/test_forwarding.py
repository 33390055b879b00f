"""What one publishes, others get: over real UDP, DTLS and SRTP, to real peers."""

from __future__ import annotations

import asyncio
import base64
import gc
import weakref

import pytest
from aiortc import AudioStreamTrack, VideoStreamTrack

from contracts.errors import Forbidden, Invalid, NotFound
from contracts.rpc import media, media_news
from contracts.rpc.media import DataManner, End, Manner, Muter, Rights, TrackSpec
from contracts.rpc.media_stats import GetRoom, ListRooms
from media_sfu.domain.intake import Kept
from media_sfu.settings import Kernel
from media_sfu.tracks import UpLayer
from media_sfu.wire import Wire
from tests.service.media_sfu.stand import Client, Stand, Tone, standing


async def test_a_voice_is_heard_by_everybody_else_until_it_is_muted(kernel: Kernel) -> None:
    async with standing(kernel=kernel) as stand:
        mina, jun = await stand.join("mina"), await stand.join("jun")
        await jun.connected()
        await mina.publish(AudioStreamTrack(), "voice", source="microphone")
        await jun.hears("voice", frames=5)
        assert not mina.heard
        for by in Muter:
            await mina.ask(media.MuteTrack, track="voice", is_muted=True, by=by)
        await mina.ask(media.MuteTrack, track="voice", is_muted=False)
        down = stand.worker.rooms.seat("room", "jun").downs["voice"]
        await stand.until(lambda: down.source.layers[""].intake.received > 30)
        sent = down.sent.packets
        await mina.ask(media.MuteTrack, track="voice", is_muted=False, by=Muter.SERVER)
        await stand.until(lambda: down.sent.packets > sent + 10)


async def test_whoever_listens_inside_the_worker_is_handed_what_listeners_would_get() -> None:
    class Ear:
        def __init__(self) -> None:
            self.numbers: list[int] = []

        def came(self, layer: UpLayer, kept: Kept, *, is_key: bool) -> None:
            assert (layer.track.name, is_key) == ("voice", True)
            self.numbers.append(kept.number)

    async with standing() as stand:
        mina = await stand.join("mina")
        await mina.publish(AudioStreamTrack(), "voice")
        track, ear = stand.worker.rooms.room("room").tracks["voice"], Ear()
        track.ears.append(ear)
        await stand.until(lambda: len(ear.numbers) > 5)
        await mina.ask(media.MuteTrack, track="voice", is_muted=True)
        count, received = len(ear.numbers), track.layers[""].intake.received
        await stand.until(lambda: track.layers[""].intake.received > received + 5)
        assert ear.numbers == sorted(ear.numbers)[:count]


async def test_late_comers_see_what_is_there_and_leavers_take_it_along(kernel: Kernel) -> None:
    async with standing(kernel=kernel) as stand:
        mina = await stand.join("mina")
        await mina.publish(VideoStreamTrack(), "camera", source="camera")
        jun = await stand.join("jun")
        await jun.hears("camera")
        await mina.leave()
        await stand.expect(media_news.TrackDown, track="camera")
        await stand.until(lambda: not stand.worker.rooms.seat("room", "jun").downs)
        await jun.leave()
        assert not (await stand.ask(ListRooms())).rooms


async def test_one_connection_is_enough_for_both_directions() -> None:
    async with standing() as stand:
        mina = await stand.join("mina", manner=Manner.ONE)
        jun = await stand.join("jun", manner=Manner.ONE)
        await mina.publish(AudioStreamTrack(), "mina's")
        await jun.publish(AudioStreamTrack(), "jun's")
        await jun.hears("mina's")
        await mina.hears("jun's")


async def test_who_asks_for_nothing_gets_what_is_asked_for_later() -> None:
    async with standing() as stand:
        mina = await stand.join("mina")
        jun = await stand.join("jun", subscribes_by_itself=False)
        await jun.ask(media.Subscribe, tracks=("later",))
        for name in ("spared", "later"):
            await mina.publish(AudioStreamTrack(), name)
        await jun.hears("later")
        assert set(jun.heard) == {"later"}
        await jun.ask(media.Subscribe, tracks=("later",), is_wanted=False)
        assert not stand.worker.rooms.seat("room", "jun").downs


async def test_rights_decide_what_passes() -> None:
    async with standing() as stand:
        mina = await stand.join("mina", rights=Rights(may_publish=False))
        jun = await stand.join("jun")
        track = AudioStreamTrack()
        with pytest.raises(Forbidden):
            await mina.publish(track, "voice")
        await mina.ask(media.SetRights, rights=Rights())
        await mina.publish(track, "voice")
        await jun.hears("voice")
        await jun.ask(media.SetRights, rights=Rights(may_listen=False))
        assert not stand.worker.rooms.seat("room", "jun").downs
        await mina.ask(media.SetRights, rights=Rights(may_publish=False))
        await stand.expect(media_news.TrackDown, track="voice")


async def _says(stand: Stand, one: Client, data: bytes) -> None:
    channel = one.up.createDataChannel("_reliable")
    await one.offer()
    await stand.until(lambda: channel.readyState == "open")
    channel.send(data)


@pytest.mark.parametrize("manner", DataManner)
async def test_data_goes_to_the_room_or_to_who_decides(manner: DataManner) -> None:
    async with standing() as stand:
        mina = await stand.join("mina", data=manner)
        jun, suho = await stand.join("jun"), await stand.join("suho")
        for one in (jun, suho):
            await stand.until(lambda one=one: "_reliable" in one.channels)
        await _says(stand, mina, b"hello")
        if manner is DataManner.ASKER:
            said = await stand.expect(media_news.DataHeard, participant="mina", is_reliable=True)
            assert base64.b64decode(said.payload) == b"hello"
            await stand.ask(media.SendData(room="room", payload=said.payload, to=("suho",)))
        else:
            await stand.until(lambda: jun.data == [b"hello"])
        await stand.until(lambda: suho.data == [b"hello"])
        await stand.ask(media.SendData(room="room", payload="aGk=", to=("mina",)))
        await stand.until(lambda: mina.data == [b"hi"])
        assert jun.data == ([] if manner is DataManner.ASKER else [b"hello"])


async def test_an_unknown_name_or_an_unreadable_offer_is_refused_and_harms_nobody() -> None:
    async with standing() as stand:
        mina, jun = await stand.join("mina"), await stand.join("jun")
        await mina.publish(AudioStreamTrack(), "voice")
        with pytest.raises(NotFound):
            await stand.ask(media.LeaveRoom(room="nowhere", participant="mina"))
        with pytest.raises(NotFound):
            await stand.ask(media.LeaveRoom(room="room", participant="nobody"))
        with pytest.raises(Invalid):
            await mina.ask(media.Offer, sdp="v=0\r\nm=audio")
        await jun.hears("voice")


async def test_who_speaks_is_told_soon_and_so_is_silence() -> None:
    async with standing() as stand:
        mina = await stand.join("mina")
        voice = Tone()
        await mina.publish(voice, "voice")
        said = await stand.expect(media_news.SpeakersHeard)
        assert [(each.participant, each.is_active) for each in said.speakers] == [("mina", True)]
        voice.is_loud = False
        await stand.until(lambda: not stand.spoken[-1].is_active)
        assert stand.spoken[-1].level == 0


async def test_operators_see_what_goes_on() -> None:
    async with standing() as stand:
        mina, jun = await stand.join("mina"), await stand.join("jun")
        await mina.publish(AudioStreamTrack(), "voice")
        await jun.hears("voice", frames=10)
        seen = {
            each.participant: each for each in (await stand.ask(GetRoom(room="room"))).participants
        }
        assert seen["mina"].wires == {"up": "connected", "down": "connected"}
        assert [(t.track, t.codec, t.listeners) for t in seen["mina"].tracks] == [
            ("voice", "opus", 1)
        ]
        assert seen["jun"].forwarded >= 10
        here = await stand.expect(media_news.WorkerHere)
        assert here.media_addresses == (f"127.0.0.1:{stand.worker.port.port}",)


async def test_a_stopping_worker_sends_everybody_elsewhere() -> None:
    async with standing() as stand:
        await stand.join("mina")
        await stand.running.service.stop()
        gone = await stand.expect(media_news.ParticipantLost, participant="mina")
        assert gone.reason is media_news.LossReason.DRAINED


async def test_many_come_and_go_and_nothing_is_left_behind() -> None:
    """500 stays, most without a client: rooms, wires, tasks and names are gone after each. Wires of
    the others are freed at once: what OpenSSL holds for one is much, and collections are rare.
    """
    async with standing() as stand:
        worker, port = stand.worker, stand.worker.port
        first = await stand.join("first", room="elsewhere")
        await first.connected()
        await first.leave()
        tasks = len(asyncio.all_tasks())
        for turn in range(500):
            who = {"room": f"room {turn % 7}", "participant": f"stay {turn}"}
            await stand.ask(media.OpenParticipant(**who))
            spec = TrackSpec(track=f"track {turn}", kind="audio")
            await stand.ask(media.Publish(**who, track=spec))
            await stand.ask(media.LeaveRoom(**who))
        gc.disable()
        try:
            wires = [wire for turn in range(4) for wire in await _visit(stand, f"real {turn}")]
            await stand.until(lambda: not any(wire() for wire in wires))
        finally:
            gc.enable()
        assert len(wires) == 8
        await stand.until(lambda: len(asyncio.all_tasks()) <= tasks + 2)
        assert not len(worker.rooms)
        assert not port.by_name
        assert not port.by_address
        assert len(worker.tasks) <= 6


async def _visit(stand: Stand, name: str) -> list[weakref.ref[Wire]]:
    """Somebody comes, speaks, and goes."""
    one = await stand.join(name)
    await one.connected()
    await one.publish(Tone(), f"voice of {name}")
    await one.connected(End.UP)
    seat = stand.worker.rooms.seat("room", name)
    await stand.until(lambda: any(wire.layers for wire in seat.wires()))
    wires = [weakref.ref(wire) for wire in seat.wires()]
    await one.leave()
    return wires
