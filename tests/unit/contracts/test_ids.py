"""Snowflakes: read from what clients send, made in rising order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from contracts.ids import EPOCH_MS, GuildId, Snowflake, SnowflakeGenerator, UserId, floor_of

NOW = EPOCH_MS + 1_000


class Body(BaseModel):
    id: UserId


@pytest.mark.parametrize("sent", ["0", "7", "007", "9223372036854775807", 7, 2**63 - 1])
def test_digits_and_numbers_are_read(sent: object) -> None:
    assert Snowflake.parse(sent) == int(str(sent))


TEXTS = ["", "-1", "+1", " 1", "1 ", "1.0", "٣", "x", "9" * 20, "9223372036854775808"]


@pytest.mark.parametrize("sent", [*TEXTS, -1, 2**63, 1.0, True, False, None, [], b"1"])
def test_anything_else_is_refused(sent: object) -> None:
    with pytest.raises(ValueError):
        Snowflake.parse(sent)


def test_an_id_is_a_string_on_the_wire_and_an_int_inside() -> None:
    body = Body.model_validate_json('{"id": "123456789012345678"}')
    assert body.id == 123456789012345678
    assert isinstance(body.id, UserId)
    assert body.model_dump_json() == '{"id":"123456789012345678"}'
    assert Body.model_json_schema()["properties"]["id"]["type"] == "string"


def test_a_float_in_json_is_refused() -> None:
    with pytest.raises(ValidationError):
        Body.model_validate_json('{"id": 1.5}')


def test_parsing_keeps_the_kind() -> None:
    assert type(GuildId.parse("5")) is GuildId


def test_an_id_tells_when_it_was_made() -> None:
    made = Snowflake(SnowflakeGenerator(3).next(NOW))
    assert made.timestamp_ms == NOW
    assert made >= floor_of(NOW)
    assert made < floor_of(NOW + 1)


@pytest.mark.parametrize("number", [-1, 1024])
def test_a_generator_number_has_ten_bits(number: int) -> None:
    with pytest.raises(ValueError):
        SnowflakeGenerator(number)


@given(st.integers(0, 1023), st.lists(st.integers(-5, 5), max_size=200))
def test_ids_rise_whatever_the_clock_does(number: int, steps: list[int]) -> None:
    generator, now, last = SnowflakeGenerator(number), NOW, -1
    for step in steps:
        now += step
        made = generator.next(now)
        assert made > last
        assert made >> 12 & 1023 == number
        last = made


def test_a_clock_that_stands_still_borrows_the_next_millisecond() -> None:
    generator = SnowflakeGenerator(1)
    made = [generator.next(NOW) for _ in range(4_097)]
    assert made == sorted(set(made))
    assert Snowflake(made[4_095]).timestamp_ms == NOW
    assert Snowflake(made[4_096]).timestamp_ms == NOW + 1


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(1, 4_096)), max_size=20))
def test_blocks_rise_without_touching_each_other(wanted: list[tuple[int, int]]) -> None:
    generator, now, free = SnowflakeGenerator(1023), NOW, 0
    for step, count in wanted:
        now += step
        first = generator.block(now, count)
        assert first >= free
        assert first >> 22 == (first + count - 1) >> 22, "a block lies within one millisecond"
        free = first + count
    assert generator.next(now) >= free


@pytest.mark.parametrize("count", [0, -1, 4_097])
def test_a_block_is_never_empty_nor_longer_than_a_millisecond(count: int) -> None:
    with pytest.raises(ValueError):
        SnowflakeGenerator(0).block(NOW, count)
