"""The sessions of this gateway as presence_service is told of them: snapshot, numbered deltas,
digest. Pure: moments are passed in. Not here: the link itself (presence_link.py) and what a
session is (session.py).

`report()` says what to send next and `sent()` that it went out; a report that could not be sent is
simply asked for again, with whatever has changed since.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from contracts.ids import ChannelId, UserId
from contracts.objects.presence import Status
from contracts.rpc.presence import (
    PresenceDelta,
    PresenceDigest,
    PresenceSnapshot,
    Seat,
    digest_of,
)
from contracts.wire import JSON

PIECE_BYTES = 256 << 10
"""A report is cut here: one line of a link is bounded, and others want to speak too."""
_PLAIN_SEAT_BYTES = 200

Report = PresenceSnapshot | PresenceDelta


class Seated(NamedTuple):
    """A session as it is to be told of. It is kept for everybody, and a Seat would be ten times as
    large.
    """

    session_id: str
    user_id: int
    status: Status
    activities: tuple[JSON, ...]
    platform: str
    since: int | None
    focus: int | None

    def told(self) -> Seat:
        """As it is told. There is nothing in it that was not validated when it came."""
        return Seat.model_construct(
            session_id=self.session_id,
            user_id=UserId(self.user_id),
            status=self.status,
            activities=self.activities,
            platform=self.platform,
            since=self.since,
            focus=ChannelId(self.focus) if self.focus is not None else None,
        )


class Seats:
    """All sessions of one process, and what the other end of the link knows of them."""

    def __init__(
        self, instance: str, *, beat_every: float = 20.0, piece_bytes: int = PIECE_BYTES
    ) -> None:
        self._instance = instance
        self._beat_every = beat_every
        self._piece_bytes = piece_bytes
        self._held: dict[str, Seated] = {}
        self._known: dict[str, Seated] = {}
        """What presence_service was told in this epoch."""
        self._digest = 0
        self._stale: dict[str, None] = {}
        """Session ids of which it may know something else, the longest waiting first."""
        self._is_up = False
        self._needs_snapshot = False
        self._epoch = 0
        self._number = 0
        self._sent_at = 0.0

    def __len__(self) -> int:
        return len(self._held)

    @property
    def waiting(self) -> int:
        """Of how many sessions there is something to tell."""
        return len(self._stale)

    def put(self, seat: Seated) -> None:
        """A session came, or changed."""
        self._held[seat.session_id] = seat
        self._stale[seat.session_id] = None

    def drop(self, session_id: str) -> None:
        """A session went."""
        if self._held.pop(session_id, None) is not None:
            self._stale[session_id] = None

    def clear(self) -> None:
        """All of them went: this process ends."""
        for session_id in tuple(self._held):
            self.drop(session_id)

    def link_up(self, now_ms: int) -> None:
        """A link stands: everything is told anew."""
        self._is_up = True
        self._begin(now_ms)

    def link_down(self) -> None:
        """Nobody listens."""
        self._is_up = False

    def report(self, now: float) -> Report | None:
        """What to send next; None when the other end knows everything and was not left in silence
        for too long.
        """
        if not self._is_up:
            return None
        opened, closed = self._piece()
        if self._needs_snapshot:
            return PresenceSnapshot(instance=self._instance, epoch=self._epoch, seats=tuple(opened))
        if not opened and not closed and now - self._sent_at < self._beat_every:
            return None
        return PresenceDelta(
            instance=self._instance,
            epoch=self._epoch,
            number=self._number + 1,
            opened=tuple(opened),
            closed=tuple(closed),
        )

    def sent(self, report: Report, now: float) -> None:
        """The report went out; nothing else was put or dropped since it was made."""
        self._sent_at = now
        if isinstance(report, PresenceSnapshot):
            self._needs_snapshot = False
            self._learn(report.seats, ())
        else:
            self._number = report.number
            self._learn(report.opened, report.closed)

    def digest(self) -> PresenceDigest | None:
        """What the other end should hold; None while there is nothing to compare."""
        if not self._is_up or self._needs_snapshot:
            return None
        return PresenceDigest(
            instance=self._instance,
            epoch=self._epoch,
            number=self._number,
            count=len(self._known),
            digest=f"{self._digest:016x}",
        )

    def disagreed(self, digest: PresenceDigest, now_ms: int) -> None:
        """The other end holds something else: tell everything anew, unless that happens already."""
        if self._is_up and digest.epoch == self._epoch and not self._needs_snapshot:
            self._begin(now_ms)

    def _begin(self, now_ms: int) -> None:
        # Rising over restarts of this process too, so that late words of an older one are known.
        self._epoch = max(self._epoch + 1, now_ms)
        self._number = 0
        self._needs_snapshot = True
        self._known.clear()
        self._digest = 0
        self._stale = dict.fromkeys(self._held)

    def _piece(self) -> tuple[list[Seat], list[str]]:
        opened: list[Seat] = []
        closed: list[str] = []
        left = self._piece_bytes
        for session_id in tuple(self._stale):
            if left <= 0:
                break
            seat, known = self._held.get(session_id), self._known.get(session_id)
            if seat == known:
                del self._stale[session_id]
            elif seat is not None:
                opened.append(seat.told())
                left -= _size(opened[-1])
            else:
                closed.append(session_id)
                left -= len(session_id) + 3
        return opened, closed

    def _learn(self, opened: Iterable[Seat], closed: Iterable[str]) -> None:
        for session_id in closed:
            self._forget(session_id)
        for seat in opened:
            self._forget(seat.session_id)
            # Nothing was put since the report was made: what is held is what was told.
            self._known[seat.session_id] = self._held[seat.session_id]
            self._digest ^= _digest(seat)

    def _forget(self, session_id: str) -> None:
        self._stale.pop(session_id, None)
        known = self._known.pop(session_id, None)
        if known is not None:
            self._digest ^= _digest(known.told())


def _digest(seat: Seat) -> int:
    # The digest of many is the exclusive or of each alone, so it is kept up instead of computed.
    return int(digest_of({seat.session_id: seat}), 16)


def _size(seat: Seat) -> int:
    return len(seat.encode()) if seat.activities else _PLAIN_SEAT_BYTES
