"""Somebody who was let in sends more than there is room for."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import AsyncExitStack

from contracts.rpc import media, media_news
from contracts.rpc.media import TrackSpec
from media_sfu.domain import rtp
from stack.caller import Caller, Stream
from tests.service.media_sfu.stand import Stand, standing


async def speaking(stand: Stand, stack: AsyncExitStack, name: str) -> tuple[Caller, Stream]:
    """Somebody whose voice is up."""
    caller, stream = Caller(), Stream("audio", f"{name}s-voice")
    stack.push_async_callback(caller.close)
    who = {"room": "room", "participant": name}
    await stand.ask(media.OpenParticipant(**who, subscribes_by_itself=False))
    spec = TrackSpec(track=stream.name, cid=stream.name, kind="audio")
    await stand.ask(media.Publish(**who, track=spec))
    answered = await stand.ask(media.Offer(**who, sdp=caller.offer([stream])))
    await caller.connect(answered.sdp)
    return caller, stream


async def test_what_a_flooder_sends_too_much_is_dropped_and_the_neighbour_is_heard() -> None:
    heard: deque[bytes] = deque(maxlen=2_000)
    async with standing() as stand, AsyncExitStack() as stack:
        mina, flood = await speaking(stand, stack, "mina")
        suho, voice = await speaking(stand, stack, "suho")
        ear = Caller(heard.append)
        stack.push_async_callback(ear.close)
        await stand.ask(media.OpenParticipant(room="room", participant="jun"))
        offered = await stand.expect(media_news.Offered, participant="jun")
        said = {"sdp": ear.answer(offered.sdp), "offer_id": offered.offer_id}
        await stand.ask(media.Answer(room="room", participant="jun", **said))
        await ear.connect(offered.sdp)
        track, number = stand.worker.rooms.room("room").tracks[flood.name], 0

        def surplus() -> int:
            rations = [each.ration.surplus for each in track.layers.values() if each.ration]
            return stand.worker.port.surplus + sum(rations)

        while not surplus():
            for _ in range(64):
                number += 1
                head = rtp.HEAD.pack(0x80, flood.pt, number & 0xFFFF, number, flood.ssrc)
                mina.send(head + b"flood")
            await asyncio.sleep(0)
        for step in range(5):
            suho.send(rtp.HEAD.pack(0x80, voice.pt, step, step, voice.ssrc) + b"voice")
            mina.send(head + b"flood")
        await stand.until(lambda: sum(packet.endswith(b"voice") for packet in heard) == 5)
        assert track.layers[""].intake.received < number
        await stand.until(lambda: stand.worker.port.surplus)
