"""A bad line on both sides: what is lost is asked for again, and comes."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from contracts.rpc import media, media_news
from contracts.rpc.media import TrackSpec
from media_sfu.domain import rtcp, rtp
from media_sfu.domain.intake import Gaps
from stack.caller import Caller, Stream
from tests.fixtures.lines import bad_line
from tests.service.media_sfu.stand import Stand, standing

PACKETS = 500
EVERY_S = 0.002


class Speaker:
    """Sends numbered packets, and again those that are asked for."""

    def __init__(self, stream: Stream) -> None:
        self.caller = Caller()
        self.caller.fed_back = self._hear
        self._stream = stream
        self._sent: dict[int, bytes] = {}

    def say(self, number: int) -> None:
        head = rtp.HEAD.pack(0x80, self._stream.pt, number, number * 960, self._stream.ssrc)
        self._sent[number] = head + b"%06d" % number + bytes(40)
        self.caller.send(self._sent[number])

    def _hear(self, data: bytes) -> None:
        for packet in rtcp.packets(data):
            if packet.kind == rtcp.TRANSPORT and packet.count == rtcp.NACK:
                for number in rtcp.asked_again(packet):
                    if number in self._sent:
                        self.caller.send(self._sent[number])


class Ear:
    """Notes what came, and asks for what is missing."""

    def __init__(self) -> None:
        self.caller = Caller(self._take)
        self.heard: set[bytes] = set()
        self._ssrc = 0
        self._highest = -1
        self._gaps = Gaps()

    def _take(self, packet: bytes) -> None:
        _, _, short, _, self._ssrc = rtp.HEAD.unpack_from(packet)
        self.heard.add(packet[12:18])
        number = rtp.extended(short, self._highest) if self._highest >= 0 else short
        if number > self._highest:
            if self._highest >= 0:
                now = asyncio.get_running_loop().time()
                self._gaps.opened(range(self._highest + 1, number), now)
            self._highest = number
        else:
            self._gaps.filled(number)

    def ask(self) -> None:
        missing = self._gaps.due(asyncio.get_running_loop().time())
        if missing:
            self.caller.send_rtcp(rtcp.nack(1, self._ssrc, missing))


async def test_a_voice_stays_usable_over_bad_lines() -> None:
    """Of all packets, so many arrive in time over lines that lose each twentieth, tenth, fifth."""
    async with standing() as stand, AsyncExitStack() as stack:
        losses = (0.05, 0.10, 0.20)
        shares = await asyncio.gather(*(_arrived(stand, stack, loss) for loss in losses))
        assert shares[0] >= 0.995
        assert shares[1] >= 0.99
        assert shares[2] >= 0.95


async def _arrived(stand: Stand, stack: AsyncExitStack, loss: float) -> float:
    """The share that arrives, with the same loss up and down, each way."""
    speaker, ear = await _call(stand, stack, loss)
    down = stand.worker.rooms.seat(f"room {loss}", "jun").downs["voice"]
    number = 0
    while not down.sent.packets:
        speaker.say(number := number + 1)
        await asyncio.sleep(EVERY_S)  # the pace of a voice
    first = number + 1
    for number in range(first, first + PACKETS):
        speaker.say(number)
        ear.ask()
        await asyncio.sleep(EVERY_S)
    for _ in range(50):
        speaker.say(number := number + 1)
        ear.ask()
        await asyncio.sleep(EVERY_S * 5)
    wanted = {b"%06d" % number for number in range(first, first + PACKETS)}
    return len(wanted & ear.heard) / PACKETS


async def _call(stand: Stand, stack: AsyncExitStack, loss: float) -> tuple[Speaker, Ear]:
    stream = Stream("audio", "voice")
    speaker, ear = Speaker(stream), Ear()
    to = ("127.0.0.1", stand.worker.port.port)
    up, down = await bad_line(to, loss, 1), await bad_line(to, loss, 2)
    for line in (up, down):
        stack.callback(line.transport.close)
    for end in (speaker.caller, ear.caller):
        stack.push_async_callback(end.close)
    mina = {"room": f"room {loss}", "participant": "mina"}
    await stand.ask(media.OpenParticipant(**mina, subscribes_by_itself=False))
    spec = TrackSpec(track="voice", cid="voice", kind="audio")
    await stand.ask(media.Publish(**mina, track=spec))
    answered = await stand.ask(media.Offer(**mina, sdp=speaker.caller.offer([stream])))
    await speaker.caller.connect(up.route(answered.sdp))
    jun = {"room": f"room {loss}", "participant": "jun"}
    await stand.ask(media.OpenParticipant(**jun))
    said = await stand.expect(media_news.Offered, **jun)
    answer = ear.caller.answer(said.sdp)
    await stand.ask(media.Answer(**jun, sdp=answer, offer_id=said.offer_id))
    await ear.caller.connect(down.route(said.sdp))
    return speaker, ear
