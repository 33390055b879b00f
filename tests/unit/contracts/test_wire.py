"""The base of all shapes: bits, moments, and what is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, ClassVar

import pytest
from pydantic import Field, ValidationError

from contracts.wire import Bits, Form, Timestamp, Wire, from_ms, timestamp


class Sample(Wire):
    omit: ClassVar[frozenset[str]] = frozenset({"maybe"})

    bits: Bits = 0
    maybe: int | None = None
    nullable: int | None = None
    at: Timestamp | None = None


@pytest.mark.parametrize("sent", ["2048", 2048])
def test_bits_come_as_text_or_number_and_leave_as_text(sent: object) -> None:
    sample = Sample.model_validate({"bits": sent})
    assert sample.bits == 2048
    assert sample.dump()["bits"] == "2048"


@pytest.mark.parametrize("sent", [-1, "-1", 1.0, True, "", "x", "9" * 20])
def test_other_bits_are_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        Sample.model_validate({"bits": sent})


def test_what_may_be_left_out_is_never_null() -> None:
    assert Sample().encode() == b'{"bits":"0","nullable":null,"at":null}'
    assert Sample(maybe=0).dump()["maybe"] == 0


def test_moments_have_microseconds_and_an_offset() -> None:
    """B12: no client has to guess a time zone."""
    seoul = timezone(timedelta(hours=9))
    at = datetime(2026, 1, 2, 12, tzinfo=seoul)
    assert timestamp(at) == "2026-01-02T03:00:00.000000+00:00"
    assert Sample(at=at).dump()["at"] == timestamp(at)
    most = datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    assert (
        timestamp(most) == timestamp(most.astimezone(seoul)) == "2026-01-02T03:04:05.000006+00:00"
    )
    assert from_ms(1_500) == datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)


def test_unknown_fields_are_ignored_in_both_directions() -> None:
    assert Sample.model_validate({"news": 1}) == Sample()
    assert Form.model_validate({"news": 1}) == Form()


class Part(Form):
    number: int


class Parts(Form):
    few: Annotated[list[Part], Field(max_length=3)] | None = None
    maybe: tuple[Part, ...] | None = None
    either: dict[str, int] | list[Part] | None = None


@pytest.mark.parametrize("name", ["few", "maybe"])
def test_a_list_is_judged_up_to_the_first_wrong_item(name: str) -> None:
    """Each fault told costs hundreds of bytes, and a body has room for hundreds of thousands."""
    with pytest.raises(ValidationError) as caught:
        Parts.model_validate({name: [{"number": 1}, *[{}] * 1_000]})
    assert [error["loc"] for error in caught.value.errors()] == [(name, 1, "number")]


def test_so_is_a_list_in_place_of_something_else() -> None:
    with pytest.raises(ValidationError) as caught:
        Parts.model_validate({"either": [{}] * 1_000})
    assert caught.value.error_count() == 2


def test_an_object_of_too_many_keys_is_not_looked_into() -> None:
    with pytest.raises(ValidationError) as caught:
        Parts.model_validate({"either": {f"{key}": "x" for key in range(2_000)}})
    assert caught.value.error_count() == 2
    assert Parts.model_validate({"either": {f"{key}": 1 for key in range(500)}}).either
