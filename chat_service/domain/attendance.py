"""A roll call as it is kept with its message: until when people check in, and who is late. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from chat_service.domain import components
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.objects.check_in import AttendanceReport, CheckIn
from contracts.objects.user import User
from contracts.wire import JSON, Form, Text, timestamp

BUTTON = "moim:check-in"
"""The `custom_id` of the button that every roll call carries."""
_LABEL = "Check in · 출석"
_HEADINGS = ("user_id", "username", "name", "status", "at")


class CheckInForm(Form):
    """The `check_in` of a new message, in minutes from now."""

    duration: Annotated[int | None, Field(ge=1, le=limits.CHECK_IN_MINUTES)] = None
    late_after: Annotated[int | None, Field(ge=0, le=limits.CHECK_IN_MINUTES)] = None
    label: Annotated[Text | None, Field(min_length=1, max_length=80)] = None

    def wanted(self) -> RollCall:
        """The roll call that is wanted."""
        minutes = self.duration or limits.CHECK_IN_MINUTES_DEFAULT
        if self.late_after is not None and self.late_after > minutes:
            text = "Nobody can be late after the end."
            raise Invalid({"check_in.late_after": ("NUMBER_TYPE_MAX", text)})
        return RollCall(minutes, self.late_after, self.label or _LABEL)


@dataclass(frozen=True, slots=True)
class RollCall:
    """A roll call about to be made."""

    minutes: int
    late_after: int | None
    label: str

    def roll(self, now: datetime) -> Roll:
        """It, from now on."""
        late = None if self.late_after is None else now + timedelta(minutes=self.late_after)
        return Roll(now + timedelta(minutes=self.minutes), late)

    def with_button(self, others: Iterable[JSON]) -> list[JSON]:
        """The components of its message."""
        button = {"type": 2, "style": 1, "custom_id": BUTTON, "label": self.label}
        rows = [*others, {"type": 1, "components": [button]}]
        return components.numbered(rows, is_new=False)


@dataclass(frozen=True, slots=True)
class Roll:
    """A roll call that was made."""

    closes: datetime
    late_after: datetime | None = None

    @classmethod
    def read(cls, kept: JSON) -> Roll:
        """As it was kept."""
        late = kept["late_after"]
        closes = datetime.fromisoformat(kept["closes"])
        return cls(closes, None if late is None else datetime.fromisoformat(late))

    def kept(self) -> JSON:
        """As it is kept, as JSON."""
        late = None if self.late_after is None else timestamp(self.late_after)
        return {"closes": timestamp(self.closes), "late_after": late}

    def require_open(self, now: datetime) -> None:
        """Raise when nobody checks in any more."""
        if now >= self.closes:
            raise DomainError(ErrorCode.CHECK_IN_OVER)

    def is_late(self, at: datetime) -> bool:
        """Whether somebody who came then was late."""
        return self.late_after is not None and at > self.late_after

    def shown(self, count: int, *, is_mine: bool) -> CheckIn:
        """As its readers see it."""
        return CheckIn(closes=self.closes, late_after=self.late_after, count=count, me=is_mine)


def sheet(report: AttendanceReport) -> bytes:
    """The report as a table that spreadsheets open: with a mark that says it is UTF-8."""
    rows = [
        (*_cells(one.user), "late" if one.is_late else "present", timestamp(one.at))
        for one in report.present
    ]
    return table(_HEADINGS, (*rows, *((*_cells(one), "absent", "") for one in report.absent or ())))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """What spreadsheets open, in which nobody's name is a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _cells(user: User) -> tuple[str, str, str]:
    return str(int(user.id)), user.username, user.global_name or ""


def _inert(name: str) -> str:
    """A spreadsheet takes what begins like this for a formula."""
    return f"'{name}" if name[:1] in {"=", "+", "-", "@", "\t", "\r"} else name
