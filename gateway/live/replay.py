"""What was sent, remembered for RESUME: the ring of one process, and the walk along what somebody
missed. Pure; who may see what is asked of the caller.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from contracts import limits, topics
from contracts.events.base import Header
from contracts.events.guild import GuildJoined, GuildLeft
from contracts.topics import Topic

_OVERHEAD = 400
"""Bytes of an entry beside its body."""

JOINED = GuildJoined.__name__
LEFT = GuildLeft.__name__


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it was delivered."""

    s: int
    topic: Topic
    header: Header
    body: bytes
    at: float = 0.0
    """Monotonic seconds when it came."""
    stamp: int = 0
    """What Redis gave it, where that is less than `s`, which never falls."""

    @property
    def place(self) -> int:
        """Where it stands in its topic's log."""
        return self.stamp or self.s


Stay = tuple[int, int, int]
"""A guild that a session is or was in: from which s on, up to which s (0: it still is)."""


class Ring:
    """The latest events of a process, bounded in bytes and time."""

    __slots__ = ("_bytes", "_entries", "_most", "forgotten", "mark")

    def __init__(self, most_bytes: int = 32 << 20) -> None:
        self._entries: deque[Entry] = deque()
        self._most = most_bytes
        self._bytes = 0
        self.mark = 0
        """How many entries there ever were: a place in the stream of this process."""
        self.forgotten = 0
        """The s up to which entries may be missing."""

    def append(self, entry: Entry) -> None:
        """Remember one more; `s` never falls."""
        self._entries.append(entry)
        self.mark += 1
        self._bytes += len(entry.body) + _OVERHEAD
        oldest = entry.at - limits.REPLAY_FOR_S
        while self._entries and (self._bytes > self._most or self._entries[0].at < oldest):
            gone = self._entries.popleft()
            self._bytes -= len(gone.body) + _OVERHEAD
            self.forgotten = gone.s

    def since(self, seq: int, topics: Collection[Topic]) -> list[Entry]:
        """Entries of these topics after `seq`, in order; good only while `reaches(seq)`."""
        newer = takewhile(lambda entry: entry.s > seq, reversed(self._entries))
        found = [entry for entry in newer if entry.topic in topics]
        found.reverse()
        return found

    def reaches(self, seq: int) -> bool:
        """Whether everything after `seq` is still here."""
        return seq >= self.forgotten

    def after(self, mark: int, topics: Collection[Topic]) -> list[Entry]:
        """Entries of these topics from a mark on, in order; good only while `holds(mark)`."""
        newer = islice(reversed(self._entries), max(0, self.mark - mark))
        found = [entry for entry in newer if entry.topic in topics]
        found.reverse()
        return found

    def holds(self, mark: int) -> bool:
        """Whether everything from a mark on is still here."""
        return mark >= self.mark - len(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def merge(
    stored: Iterable[Entry], heard: Iterable[Entry], live_since: Callable[[Topic], int]
) -> list[Entry]:
    """One ordered stream of two sources: the replay streams up to where each topic went live here,
    and what this process heard from there on. Nothing twice, nothing missing.
    """
    early = [entry for entry in stored if entry.place <= live_since(entry.topic)]
    late = [entry for entry in heard if entry.place > live_since(entry.topic)]
    return sorted(early + late, key=lambda entry: entry.s)


def follow(
    entries: Iterable[Entry], guilds: set[int], wanted: Callable[[int], bool]
) -> Iterator[Entry]:
    """The entries that one session goes through, in order: a guild's events count from the moment
    it is joined until it is left. `guilds` is followed in place; `wanted` is the session's shard.
    """
    active = {topics.guild(guild_id) for guild_id in guilds}
    for entry in entries:
        guild_id = entry.header.route.guild_id
        if entry.header.name == JOINED and guild_id is not None:
            if not wanted(guild_id) or guild_id in guilds:
                continue
            guilds.add(guild_id)
            active.add(topics.guild(guild_id))
        elif entry.header.name == LEFT and guild_id is not None:
            if guild_id not in guilds:
                continue
            guilds.discard(guild_id)
            active.discard(topics.guild(guild_id))
        elif entry.topic.startswith("guild:") and entry.topic not in active:
            continue
        yield entry


def stays_after(stays: Iterable[Stay], entries: Iterable[Entry]) -> list[Stay]:
    """Where a session was, with the joins and leaves among these entries; those that are known
    already change nothing.
    """
    known = list(stays)
    for entry in entries:
        guild_id, s = entry.header.route.guild_id or 0, entry.s
        if entry.header.name == JOINED:
            if not any(guild == guild_id and since == s for guild, since, _ in known):
                known.append((guild_id, s, 0))
        elif entry.header.name == LEFT:
            known = [
                (guild, since, s if guild == guild_id and since < s and not until else until)
                for guild, since, until in known
            ]
    return known
