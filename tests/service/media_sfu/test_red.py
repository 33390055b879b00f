"""A publisher that sends its voice with what it said just before (RFC 2198)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from contracts.rpc import media, media_news
from contracts.rpc.media import TrackSpec
from media_sfu.domain import rtp
from media_sfu.domain.redundancy import apart, together
from stack.caller import Caller, Stream
from tests.service.media_sfu.bot import Bot
from tests.service.media_sfu.stand import Stand, standing

VOICE = Stream("audio", "voice")
RED = 63
MANY = [*range(100, 108), *range(130, 138)]
"""Numbers: between them the voice is silent, and nothing is sent."""
LATE = {103, 134}
"""They come when what they said is known already."""


def stamp(number: int) -> int:
    return number * 960 if number < 120 else number * 960 + 480_000


def sent(number: int, short: int) -> bytes:
    """With the one before."""
    before = MANY[max(0, MANY.index(number) - 1)]
    earlier = [(stamp(before), b"said %d" % before)] if before < number else []
    payload = together(VOICE.pt, stamp(number), b"said %d" % number, earlier)
    return rtp.HEAD.pack(0x80, RED, short, stamp(number), VOICE.ssrc) + payload


async def listener(stand: Stand, stack: AsyncExitStack, name: str, *, takes_red: bool) -> Any:
    heard: list[bytes] = []
    ear = Caller(heard.append)
    stack.push_async_callback(ear.close)
    await stand.ask(media.OpenParticipant(room="room", participant=name))
    offered = await stand.expect(media_news.Offered, participant=name)
    answer = ear.answer(offered.sdp)
    if takes_red:
        answer = answer.replace(f"SAVPF {VOICE.pt}\r", f"SAVPF {VOICE.pt} {RED}\r")
    said = {"sdp": answer, "offer_id": offered.offer_id}
    await stand.ask(media.Answer(room="room", participant=name, **said))
    await ear.connect(offered.sdp)
    return heard


async def test_a_doubled_voice_comes_so_to_who_takes_it_and_plain_and_whole_to_others() -> None:
    async with standing() as stand, AsyncExitStack() as stack:
        mina = {"room": "room", "participant": "mina"}
        speaker = Caller()
        stack.push_async_callback(speaker.close)
        await stand.ask(media.OpenParticipant(**mina, subscribes_by_itself=False))
        spec = TrackSpec(track="voice", cid="voice", kind="audio", uses_red=True)
        await stand.ask(media.Publish(**mina, track=spec))
        offer = speaker.offer([VOICE]).replace(
            f"SAVPF {VOICE.pt}\r\n", f"SAVPF {VOICE.pt} {RED}\r\na=rtpmap:{RED} red/48000/2\r\n"
        )
        answered = await stand.ask(media.Offer(**mina, sdp=offer))
        assert f"SAVPF {RED} {VOICE.pt}\r\n" in answered.sdp, "what is named first is sent"
        await speaker.connect(answered.sdp)
        doubled = await listener(stand, stack, "jun", takes_red=True)
        plain = await listener(stand, stack, "suho", takes_red=False)
        bot = await Bot.at(stand, "bot")
        for number in sorted(MANY, key=lambda number: number + 2.5 * (number in LATE)):
            speaker.send(sent(number, 60_000 + MANY.index(number)))
        said = [b"said %d" % number for number in MANY]
        await stand.until(lambda: said[-1] in bot.payloads("voice"))
        assert [each for each in bot.payloads("voice") if each.startswith(b"said")] == said
        await stand.until(lambda: len(plain) == len(said))
        assert [packet[rtp.PLAIN_BYTES :] for packet in plain] == said
        first = int.from_bytes(plain[0][2:4], "big")
        numbers = [int.from_bytes(packet[2:4], "big") - first & 0xFFFF for packet in plain]
        assert numbers == list(range(len(said))), "silence is no loss"
        await stand.until(lambda: len(doubled) == len(said))
        blocks = [apart(VOICE.pt, packet[rtp.PLAIN_BYTES :]) for packet in doubled[1:]]
        assert [one[-1][1] for one in blocks] == said[1:]
        assert blocks[-1] == [(960, said[-2]), (0, said[-1])]
        assert len(blocks[7]) == 1, "what is before a silence is too old"
        layer = stand.worker.rooms.room("room").tracks["voice"].layers[""]
        assert layer.intake.lost == 0
        assert not layer.intake.gaps
