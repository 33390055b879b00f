"""What presence is: many sessions folded into what others see, and what each gateway has reported.
Moments are passed in. Not here: where leases are kept (store.py) and how a change is told
(announcing.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from contracts.ids import UserId
from contracts.objects.presence import Status
from contracts.rpc.presence import (
    Attention,
    PresenceDelta,
    PresenceDigest,
    PresenceSnapshot,
    Seat,
    digest_of,
)
from contracts.wire import JSON

_PRECEDENCE = (Status.DND, Status.ONLINE, Status.IDLE)
"""Who asks on one device not to be disturbed is so on all; then the most present wins."""


@dataclass(frozen=True, slots=True)
class Lease:
    """One session of a person, as kept: it counts until it expires."""

    seat: Seat
    expires_ms: int
    changed_ms: int
    is_leaving: bool = False
    """Closed, and counted for its grace all the same: it may be back in a moment."""


@dataclass(frozen=True, slots=True)
class Visible:
    """How present somebody is, to others."""

    status: Status = Status.OFFLINE
    activities: tuple[JSON, ...] = ()
    client_status: tuple[tuple[str, str], ...] = ()
    """(platform, status), sorted by platform."""

    @property
    def is_offline(self) -> bool:
        """Nothing of this person is to be seen."""
        return self.status is Status.OFFLINE

    def text(self) -> str:
        """As kept; the same for the same. Offline is nothing at all."""
        if self.is_offline:
            return ""
        told = [self.status, self.activities, self.client_status]
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()

    @classmethod
    def parse(cls, text: str) -> Visible:
        """From what was kept."""
        if not text:
            return OFFLINE
        status, activities, client_status = orjson.loads(text)
        pairs = tuple((platform, shown) for platform, shown in client_status)
        return cls(Status(status), tuple(activities), pairs)


OFFLINE = Visible()


def fold(leases: Iterable[Lease], now_ms: int) -> Visible:
    """All sessions of one person as one presence. Invisible ones are offline to others, in every
    field. Activities are those of the session that changed last and has any.
    """
    shown = [lease for lease in _counting(leases, now_ms) if lease.seat.status in _PRECEDENCE]
    if not shown:
        return OFFLINE
    platforms = sorted({lease.seat.platform for lease in shown})
    return Visible(
        status=_most_present(lease.seat.status for lease in shown),
        activities=_activities(shown),
        client_status=tuple(
            (
                platform,
                _most_present(x.seat.status for x in shown if x.seat.platform == platform).value,
            )
            for platform in platforms
        ),
    )


def attention(user_id: UserId, leases: Iterable[Lease], now_ms: int) -> Attention | None:
    """Where somebody's eyes are; None without a session. One that is being left sees nothing."""
    here = [each.seat for each in leases if each.expires_ms > now_ms and not each.is_leaving]
    if not here:
        return None
    awake = [seat for seat in here if seat.status is not Status.IDLE and seat.since is None]
    return Attention(
        user_id=user_id,
        focus=tuple(sorted({seat.focus for seat in awake if seat.focus is not None})),
        is_active=bool(awake),
        is_dnd=any(seat.status is Status.DND for seat in here),
    )


def _counting(leases: Iterable[Lease], now_ms: int) -> list[Lease]:
    """Those that count now. A leaving session steps back as soon as its kind of device is back,
    whatever that one wishes to be shown as.
    """
    held = [lease for lease in leases if lease.expires_ms > now_ms]
    here = {lease.seat.platform for lease in held if not lease.is_leaving}
    return [lease for lease in held if not lease.is_leaving or lease.seat.platform not in here]


def _most_present(statuses: Iterable[Status]) -> Status:
    return min(statuses, key=_PRECEDENCE.index)


def _activities(shown: list[Lease]) -> tuple[JSON, ...]:
    doing = [lease for lease in shown if lease.seat.activities]
    latest = max(doing, key=lambda lease: (lease.changed_ms, lease.seat.session_id), default=None)
    return latest.seat.activities if latest is not None else ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What a report means: sessions to hold, and sessions that went."""

    opened: dict[str, Seat] = field(default_factory=dict)
    closed: dict[str, UserId] = field(default_factory=dict)
    is_whole: bool = False
    """A snapshot: whatever else is kept of this gateway is gone as well."""

    def then(self, later: Changes) -> Changes:
        """Both as one."""
        if later.is_whole:
            return later
        opened = {k: v for k, v in self.opened.items() if k not in later.closed} | later.opened
        closed = {k: v for k, v in self.closed.items() if k not in later.opened} | later.closed
        return Changes(opened, closed, self.is_whole)


@dataclass(slots=True)
class Reporter:
    """One gateway as it reports to this process."""

    instance: str
    epoch: int
    number: int
    seats: dict[str, Seat]
    heard_at: float
    is_sound: bool = True
    """No delta is missing, and all of it was carried out."""
    digest: int = 0

    def put(self, seat: Seat) -> None:
        """Hold a session."""
        self.drop(seat.session_id)
        self.seats[seat.session_id] = seat
        self.digest ^= _digest(seat)

    def drop(self, session_id: str) -> Seat | None:
        """Hold it no longer."""
        seat = self.seats.pop(session_id, None)
        if seat is not None:
            self.digest ^= _digest(seat)
        return seat


def _digest(seat: Seat) -> int:
    # The digest of many is the exclusive or of each alone, so it is kept up instead of computed.
    return int(digest_of({seat.session_id: seat}), 16)


class Book:
    """What the gateways that report to this process have said. It may be forgotten at any time: a
    gateway that is not known here disagrees, and tells everything anew.
    """

    def __init__(self) -> None:
        self._reporters: dict[str, Reporter] = {}

    def __iter__(self) -> Iterator[Reporter]:
        return iter(self._reporters.values())

    def snapshot(self, said: PresenceSnapshot, now: float) -> Changes | None:
        """Begin an epoch. None: an older one than is known, come late."""
        known = self._reporters.get(said.instance)
        if known is not None and said.epoch <= known.epoch:
            return None
        reporter = Reporter(said.instance, said.epoch, 0, {}, heard_at=now)
        for seat in said.seats:
            reporter.put(seat)
        self._reporters[said.instance] = reporter
        return Changes(opened=dict(reporter.seats), is_whole=True)

    def delta(self, said: PresenceDelta, now: float) -> Changes | None:
        """Go on within an epoch. None: it does not continue what is known here."""
        reporter = self._reporters.get(said.instance)
        if reporter is None or said.epoch != reporter.epoch:
            return None
        reporter.heard_at = now
        if said.number <= reporter.number:
            return None
        # What came is true all the same: only the whole is in doubt until the next snapshot.
        reporter.is_sound = reporter.is_sound and said.number == reporter.number + 1
        reporter.number = said.number
        gone = (reporter.drop(session_id) for session_id in said.closed)
        closed = {seat.session_id: seat.user_id for seat in gone if seat is not None}
        for seat in said.opened:
            reporter.put(seat)
            closed.pop(seat.session_id, None)
        return Changes({seat.session_id: seat for seat in said.opened}, closed)

    def agrees(self, said: PresenceDigest, now: float) -> bool:
        """Whether both ends hold the same."""
        reporter = self._reporters.get(said.instance)
        if reporter is None or said.epoch != reporter.epoch:
            return False
        reporter.heard_at = now
        return (
            reporter.is_sound
            and reporter.number == said.number
            and len(reporter.seats) == said.count
            and f"{reporter.digest:016x}" == said.digest
        )

    def doubt(self, instance: str) -> None:
        """Something it said was not carried out: it shall tell everything anew."""
        if instance in self._reporters:
            self._reporters[instance].is_sound = False

    def forget_silent(self, now: float, after: float) -> list[str]:
        """Stop keeping the sessions of gateways that are silent: their leases run out by
        themselves.
        """
        silent = [each.instance for each in self if now - each.heard_at >= after]
        for instance in silent:
            del self._reporters[instance]
        return silent
