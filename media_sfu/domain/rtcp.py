"""RTCP: compound packets taken apart, and the few kinds that we make ourselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from struct import Struct

SENDER, RECEIVER, BYE, TRANSPORT, PAYLOAD = 200, 201, 203, 205, 206
NACK, TRANSPORT_CC = 1, 15
PLI, FIR, APPLICATION = 1, 4, 15

PACKETS_MOST = 32
NACKS_MOST = 512
"""Sequence numbers that one packet may ask for."""

_HEAD = Struct("!BBH")
_TWO = Struct("!II")
_SENDER = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")
_PAIR = Struct("!HH")


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a compound: `count` is the number of reports or the kind of feedback."""

    kind: int
    count: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What a receiver says of one stream."""

    ssrc: int
    lost_share: int
    """Of 256, since the last report."""
    lost: int
    highest: int
    jitter: int
    last_sender: int
    """The middle of the NTP moment of our last sender report."""
    delay: int
    """Since it got that, in 1/65536 s."""


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """What a sender says of one stream: which moment a timestamp stands for."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int


def packets(data: bytes) -> Iterator[Packet]:
    """The packets of a compound, up to the first that is cut off or none."""
    at, left = 0, PACKETS_MOST
    while at + 4 <= len(data) and left:
        flags, kind, words = _HEAD.unpack_from(data, at)
        end = at + 4 + 4 * words
        if flags >> 6 != 2 or end > len(data) or not 192 <= kind <= 223:
            return
        body = data[at + 4 : end]
        if flags & 32 and body:
            body = body[: max(0, len(body) - body[-1])]
        yield Packet(kind, flags & 31, body)
        at, left = end, left - 1


def sender_info(packet: Packet) -> SenderInfo | None:
    """Of a sender report."""
    if len(packet.body) < _SENDER.size:
        return None
    return SenderInfo(*_SENDER.unpack_from(packet.body))


def reports(packet: Packet) -> Iterator[Report]:
    """The report blocks of a sender's or receiver's report."""
    at = _SENDER.size if packet.kind == SENDER else 4
    for _ in range(packet.count):
        if at + _BLOCK.size > len(packet.body):
            return
        ssrc, loss, highest, jitter, last, delay = _BLOCK.unpack_from(packet.body, at)
        lost = loss & 0xFFFFFF
        yield Report(ssrc, loss >> 24, lost, highest, jitter, last, delay)
        at += _BLOCK.size


def media_ssrc(packet: Packet) -> int:
    """The stream that feedback is about; 0 when it is cut off."""
    return _TWO.unpack_from(packet.body)[1] if len(packet.body) >= 8 else 0


def asked_again(packet: Packet) -> list[int]:
    """The sequence numbers of a NACK."""
    found: list[int] = []
    for at in range(8, len(packet.body) - 3, 4):
        first, mask = _PAIR.unpack_from(packet.body, at)
        found.append(first)
        found += [first + bit + 1 & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(found) >= NACKS_MOST:
            break
    return found


def full_frame_ssrcs(packet: Packet) -> list[int]:
    """The streams of which a FIR or PLI wants a key frame."""
    if packet.count == PLI:
        return [media_ssrc(packet)]
    body = packet.body
    return [int.from_bytes(body[at : at + 4], "big") for at in range(8, len(body) - 7, 8)]


def estimate(packet: Packet) -> int | None:
    """Bits a second of a REMB; None for another application's feedback."""
    body = packet.body
    if len(body) < 16 or body[8:12] != b"REMB":
        return None
    exponent = body[13] >> 2
    mantissa = (body[13] & 3) << 16 | body[14] << 8 | body[15]
    return min(mantissa << exponent, 1 << 40)


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def receiver_report(own: int, blocks: Sequence[Report]) -> bytes:
    """What we say of streams we receive; at most 31."""
    body = own.to_bytes(4, "big") + b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.lost_share << 24 | min(max(block.lost, 0), 0x7FFFFF),
            block.highest & 0xFFFFFFFF,
            block.jitter & 0xFFFFFFFF,
            block.last_sender,
            block.delay & 0xFFFFFFFF,
        )
        for block in blocks
    )
    return _packet(RECEIVER, len(blocks), body)


def sender_report(info: SenderInfo) -> bytes:
    """What we say of a stream we send."""
    body = _SENDER.pack(
        info.ssrc,
        info.ntp,
        info.timestamp & 0xFFFFFFFF,
        info.packets & 0xFFFFFFFF,
        info.octets & 0xFFFFFFFF,
    )
    return _packet(SENDER, 0, body)


def nack(own: int, ssrc: int, numbers: Iterable[int]) -> bytes:
    """Ask for packets again: 16-bit sequence numbers in rising order."""
    pairs: list[list[int]] = []
    for number in numbers:
        behind = (number - pairs[-1][0] - 1) & 0xFFFF if pairs else 16
        if behind < 16:
            pairs[-1][1] |= 1 << behind
        else:
            pairs.append([number & 0xFFFF, 0])
    body = _TWO.pack(own, ssrc) + b"".join(_PAIR.pack(*pair) for pair in pairs)
    return _packet(TRANSPORT, NACK, body)


def pli(own: int, ssrc: int) -> bytes:
    """Ask for a key frame."""
    return _packet(PAYLOAD, PLI, _TWO.pack(own, ssrc))


def remb(own: int, bits: int, ssrcs: Sequence[int]) -> bytes:
    """Send no more than this."""
    exponent = max(0, bits.bit_length() - 18)
    mantissa = bits >> exponent
    head = bytes((len(ssrcs), exponent << 2 | mantissa >> 16, mantissa >> 8 & 255, mantissa & 255))
    listed = b"".join(ssrc.to_bytes(4, "big") for ssrc in ssrcs)
    return _packet(PAYLOAD, APPLICATION, _TWO.pack(own, 0) + b"REMB" + head + listed)


def goodbye(ssrc: int) -> bytes:
    """A stream of ours ended."""
    return _packet(BYE, 1, ssrc.to_bytes(4, "big"))
