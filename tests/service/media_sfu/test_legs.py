"""One room on two workers: whoever sits on one hears and sees those who sit on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from contracts.rpc import media, media_news
from contracts.rpc.media import LayerSpec, LayerWish, Quality, TrackSpec
from contracts.rpc.media_legs import Peer, SpanRoom
from contracts.rpc.media_stats import GetRoom
from media_sfu.domain import rtcp, rtp
from media_sfu.domain.codecs import RID
from media_sfu.legs import Leg
from stack.caller import Caller, Stream
from tests.service.media_sfu.stand import Stand, standing

VOICE, CAMERA = Stream("audio", "voice"), Stream("video", "camera")
LAYERS = {"q": 4_001, "f": 4_002}
EVERY_S = 0.005


@dataclass(eq=False)
class Two:
    """Two workers of one room."""

    here: Stand
    there: Stand
    stack: AsyncExitStack
    heard: dict[str, list[bytes]] = field(default_factory=dict)

    async def spans(self) -> None:
        """Each is told of the other, as soon as somebody is on both."""
        one, other = await _peer(self.here), await _peer(self.there)
        await self.here.ask(SpanRoom(room="room", workers=(other,)))
        await self.there.ask(SpanRoom(room="room", workers=(one,)))

    async def listens(self, stand: Stand, name: str) -> Caller:
        """Somebody who hears everything; what comes is kept without its header."""
        who = {"room": "room", "participant": name}
        came = self.heard[name] = []
        caller = Caller(lambda packet: came.append(packet[rtp.payload_at(packet) :]))
        self.stack.push_async_callback(caller.close)

        async def answer(said: media_news.Offered) -> None:
            sdp = caller.answer(said.sdp)
            await stand.ask(media.Answer(**who, sdp=sdp, offer_id=said.offer_id))
            if said.offer_id == 1:
                await caller.connect(said.sdp)

        stand.on_offer = answer
        await stand.ask(media.OpenParticipant(**who))
        await stand.expect(media_news.WireChanged, participant=name, state="connected")
        return caller

    def leg(self, stand: Stand) -> Leg:
        """To the other worker."""
        return next(iter(stand.worker.rooms.room("room").legs.values()))


async def _peer(stand: Stand) -> Peer:
    said = await stand.expect(media_news.WorkerHere)
    return Peer(worker=said.worker, address=said.address, relay=said.relay)


@asynccontextmanager
async def two() -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        ports = [await stack.enter_async_context(standing(bind="127.0.0.1")) for _ in range(2)]
        async with AsyncExitStack() as callers:
            yield Two(*ports, callers)


@dataclass(eq=False)
class Speaker:
    """Sends numbered frames, and counts the key frames that are asked for."""

    caller: Caller
    sent: dict[bytes, bytes] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        self.caller.fed_back = self._hear

    def says(self) -> None:
        """A frame of the voice."""
        self.number += 1
        head = rtp.HEAD.pack(0x80, VOICE.pt, self.number & 0xFFFF, self.number * 960, VOICE.ssrc)
        self.caller.send(head + b"voice %d" % self.number)

    def shows(self, rid: str, *, is_key: bool) -> None:
        """A frame of one layer of the picture, in one packet."""
        self.number += 1
        head = rtp.HEAD.pack(
            0x90, 0x80 | CAMERA.pt, self.number & 0xFFFF, self.number * 3_000, LAYERS[rid]
        )
        named = bytes((0xBE, 0xDE, 0, 1, 0x10, ord("0"), 0x30, ord(rid)))
        picture = (
            b"\x10" + (b"\x00" if is_key else b"\x01") + b"%s %d" % (rid.encode(), self.number)
        )
        self.caller.send(head + named + picture)

    def _hear(self, data: bytes) -> None:
        for packet in rtcp.packets(data):
            if packet.kind == rtcp.PAYLOAD and packet.count in (rtcp.PLI, rtcp.FIR):
                for ssrc in rtcp.full_frame_ssrcs(packet):
                    self.asked[ssrc] = self.asked.get(ssrc, 0) + 1


async def speaker(two: Two, stand: Stand, name: str = "mina") -> Speaker:
    """With a voice, and a camera in two layers."""
    who = {"room": "room", "participant": name}
    caller = Caller()
    two.stack.push_async_callback(caller.close)
    await stand.ask(media.OpenParticipant(**who, subscribes_by_itself=False))
    layers = tuple(
        LayerSpec(quality=quality, rid=rid)
        for quality, rid in ((Quality.LOW, "q"), (Quality.MEDIUM, "f"))
    )
    for stream in (VOICE, CAMERA):
        spec = TrackSpec(
            track=stream.name,
            cid=stream.name,
            kind=stream.kind,
            layers=layers if stream is CAMERA else (),
        )
        await stand.ask(media.Publish(**who, track=spec))
    sections = caller.offer([CAMERA, VOICE]).replace(
        f"a=ssrc:{CAMERA.ssrc} cname:caller",
        f"a=extmap:3 {RID}\r\na=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f",
    )
    answered = await stand.ask(media.Offer(**who, sdp=sections))
    await caller.connect(answered.sdp)
    return Speaker(caller)


async def test_those_on_both_workers_hear_and_see_the_same() -> None:
    """To the byte; a layer that nobody there wants is not sent there; a wish for another one asks
    the publisher for a key frame, once for all.
    """
    async with two() as both:
        mina = await speaker(both, both.here)
        near = await both.listens(both.here, "near")
        far = await both.listens(both.there, "far")
        await both.spans()
        came, also = both.heard["near"], both.heard["far"]

        async def until(wanted: bytes, heard: list[bytes]) -> None:
            async with asyncio.timeout(60):
                while not any(one.endswith(wanted) or wanted in one for one in heard[-40:]):
                    mina.says()
                    for rid, ssrc in LAYERS.items():
                        is_key = mina.asked.pop(ssrc, 0) > 0
                        mina.shows(rid, is_key=is_key)
                    near.check()
                    far.check()
                    await asyncio.sleep(EVERY_S)

        await until(b"f ", came)
        await until(b"f ", also)
        await until(b"voice ", also)
        wish = LayerWish(track="camera", quality=Quality.LOW)
        for stand, name in ((both.here, "near"), (both.there, "far")):
            await stand.ask(media.WishLayers(room="room", participant=name, wishes=(wish,)))
        also.clear()
        await until(b"q ", also)
        leg = both.leg(both.here)
        copies = leg.shown["camera"].copies
        await both.here.until(lambda: copies["f"].layer is None)
        also.clear()
        came.clear()
        await until(b"q ", also)
        assert not any(b"f " in one for one in also)
        assert set(also) & set(came)
        seen = await both.here.ask(GetRoom(room="room"))
        assert [each.peer for each in seen.legs] == [both.there.worker.name]
