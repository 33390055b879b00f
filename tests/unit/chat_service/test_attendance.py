"""Roll calls: until when, who is late, and what organisers take home."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from chat_service.domain.attendance import BUTTON, CheckInForm, Roll, sheet
from contracts.errors import DomainError, Invalid
from contracts.ids import MessageId, UserId
from contracts.objects.check_in import AttendanceReport, Attendee
from contracts.objects.user import User

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def test_people_are_in_time_then_late_then_shut_out() -> None:
    roll = CheckInForm(duration=30, late_after=10).wanted().roll(NOW)
    assert Roll.read(orjson.loads(orjson.dumps(roll.kept()))) == roll
    assert [roll.is_late(minutes(at)) for at in (0, 10, 10.1, 29)] == [False, False, True, True]
    roll.require_open(minutes(29))
    with pytest.raises(DomainError):
        roll.require_open(minutes(30))
    assert not CheckInForm().wanted().roll(NOW).is_late(minutes(59))


def test_nobody_is_late_after_the_end() -> None:
    with pytest.raises(Invalid):
        CheckInForm(duration=10, late_after=11).wanted()


def test_its_button_stands_below_what_else_the_message_has() -> None:
    other = {"type": 1, "components": [{"type": 2, "style": 5, "label": "x", "url": "https://a.b"}]}
    rows = CheckInForm(label="출석").wanted().with_button([other])
    assert [row["components"][0]["label"] for row in rows] == ["x", "출석"]
    assert rows[-1]["components"][0]["custom_id"] == BUTTON


def test_the_sheet_is_a_table_in_which_no_name_is_a_formula() -> None:
    def user(number: int, name: str) -> User:
        return User(id=UserId(number), username=f"user{number}", global_name=name)

    report = AttendanceReport(
        message_id=MessageId(7),
        closes=minutes(30),
        present=(
            Attendee(user=user(1, "민아"), at=NOW, is_late=False),
            Attendee(user=user(2, '=HYPERLINK("x")'), at=minutes(12), is_late=True),
        ),
        absent=(user(3, "a,b"),),
    )
    rows = list(csv.reader(io.StringIO(sheet(report).decode("utf-8-sig"))))
    assert [row[2:4] for row in rows[1:]] == [
        ["민아", "present"],
        ['\'=HYPERLINK("x")', "late"],
        ["a,b", "absent"],
    ]
