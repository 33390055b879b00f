"""Voices for listeners on bad lines: each packet brings the two before it along (RFC 2198), so that
what is lost comes a fiftieth of a second later instead of a question and an answer later.
Publishers may send theirs so, too.
"""

from __future__ import annotations

from collections.abc import Sequence

REACH = 2
"""So many packets of the past come along at most."""
BLOCKS_MOST = 8
_OFFSET_MOST, _BLOCK_MOST = (1 << 14) - 1, (1 << 10) - 1
_BEGINS, _ENDS = 2.0, 0.4


def together(
    pt: int, timestamp: int, payload: bytes, earlier: Sequence[tuple[int, bytes]]
) -> bytes:
    """One payload of several; what is too old or too large to come along stays away."""
    head, blocks = bytearray(), []
    for before, block in earlier:
        offset = timestamp - before & 0xFFFFFFFF
        if 0 < offset <= _OFFSET_MOST and len(block) <= _BLOCK_MOST:
            head += (1 << 31 | pt << 24 | offset << 10 | len(block)).to_bytes(4, "big")
            blocks.append(block)
    head.append(pt)
    return bytes(head) + b"".join(blocks) + payload


def apart(pt: int, payload: bytes) -> list[tuple[int, bytes]]:
    """The blocks of one payload, the oldest first, each with by how much its timestamp is before
    that of the packet; nothing of what is no such payload, or holds something else than `pt`.
    """
    heads, at = [], 0
    while at < len(payload) and payload[at] & 0x80:
        word = int.from_bytes(payload[at : at + 4], "big")
        heads.append((word >> 24 & 0x7F, word >> 10 & _OFFSET_MOST, word & _BLOCK_MOST))
        at += 4
        if len(heads) > BLOCKS_MOST or at >= len(payload):
            return []
    if at >= len(payload) or any(kind != pt for kind in (payload[at], *(one[0] for one in heads))):
        return []
    at, found = at + 1, []
    for _, offset, size in heads:
        found.append((offset, payload[at : at + size]))
        at += size
    return [*found, (0, payload[at:])] if at <= len(payload) else []


class Need:
    """Whether a listener's line asks for it: from what it misses, second by second; or its
    publisher sends it so.
    """

    __slots__ = ("_given", "_is_missing", "_missed", "_so_far", "is_there", "reach")

    def __init__(self) -> None:
        self.is_there = False
        self.reach = REACH
        """So many packets of the past are sent along."""
        self._given = 0
        self._is_missing = False
        self._missed = 0.0
        self._so_far = 0

    def give(self, reach: int) -> None:
        """So many come along from the publisher anyway."""
        self._given = min(reach, REACH)
        self._settle()

    def missed(self, count: int) -> None:
        """So many packets were asked for again."""
        self._so_far += count

    def judge(self) -> bool:
        """A second is over; what was missed in the last few counts."""
        self._missed, self._so_far = self._missed * 0.8 + self._so_far, 0
        self._settle()
        return self.is_there

    def _settle(self) -> None:
        is_missing = self._missed > (_ENDS if self._is_missing else _BEGINS)
        self._is_missing = is_missing
        self.is_there = is_missing or self._given > 0
        self.reach = REACH if is_missing else self._given
