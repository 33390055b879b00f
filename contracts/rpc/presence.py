"""What presence_service hears from the edge, and answers.

A gateway's link opens with a PresenceSnapshot (instance, epoch, everything it holds), goes on with
PresenceDeltas numbered from 1, and is reconciled by PresenceDigest: whenever the two ends disagree
the answer says so and a new snapshot follows.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import ClassVar

from contracts.ids import ChannelId, UserId
from contracts.objects.presence import Presence, Status
from contracts.rpc.base import Call, Cast
from contracts.wire import JSON, Wire


class Seat(Wire):
    """One session as its gateway reports it."""

    omit: ClassVar[frozenset[str]] = frozenset({"focus"})

    session_id: str
    user_id: UserId
    status: Status = Status.ONLINE
    activities: tuple[JSON, ...] = ()
    platform: str = "desktop"
    """desktop, mobile or web: the key of client_status."""
    since: int | None = None
    """Idle since, in Unix milliseconds."""
    focus: ChannelId | None = None
    """The channel that it shows right now. Others never see it."""


class PresenceSnapshot(Cast):
    """All sessions of one gateway: what it does not name is gone."""

    service = "presence"
    callers = frozenset({"gateway"})

    instance: str
    epoch: int
    seats: tuple[Seat, ...]


class PresenceDelta(Cast):
    """Sessions that came or changed, and sessions that went."""

    service = "presence"
    callers = frozenset({"gateway"})

    instance: str
    epoch: int
    number: int
    """1, 2, 3 … within the epoch: a hole asks for a snapshot."""
    opened: tuple[Seat, ...] = ()
    closed: tuple[str, ...] = ()


class Agreement(Wire):
    """Whether both ends hold the same sessions."""

    agrees: bool


class PresenceDigest(Call[Agreement]):
    """What the gateway holds, in short: the last delta, how many sessions, and a hash over them
    (`digest_of`).
    """

    service = "presence"
    callers = frozenset({"gateway"})

    instance: str
    epoch: int
    number: int
    count: int
    digest: str


class Presences(Wire):
    """Of those who are visible; who is missing is offline."""

    presences: tuple[Presence, ...]


class GetPresences(Call[Presences]):
    """How present are these people, to others?"""

    service = "presence"
    callers = frozenset({"gateway", "community", "notification"})
    deadline = 0.5

    user_ids: tuple[UserId, ...]


class Attention(Wire):
    """Where somebody's eyes are. For who notifies people, never for others to see."""

    user_id: UserId
    focus: tuple[ChannelId, ...] = ()
    """What their sessions that are not idle show."""
    is_active: bool = False
    """Some session is not idle, whatever others see of it."""
    is_dnd: bool = False
    """Some session asks not to be disturbed."""


class Attentions(Wire):
    """Of those who have a session; the others look at nothing."""

    attentions: tuple[Attention, ...]


class GetAttention(Call[Attentions]):
    """Before somebody is notified: are they here, and what do they look at?"""

    service = "presence"
    callers = frozenset({"notification"})

    user_ids: tuple[UserId, ...]


def digest_of(seats: dict[str, Seat]) -> str:
    """The same text for the same seats, in any order."""
    total = 0
    for seat in seats.values():
        total ^= _hash(f"{seat.session_id}|{seat.user_id}|{seat.status}|{seat.platform}")
    return f"{total:016x}"


def _hash(text: str) -> int:
    # Both ends must agree, and Python's own hash differs from process to process.
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
