"""Who gets an event, as lists that can be walked without a question, and the walking of them.

The walk is synchronous and in slices. Each session has a write of its own, the dearest part
of a delivery, so what is sent in one turn of the loop to the same audience is joined first. A large
audience gives way after a slice, and what does not touch it overtakes. Order per session is the
order of sending. Who belongs to an audience is decided in places.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from operator import length_hint
from typing import Protocol

from gateway.live.codec import Encoding, Frames
from gateway.live.outlet import NO_WAY, Outlet
from gateway.live.viewer import Viewer

SLICE = 1_000
SLICES_A_TURN = 4


class Lane:
    """Sessions that take the same bytes."""

    __slots__ = ("_as_of", "_ways", "bare", "encoding", "viewers")

    def __init__(self, encoding: Encoding, viewers: Sequence[Viewer], *, bare: bool) -> None:
        self.encoding = encoding
        self.bare = bare
        self.viewers = viewers
        self._ways: list[int] = []
        self._as_of = -1

    def write(self, data: bytes, begin: int, end: int) -> None:
        """To the sessions from one place to another, in an order that never changes.

        The hot loop of the house: straight to the sockets. Whatever does not go that way whole is
        its sink's business: a full socket, a broken one, a session that has no such way.
        """
        ways = self._ways_now()
        if begin or end < len(ways):
            ways = ways[begin:end]
        write, whole = os.write, len(data)
        following = iter(ways)
        for way in following:
            try:
                sent = write(way, data) if way != NO_WAY else 0
            except OSError:
                sent = 0
            if sent != whole:
                at = begin + len(ways) - length_hint(following) - 1
                self.viewers[at].sink.write(data[sent:])

    def _ways_now(self) -> list[int]:
        if self._as_of != Outlet.turns:
            self._as_of = Outlet.turns
            self._ways = [viewer.sink.way for viewer in self.viewers]
        return self._ways

    def bytes_of(self, batch: list[Frames]) -> list[bytes]:
        """What to write to each: frames are joined, payloads for a context are not."""
        each = [(frames.bare if self.bare else frames).of(self.encoding) for frames in batch]
        if len(each) == 1 or self.encoding.is_of_connection:
            return each
        return [b"".join(each)]


class Audience:
    """Sessions grouped by what they take."""

    __slots__ = ("_has_content", "_together", "is_in_order", "lanes", "size", "viewers", "withheld")

    def __init__(
        self,
        viewers: Iterable[Viewer],
        *,
        has_content: bool = False,
        exempt: frozenset[int] = frozenset(),
    ) -> None:
        self.viewers = tuple(viewers)
        self.is_in_order = False
        self._has_content = has_content
        self.size = len(self.viewers)
        self.withheld: frozenset[int] = frozenset()
        """Users from whom content is withheld."""
        self._together: frozenset[Viewer] | None = None
        alike: dict[tuple[Encoding, bool], list[Viewer]] = {}
        for viewer in self.viewers:
            bare = has_content and viewer.hides_content and viewer.user_id not in exempt
            alike.setdefault((viewer.encoding, bare), []).append(viewer)
        self.lanes = [
            Lane(encoding, self.viewers if len(alike) == 1 else viewers, bare=bare)
            for (encoding, bare), viewers in alike.items()
        ]
        if has_content:
            self.withheld = frozenset(v.user_id for v in self.viewers if v.hides_content)

    @property
    def together(self) -> frozenset[Viewer]:
        """Its sessions as a set."""
        if self._together is None:
            self._together = frozenset(self.viewers)
        return self._together

    def in_order(self) -> Audience:
        """The same sessions, in the order of their sockets, and so mostly as these lie in the
        kernel's memory: a walk over a thousand of them waits for memory, less so when forwards.
        """
        found = Audience(sorted(self.viewers, key=_way), has_content=self._has_content)
        found.is_in_order = True
        return found

    def meets(self, other: Audience) -> bool:
        """Whether a session is in both."""
        small, large = sorted((self, other), key=lambda audience: audience.size)
        return not large.together.isdisjoint(small.viewers)


def _way(viewer: Viewer) -> int:
    return viewer.sink.way


class _Errand(Protocol):
    audience: Audience

    def run(self, budget: int) -> int:
        """Do up to so much of it; returns how much was done."""

    @property
    def is_done(self) -> bool:
        """Whether nothing of it is left."""


class _Delivery:
    __slots__ = ("_lane", "_offset", "audience", "batch", "is_done")

    def __init__(self, audience: Audience, frames: Frames) -> None:
        self.audience = audience
        self.batch = [frames]
        self.is_done = False
        self._lane = self._offset = 0

    @property
    def is_begun(self) -> bool:
        return bool(self._lane or self._offset)

    def run(self, budget: int) -> int:
        lanes = self.audience.lanes
        done = 0
        while self._lane < len(lanes) and done < budget:
            lane = lanes[self._lane]
            begin, end = self._offset, self._offset + budget - done
            for data in lane.bytes_of(self.batch):
                lane.write(data, begin, end)
            done += min(end, len(lane.viewers)) - begin
            if end < len(lane.viewers):
                self._offset = end
                break
            self._lane, self._offset = self._lane + 1, 0
        self.is_done = self._lane == len(lanes)
        return done


class _Act:
    __slots__ = ("_action", "audience", "is_done")

    def __init__(self, audience: Audience, action: Callable[[], None]) -> None:
        self.audience = audience
        self.is_done = False
        self._action = action

    def run(self, budget: int) -> int:
        del budget
        self.is_done = True
        self._action()
        return 1


class Fanout:
    """Everything that is on its way to sessions."""

    __slots__ = ("_errands", "_is_scheduled", "_slice", "_soon")

    def __init__(self, soon: Callable[[Callable[[], None]], object], slice_size: int = SLICE):
        self._soon = soon
        self._slice = slice_size
        self._errands: list[_Errand] = []
        self._is_scheduled = False

    def send(self, audience: Audience, frames: Frames) -> None:
        """Send within this turn of the loop, or the next."""
        if not audience.size:
            return
        last = self._errands[-1] if self._errands else None
        if isinstance(last, _Delivery) and last.audience is audience and not last.is_begun:
            last.batch.append(frames)
            return
        self._add(_Delivery(audience, frames))

    def then(self, viewer: Viewer, action: Callable[[], None]) -> None:
        """Act after all that was sent to this session before, and before all that follows."""
        self._add(_Act(Audience((viewer,)), action))

    def flush(self) -> None:
        """Send what waits, each up to a slice; what touches nothing that is stuck may overtake."""
        self._is_scheduled = False
        waiting, self._errands = self._errands, []
        stuck: list[_Errand] = []
        left = self._slice * SLICES_A_TURN
        for errand in waiting:
            if left > 0 and not any(errand.audience.meets(other.audience) for other in stuck):
                left -= errand.run(self._slice)
            if not errand.is_done:
                stuck.append(errand)
        # Actions may have sent something meanwhile: it belongs behind what is stuck.
        self._errands = stuck + self._errands
        if self._errands:
            self._schedule()

    def _add(self, errand: _Errand) -> None:
        self._errands.append(errand)
        self._schedule()

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._soon(self.flush)
