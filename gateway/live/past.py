"""What changed lately in one guild about who sees what, kept as steps that can be taken back: so
that a session which resumes is told exactly which channels it gained and lost. Pure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts import limits
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.role import RoleDelete
from gateway.live.layout import Layout, Roles, Sight, Step
from gateway.live.replay import Entry

Formerly = tuple[int, Roles | None]
"""A member and the roles held before, if anybody here knew them."""

_OF_ROOMS = frozenset(each.__name__ for each in (ChannelCreate, ChannelDelete, ChannelUpdate))
_KEPT_FOR_S = limits.REPLAY_FOR_S + 60


@dataclass(frozen=True, slots=True)
class Memory:
    """The channels that a client surely knows, and those it may know."""

    sure: Sight
    maybe: Sight

    @classmethod
    def of(cls, sight: Sight) -> Memory:
        """Nothing in doubt."""
        return cls(sight, sight)

    def or_else(self, other: Memory) -> Memory:
        """One of the two, nobody knows which."""
        return Memory(self.sure & other.sure, self.maybe | other.maybe)


@dataclass(frozen=True, slots=True)
class _Event:
    s: int
    at: float
    is_of_room: bool
    is_strip: bool
    """A role went, from everybody who held it."""
    steps: tuple[Step, ...]
    members: tuple[Formerly, ...]


class Past:
    """The latest such events of a guild, in order."""

    __slots__ = ("_closed", "_events", "since")

    def __init__(self) -> None:
        self._events: deque[_Event] = deque()
        self._closed: deque[tuple[float, int, tuple[bytes, ...]]] = deque()
        self.since = 0
        """Everything after this is here."""

    def begin(self, s: int) -> None:
        """The guild is known from here on."""
        self.since = s

    def note(self, entry: Entry, steps: Sequence[Step], members: Sequence[Formerly]) -> None:
        """An event changed this."""
        while self._events and self._events[0].at < entry.at - _KEPT_FOR_S:
            self.since = self._events.popleft().s
        if steps or members:
            name = entry.header.name
            is_of_room, is_strip = name in _OF_ROOMS, name == RoleDelete.__name__
            self._events.append(
                _Event(entry.s, entry.at, is_of_room, is_strip, tuple(steps), tuple(members))
            )

    def close(self, entry: Entry, voices: tuple[bytes, ...]) -> None:
        """A channel went, in which these were in voice."""
        while self._closed and self._closed[0][0] < entry.at - _KEPT_FOR_S:
            self._closed.popleft()
        if voices:
            self._closed.append((entry.at, entry.header.route.channel_id or 0, voices))

    def voices_in(self, channel_id: int) -> Iterator[bytes]:
        """Who was in voice in a channel when it went."""
        return (
            body for _, closed, bodies in self._closed if closed == channel_id for body in bodies
        )

    def may_have_moved(self, s: int) -> bool:
        """Whether an event of this number changed what somebody sees, as far as it is known."""
        return s < self.since or any(event.s == s for event in self._events)

    def doubted_at(self, s: int) -> Sight | None:
        """The channels of whose voices a client may know otherwise than it should, having got
        everything up to this number: those there are told behind what shows a channel, and parted
        just below what hides it. None if nobody here knows.
        """
        if s < self.since:
            return None
        steps = (step for event in self._events if event.s in (s, s + 1) for step in event.steps)
        return frozenset(step.id for step in steps if step.what == "room")

    def sight(
        self, layout: Layout, user_id: int, roles: Roles, s: int, *, is_known: bool
    ) -> Memory | None:
        """What the client of a member who holds these roles now knew, having got everything up to
        `s`; None if that can not be told. `is_known`: the member's roles were known here all along.

        What an event takes and gives is told behind it under the same number, so that number does
        not prove it; only a channel's own event is all there is to tell.
        """
        if s < self.since:
            return None
        later = [event for event in self._events if event.s > s - (not event.is_of_room)]
        if any(event.is_strip for event in later) and not is_known:
            return None
        then, held = layout.copy() if later else layout, roles
        after: Sight | None = None
        for event in reversed(later):
            if event.s == s:
                after = then.sees(user_id, held)
            for step in reversed(event.steps):
                then.take_back(step)
            formerly = dict(event.members).get(user_id, held)
            if formerly is None:
                return None
            held = formerly
        before = then.sees(user_id, held)
        return Memory.of(before) if after is None else Memory.of(before).or_else(Memory.of(after))
