"""Attendance: a message that people check in at."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import MessageId
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire


class CheckIn(Wire):
    """What a message shows of it."""

    closes: Timestamp
    late_after: Timestamp | None = None
    count: int = 0
    me: bool = False


class Attendee(Wire):
    """Who checked in, and when."""

    user: User
    at: Timestamp
    is_late: bool


class AttendanceReport(Wire):
    """For organisers. Absent are members who see the channel; null where there are too many to ask,
    or where there is no guild.
    """

    omit: ClassVar[frozenset[str]] = frozenset()

    message_id: MessageId
    closes: Timestamp
    late_after: Timestamp | None = None
    present: tuple[Attendee, ...]
    absent: tuple[User, ...] | None = None
