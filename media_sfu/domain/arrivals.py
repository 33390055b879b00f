"""When packets of one wire arrived, told back to its sender (transport-wide congestion control,
draft-holmer-rmcat-transport-wide-cc-extensions-01): its own estimator decides from that.
"""

from __future__ import annotations

from media_sfu.domain import rtp
from media_sfu.domain.rtcp import TRANSPORT, TRANSPORT_CC

_TICK_US = 250
_REFERENCE_TICKS = 256
SPAN_MOST = 500
"""Numbers that one feedback tells of, so that it fits a packet; older ones are left out."""
_RUN_MOST = 8_191
HEARD_MOST = 2_000
"""Packets that are believed of one feedback."""


class Arrivals:
    """The arrivals since the last feedback."""

    __slots__ = ("_count", "_highest", "_seen", "_told")

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._highest = -1
        self._told = -1
        self._count = 0

    def note(self, number: int, at_us: int) -> None:
        """A packet of this wire-wide number arrived."""
        if self._highest < 0:
            self._highest, self._told = number, number - 1
        number = rtp.extended(number, self._highest)
        self._highest = max(self._highest, number)
        if number > self._told and len(self._seen) < SPAN_MOST:
            self._seen.setdefault(number, at_us)

    def feedback(self, own: int, ssrc: int) -> bytes | None:
        """What is to be told now; None when nothing arrived."""
        if not self._seen:
            return None
        last = max(self._seen)
        first = max(self._told + 1, last - SPAN_MOST + 1)
        at = [self._seen.get(number) for number in range(first, last + 1)]
        self._seen.clear()
        self._told = last
        made = self._encoded(own, ssrc, first, at)
        self._count = (self._count + 1) & 255
        return made

    def _encoded(self, own: int, ssrc: int, first: int, at: list[int | None]) -> bytes:
        begin = next(moment for moment in at if moment is not None) // _TICK_US
        reference = begin // _REFERENCE_TICKS
        now = reference * _REFERENCE_TICKS
        kinds, deltas = [], bytearray()
        for moment in at:
            if moment is None:
                kinds.append(0)
                continue
            delta = max(-32_768, min(32_767, moment // _TICK_US - now))
            now += delta
            if 0 <= delta < 256:
                kinds.append(1)
                deltas.append(delta)
            else:
                kinds.append(2)
                deltas += delta.to_bytes(2, "big", signed=True)
        body = b"".join(
            (
                own.to_bytes(4, "big"),
                ssrc.to_bytes(4, "big"),
                (first & 0xFFFF).to_bytes(2, "big"),
                len(kinds).to_bytes(2, "big"),
                (reference & 0xFFFFFF).to_bytes(3, "big"),
                bytes((self._count,)),
                _chunks(kinds),
                bytes(deltas),
            )
        )
        padding = -len(body) % 4
        flags = 0x80 | (0x20 if padding else 0) | TRANSPORT_CC
        if padding:
            body += bytes(padding - 1) + bytes((padding,))
        return bytes((flags, TRANSPORT)) + (len(body) // 4).to_bytes(2, "big") + body


def told(body: bytes) -> tuple[int, list[int | None]]:
    """What such a feedback says: the first number, and from it on when each packet arrived, in
    ticks of 250 us; None for one that did not. What is cut off is left out.
    """
    if len(body) < 16:
        return 0, []
    first, count = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    kinds, at = _kinds(body, min(count, HEARD_MOST))
    now = int.from_bytes(body[12:15], "big") * _REFERENCE_TICKS
    arrivals: list[int | None] = []
    for kind in kinds:
        if not kind:
            arrivals.append(None)
            continue
        if at + kind > len(body):
            break
        now += int.from_bytes(body[at : at + kind], "big", signed=kind == 2)
        at += kind
        arrivals.append(now)
    return first, arrivals


def _kinds(body: bytes, count: int) -> tuple[list[int], int]:
    """Bytes of each packet's delta, and where the deltas begin."""
    kinds: list[int] = []
    at = 16
    while len(kinds) < count and at + 2 <= len(body):
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        if not chunk & 0x8000:
            kinds += [chunk >> 13] * min(chunk & 0x1FFF, count - len(kinds))
        elif chunk & 0x4000:
            kinds += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            kinds += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    # Kind 3 is reserved and brings nothing.
    return [kind if kind < 3 else 0 for kind in kinds[:count]], at


def _chunks(kinds: list[int]) -> bytes:
    """Runs of one kind where they are long, seven kinds of two bits otherwise."""
    made, at = bytearray(), 0
    while at < len(kinds):
        run = at
        while run < len(kinds) and kinds[run] == kinds[at] and run - at < _RUN_MOST:
            run += 1
        if run - at >= 7 or run == len(kinds):
            chunk, taken = kinds[at] << 13 | run - at, run - at
        else:
            chunk, taken = 0b11 << 14, min(7, len(kinds) - at)
            for place, kind in enumerate(kinds[at : at + taken]):
                chunk |= kind << 12 - 2 * place
        made += chunk.to_bytes(2, "big")
        at += taken
    return bytes(made)
