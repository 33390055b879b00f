"""One room on two workers: whoever sits on one hears and sees those who sit on the other."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from contracts.rpc import media, media_news
from contracts.rpc.media import LayerSpec, LayerWish, Muter, Quality, TrackSpec
from contracts.rpc.media_legs import Peer, SpanRoom
from contracts.rpc.media_news import RecordingEnd
from contracts.rpc.media_recording import StartRecording
from contracts.rpc.media_stats import GetRoom
from media_sfu.actions import following
from media_sfu.domain import rtcp, rtp
from media_sfu.domain.codecs import RID
from media_sfu.legs import Leg
from stack.caller import Caller, Stream
from tests.service.media_sfu.bot import Bot
from tests.service.media_sfu.stand import Stand, standing

ROOM = "room"
VOICE, CAMERA = Stream("audio", "voice"), Stream("video", "camera")
LAYERS = {"q": 4_001, "f": 4_002}
EVERY_S = 0.005


@dataclass(eq=False)
class Speaker:
    """Has a voice and a camera in two layers; answers whoever asks for key frames."""

    stand: Stand
    caller: Caller
    asked: Counter[int] = field(default_factory=Counter)
    """Key frames that were asked for and not sent yet."""
    number: int = 0

    def says(self) -> None:
        """A frame of the voice, and one of each layer."""
        self.number = number = self.number + 1
        head = rtp.HEAD.pack(0x80, VOICE.pt, number & 0xFFFF, number * 960, VOICE.ssrc)
        self.caller.send(head + b"voice %d" % number)
        for rid, ssrc in LAYERS.items():
            second, stamp = 0x80 | CAMERA.pt, number * 3_000
            head = rtp.HEAD.pack(0x90, second, number & 0xFFFF, stamp, ssrc)
            named = bytes((0xBE, 0xDE, 0, 1, 0x10, ord("0"), 0x30, ord(rid)))
            frame = b"\x10" + (b"\x00" if self.asked.pop(ssrc, 0) else b"\x01")
            self.caller.send(head + named + frame + b"%s %d" % (rid.encode(), number))

    def hears(self, data: bytes) -> None:
        """Feedback."""
        for packet in rtcp.packets(data):
            if packet.kind == rtcp.PAYLOAD and packet.count in (rtcp.PLI, rtcp.FIR):
                self.asked.update(rtcp.full_frame_ssrcs(packet))


@dataclass(eq=False)
class Listener:
    """Keeps what comes, without the headers of one line."""

    stand: Stand
    name: str
    caller: Caller = field(init=False)
    heard: list[bytes] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    """Of the voice."""

    def __post_init__(self) -> None:
        self.caller = Caller(self._came)

    def has(self, what: bytes) -> bool:
        """Whether something of a stream came lately."""
        return any(what in one for one in self.heard)

    async def wishes(self, quality: Quality) -> None:
        """No better picture than this."""
        wish = LayerWish(track="camera", quality=quality)
        await self.stand.ask(media.WishLayers(room=ROOM, participant=self.name, wishes=(wish,)))

    def _came(self, packet: bytes) -> None:
        payload = packet[rtp.payload_at(packet) :]
        self.heard.append(payload)
        if payload.startswith(b"voice"):
            self.numbers.append(int.from_bytes(packet[2:4], "big"))


@dataclass(eq=False)
class Two:
    """Two workers of one room, and who is in it."""

    here: Stand
    there: Stand
    stack: AsyncExitStack
    speakers: list[Speaker] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)

    async def spans(self) -> None:
        """Each is told of the other, as signaling does when somebody is on both."""
        one, other = await _peer(self.here), await _peer(self.there)
        await self.here.ask(SpanRoom(room=ROOM, workers=(other,)))
        await self.there.ask(SpanRoom(room=ROOM, workers=(one,)))

    async def speaks(self, stand: Stand, name: str = "mina") -> Speaker:
        """Somebody comes who publishes."""
        who = {"room": ROOM, "participant": name}
        speaker = Speaker(stand, Caller())
        speaker.caller.fed_back = speaker.hears
        self.stack.push_async_callback(speaker.caller.close)
        await stand.ask(media.OpenParticipant(**who, subscribes_by_itself=False))
        qualities = {"q": Quality.LOW, "f": Quality.MEDIUM}
        layers = tuple(LayerSpec(quality=each, rid=rid) for rid, each in qualities.items())
        for stream, encodings in ((VOICE, ()), (CAMERA, layers)):
            named = {"track": stream.name, "cid": stream.name, "kind": stream.kind}
            spec = TrackSpec(**named, layers=encodings)
            await stand.ask(media.Publish(**who, track=spec))
        rids = f"a=extmap:3 {RID}\r\na=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f"
        sdp = speaker.caller.offer([CAMERA, VOICE])
        sdp = sdp.replace(f"a=ssrc:{CAMERA.ssrc} cname:caller", rids)
        answered = await stand.ask(media.Offer(**who, sdp=sdp))
        await speaker.caller.connect(answered.sdp)
        self.speakers.append(speaker)
        return speaker

    async def listens(self, stand: Stand, name: str) -> Listener:
        """Somebody comes who hears everything."""
        who = {"room": ROOM, "participant": name}
        listener = Listener(stand, name)
        self.stack.push_async_callback(listener.caller.close)

        async def answer(said: media_news.Offered) -> None:
            sdp = listener.caller.answer(said.sdp)
            await stand.ask(media.Answer(**who, sdp=sdp, offer_id=said.offer_id))
            if said.offer_id == 1:
                await listener.caller.connect(said.sdp)

        stand.on_offer = answer
        await stand.ask(media.OpenParticipant(**who))
        await stand.expect(media_news.WireChanged, participant=name, state="connected")
        self.listeners.append(listener)
        return listener

    async def goes_on(self, is_so: Callable[[], Any]) -> None:
        """Everybody speaks and shows, until it is so."""
        async with asyncio.timeout(60):
            while not is_so():
                for speaker in self.speakers:
                    speaker.says()
                    speaker.caller.check()
                for listener in self.listeners:
                    listener.caller.check()
                await asyncio.sleep(EVERY_S)  # the pace of people who speak

    async def afresh(self, *wanted: tuple[Listener, bytes]) -> None:
        """Until each hears so much of what is said from now on."""
        for listener in self.listeners:
            listener.heard.clear()
        await self.goes_on(lambda: all(one.has(what) for one, what in wanted))


def leg(stand: Stand) -> Leg:
    """To the other worker."""
    return next(iter(stand.worker.rooms.room(ROOM).legs.values()))


async def _peer(stand: Stand) -> Peer:
    said = await stand.expect(media_news.WorkerHere)
    told = {name: getattr(said, name) for name in Peer.model_fields}
    return Peer(**told)


@asynccontextmanager
async def two(**settings: Any) -> AsyncIterator[Two]:
    async with standing(**settings) as here, standing() as there, AsyncExitStack() as stack:
        yield Two(here, there, stack)


async def test_those_on_another_worker_hear_and_see_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the byte. Which layers are of use is summed up over both, and what nobody follows there is
    not sent there.
    """
    monkeypatch.setattr(following, "SPARED_AFTER_S", 0.1)
    async with two() as both:
        await both.speaks(both.here)
        near, far = await both.listens(both.here, "near"), await both.listens(both.there, "far")
        await both.spans()
        await both.afresh(*((one, what) for one in (near, far) for what in (b"f ", b"voice ")))
        await near.wishes(Quality.LOW)
        await both.afresh((near, b"q "), (far, b"f "))
        await far.wishes(Quality.LOW)
        copies = leg(both.here).shown["camera"].copies
        await both.goes_on(lambda: copies["f"].layer is None and copies["q"].layer is not None)
        await both.goes_on(lambda: both.here.worker.rooms.room(ROOM).tracks["camera"].wanted == 0)
        wanted = await both.here.expect(media_news.LayersWanted, qualities=("low",))
        assert wanted.participant == "mina"
        await both.afresh((near, b"q "), (far, b"q "), (far, b"voice "))
        assert not far.has(b"f ")
        assert len(set(near.heard) & set(far.heard)) > 1
        (seen,) = (await both.here.ask(GetRoom(room=ROOM))).legs
        assert (seen.peer, seen.is_keyed, seen.shown) == (both.there.worker.name, True, 2)
        assert not [said for said in both.there.told if isinstance(said, media_news.LayersWanted)]


async def test_who_sits_elsewhere_is_muted_and_recorded_as_anybody(tmp_path: Path) -> None:
    """Also when nobody is left where it is recorded, until nobody is left at all."""
    async with two(recordings=str(tmp_path), recording_disk_bytes=0) as both:
        here, there = both.here, both.there
        far = await both.listens(here, "far")
        await both.speaks(there)
        await both.spans()
        await both.afresh((far, b"voice "))
        mute = {"room": ROOM, "participant": "mina", "track": "voice", "by": Muter.SERVER}
        await there.ask(media.MuteTrack(**mute, is_muted=True))
        layer = there.worker.rooms.room(ROOM).tracks["voice"].layers[""]
        came = layer.intake.received
        await both.goes_on(lambda: layer.intake.received > came + 20)
        await both.afresh((far, b"f "))
        assert not far.has(b"voice ")
        await there.ask(media.MuteTrack(**mute, is_muted=False))
        await both.afresh((far, b"voice "))
        first = far.numbers[0]
        assert set(far.numbers) == {first + at & 0xFFFF for at in range(len(set(far.numbers)))}
        await here.ask(StartRecording(room=ROOM, recording=5))
        await here.ask(media.LeaveRoom(room=ROOM, participant="far"))
        track = here.worker.rooms.room(ROOM).tracks["voice"]
        received = track.layers[""].intake.received
        await both.goes_on(lambda: track.layers[""].intake.received > received + 20)
        await there.ask(media.LeaveRoom(room=ROOM, participant="mina"))
        ended = await here.expect(media_news.RecordingEnded, recording=5)
        assert ended.reason is RecordingEnd.EMPTY
        for stand in (here, there):
            await stand.until(lambda stand=stand: not len(stand.worker.rooms))
            assert not stand.worker.port.legs


async def test_a_bot_and_people_on_another_worker_hear_each_other() -> None:
    async with two() as both:
        near = await both.listens(both.here, "near")
        await both.speaks(both.here)
        bot = await Bot.at(both.there, "bot")
        await both.spans()
        await both.goes_on(lambda: bot.says(b"I'm a bot") and near.has(b"I'm a bot"))
        await both.goes_on(lambda: bot.payloads("voice"))
        assert bot.payloads("voice")[0].startswith(b"voice ")


async def test_a_leg_goes_on_with_fresh_keys_and_ends_when_the_other_end_is_silent() -> None:
    """What is not proven passes nowhere; what came over a dead leg is gone, and comes back when it
    is laid again.
    """
    async with two() as both:
        here, there = both.here, both.there
        mina, far = await both.speaks(here), await both.listens(there, "far")
        await both.spans()
        await both.afresh((far, b"voice "))
        end = leg(there)
        end.renew(there.worker.trunk.secret, there.worker.name)
        await here.until(lambda: leg(here).their_nonce == end.nonce)
        await both.afresh((far, b"voice "), (far, b"f "))
        forged = rtp.HEAD.pack(0x80, VOICE.pt, 1, 1, next(iter(end.layers))) + bytes(40)
        mina.caller._socket.sendto(forged, ("127.0.0.1", there.worker.port.port))
        await both.goes_on(lambda: end.unproven)
        end.word_at = float("-inf")
        await there.running.job("beats")
        room = there.worker.rooms.room(ROOM)
        await there.until(lambda: not room.legs and not room.tracks)
        assert not there.worker.rooms.seat(ROOM, "far").downs
        await both.spans()
        await both.afresh((far, b"voice "), (far, b"f "))
