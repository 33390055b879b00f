"""Which server of a cluster has which slots. Pure.

A key's slot is that of what stands between its first braces. Each topic's keys and its channel
share one, so a topic lives on one server, and moves from there with its slot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import count
from typing import Any

from redis.crc import key_slot

Address = tuple[str, int]

MANY = 16_384

ANCHORS = tuple(f"anchor-{number}" for number in range(64))
"""Names spread over the slots: the epochs kept there tell which server lost its data."""


def slot_of(key: str) -> int:
    """Of a key or a channel; of a tag, that of whatever carries it."""
    return int(key_slot(key.encode()))


class Slots:
    """The primaries of a cluster, by slot."""

    def __init__(self, ranges: Sequence[tuple[int, int, Address]]) -> None:
        self._ranges = sorted(ranges)
        self._starts = [first for first, _, _ in self._ranges]
        self.servers = frozenset(address for _, _, address in self._ranges)

    def owner(self, slot: int) -> Address | None:
        """Who has the slot, if anybody does."""
        at = bisect_right(self._starts, slot) - 1
        if at < 0 or slot > self._ranges[at][1]:
            return None
        return self._ranges[at][2]

    def anchors(self, address: Address) -> tuple[str, ...]:
        """The anchors on a server."""
        return tuple(name for name in ANCHORS if self.owner(slot_of(name)) == address)

    def tag_on(self, address: Address) -> str:
        """A tag whose slot lies on a server that has any."""
        return next(tag for tag in map(str, count()) if self.owner(slot_of(tag)) == address)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Slots) and self._ranges == other._ranges

    __hash__ = None  # type: ignore[assignment] # compared, never kept in sets


def parse(reply: Sequence[Any], asked: Address) -> Slots:
    """What CLUSTER SLOTS answers. A server that does not know its own name has an empty one."""
    ranges = []
    for first, last, primary, *_ in reply:
        host = primary[0].decode() if primary[0] else asked[0]
        ranges.append((int(first), int(last), (host, int(primary[1]))))
    return Slots(ranges)
