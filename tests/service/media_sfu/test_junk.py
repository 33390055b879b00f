"""Datagrams that nobody would send, from strangers and from guests with keys. Few here;
MOIM_DATAGRAMS=1000000 sends so many.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from itertools import count
from random import Random
from typing import Any

import psutil
import pytest

from contracts.rpc import media, media_news
from contracts.rpc.media import TrackSpec
from contracts.rpc.media_stats import ListRooms
from media_sfu.domain import rationing, rtcp, rtp
from media_sfu.domain.rtcp import Report, SenderInfo
from media_sfu.wire import SENDERS_MOST
from stack.caller import Caller, Stream
from tests.service.media_sfu.stand import Stand, standing

DATAGRAMS = int(os.environ.get("MOIM_DATAGRAMS", "3000"))
AT_ONCE = 16
"""So few that no buffer overflows before the worker reads them."""
STRANGE = 40
"""SSRCs that nobody knows: few enough for the test's own cipher, which looks through them."""
GROWS_MOST = 48 << 20
MINA = {"room": "room", "participant": "mina"}
JUN = {"room": "room", "participant": "jun"}
STREAMS = [Stream("audio", "voice"), Stream("video", "camera")]


async def test_junk_from_strangers_and_from_guests_harms_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """seeds.md 8: malformed STUN, DTLS, RTP, RTCP and SCTP are dropped, and the call goes on."""
    monkeypatch.setattr(rationing, "BURST_S", 86_400.0)
    dice, broken, numbers = Random(5), list[dict[str, Any]](), count(1_000)
    asyncio.get_running_loop().set_exception_handler(lambda _, what: broken.append(what))
    async with standing() as stand, AsyncExitStack() as stack:
        speaker, ear, heard = await _call(stand, stack)
        stranger = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        stranger.connect(("127.0.0.1", stand.worker.port.port))
        check = _check_of(ear)
        down = next(each for each in stand.worker.rooms.seat("room", "jun").downs.values())
        deeds: list[Callable[[], object]] = [
            lambda: stranger.send(
                _bent(dice, dice.choice((check, dice.randbytes(60), b"\x16\xfe")))
            ),
            lambda: speaker.send(_rtp(dice, next(numbers) + dice.randrange(20) & 0xFFFF)),
            lambda: ear.send_rtcp(_rtcp(dice, down.ssrc)),
            lambda: speaker.send_rtcp(_rtcp(dice, STREAMS[0].ssrc)),
        ]
        for number in range(DATAGRAMS):
            dice.choice(deeds)()
            if number == DATAGRAMS // 10:
                before = psutil.Process().memory_info().rss
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)
            if number % 500 == 0:
                _prove(speaker, ear)
                await ear.send_data(dice.randbytes(12 + dice.randrange(60)))
        assert psutil.Process().memory_info().rss - before < GROWS_MOST
        for ssrc in range(SENDERS_MOST + 80):
            speaker.send(rtp.HEAD.pack(0x80, 111, 1, 1, ssrc) + b"under many names")
            if ssrc % AT_ONCE == 0:
                await asyncio.sleep(0)
        for number in numbers:
            head = rtp.HEAD.pack(0x80, STREAMS[0].pt, number & 0xFFFF, number, STREAMS[0].ssrc)
            speaker.send(head + b"after all")
            if any(b"after all" in packet for packet in heard):
                break
            heard.clear()
            _prove(speaker, ear)
            await asyncio.sleep(0.002)
        wire = stand.worker.rooms.seat("room", "mina").up
        assert wire is not None
        assert len(wire.senders) == SENDERS_MOST, "a state of each is kept, and looked through"
        assert (await stand.ask(ListRooms())).rooms == {"room": ("mina", "jun")}
        assert broken == []


async def _call(stand: Stand, stack: AsyncExitStack) -> tuple[Caller, Caller, deque[bytes]]:
    heard: deque[bytes] = deque(maxlen=AT_ONCE)
    speaker, ear = Caller(), Caller(heard.append)
    for end in (speaker, ear):
        stack.push_async_callback(end.close)
    await stand.ask(media.OpenParticipant(**MINA, subscribes_by_itself=False))
    for stream in STREAMS:
        spec = TrackSpec(track=stream.name, cid=stream.name, kind=stream.kind)
        await stand.ask(media.Publish(**MINA, track=spec))
    answered = await stand.ask(media.Offer(**MINA, sdp=speaker.offer(STREAMS)))
    await speaker.connect(answered.sdp)
    await stand.ask(media.OpenParticipant(**JUN))
    said = await stand.expect(media_news.Offered, participant="jun")
    answer = media.Answer(**JUN, sdp=ear.answer(said.sdp), offer_id=said.offer_id)
    await stand.ask(answer)
    await ear.connect(said.sdp)
    return speaker, ear, heard


def _prove(*callers: Caller) -> None:
    """Whoever is silent for too long has faltered, however long this takes."""
    for caller in callers:
        caller.check()


def _check_of(caller: Caller) -> bytes:
    said: list[bytes] = []
    send, caller._send = caller._send, said.append  # type: ignore[method-assign]
    caller.check()
    caller._send = send  # type: ignore[method-assign]
    return said[0]


def _bent(dice: Random, data: bytes) -> bytes:
    """With some bytes changed, cut off or added."""
    bent = bytearray(data)
    for _ in range(dice.randint(0, 4)):
        bent[dice.randrange(len(bent))] = dice.randrange(256)
    return bytes(bent[: dice.randint(1, len(bent))]) + dice.randbytes(dice.choice((0, 0, 9, 1_500)))


def _rtp(dice: Random, number: int) -> bytes:
    """Proven, and nonsense behind the head."""
    stream = dice.choice(STREAMS)
    first = 0x80 | dice.choice((0, 0, 0x10, 0x10, 0x20, 0x3F, 3))
    second = dice.choice((stream.pt, stream.pt, stream.pt | 0x80, dice.randrange(128)))
    ssrc = stream.ssrc if dice.random() < 0.9 else dice.randrange(STRANGE)
    head = rtp.HEAD.pack(first, second, number, dice.randrange(1 << 32), ssrc)
    profile = dice.choice((b"\xbe\xde\x00\x01", b"\x10\x00\x00\x02", dice.randbytes(4)))
    return head + profile + dice.randbytes(dice.choice((0, 1, 4, 30, 1_100)))


def _rtcp(dice: Random, ssrc: int) -> bytes:
    """Feedback and reports about a stream that is there, bent."""
    numbers = [dice.randrange(65_536) for _ in range(4)]
    whole = dice.choice(
        (
            rtcp.receiver_report(1, [Report(ssrc, 1, 1, 1, 1, 1, 1)]),
            rtcp.sender_report(SenderInfo(ssrc, dice.randrange(1 << 64), 3, 4, 5)),
            rtcp.nack(1, ssrc, numbers),
            rtcp.pli(1, ssrc),
            rtcp.remb(1, dice.randrange(1 << 40), [ssrc]),
            rtcp.goodbye(ssrc),
            bytes((0x8F, 205, 0, 5)) + ssrc.to_bytes(4, "big") + dice.randbytes(16),
        )
    )
    bent = bytearray(whole)
    for _ in range(dice.randint(0, 3)):
        bent[min(len(bent) - 1, 8 + dice.randrange(len(bent)))] = dice.randrange(256)
    if dice.random() < 0.1:
        bent[4:8] = dice.randrange(STRANGE).to_bytes(4, "big")
    if dice.random() < 0.2:
        bent[2:4] = dice.randbytes(2)
    return bytes(bent[: 8 + dice.randrange(len(bent))]) + dice.randbytes(dice.choice((0, 0, 40)))
