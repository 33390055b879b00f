"""Voices for listeners on bad lines: each packet brings the two before it along (RFC 2198), so that
what is lost comes a fiftieth of a second later instead of a question and an answer later.
"""

from __future__ import annotations

from collections.abc import Sequence

REACH = 2
"""So many packets of the past come along."""
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


class Need:
    """Whether a listener's line asks for it: from what it misses, second by second."""

    __slots__ = ("_missed", "_so_far", "is_there")

    def __init__(self) -> None:
        self.is_there = False
        self._missed = 0.0
        self._so_far = 0

    def missed(self, count: int) -> None:
        """So many packets were asked for again."""
        self._so_far += count

    def judge(self) -> bool:
        """A second is over; what was missed in the last few counts."""
        self._missed, self._so_far = self._missed * 0.8 + self._so_far, 0
        self.is_there = self._missed > (_ENDS if self.is_there else _BEGINS)
        return self.is_there
