"""Snowflakes: the ids of everything. Time and numbering are passed in; no clock is read here."""

from __future__ import annotations

from typing import Any, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

EPOCH_MS = 1_420_070_400_000
"""2015-01-01T00:00:00Z, the zero of snowflakes and of stamps."""

_MAX = (1 << 63) - 1


class Snowflake(int):
    """A 63-bit id: 42 bits of milliseconds, 10 bits of generator, 12 bits of counter. A string on
    the wire.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read an id as clients send it: digits in a string, or a JSON number. Floats never."""
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError("a snowflake is a string of digits")
        if isinstance(value, str) and not (
            value.isascii() and value.isdigit() and len(value) <= 19
        ):
            raise ValueError("a snowflake is a string of digits")
        number = int(value)
        if not 0 <= number <= _MAX:
            raise ValueError("a snowflake has at most 63 bits")
        return cls(number)

    @property
    def timestamp_ms(self) -> int:
        """Milliseconds since the Unix epoch at which the id was made."""
        return (self >> 22) + EPOCH_MS

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        del source, handler
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.to_string_ser_schema(),
            json_schema_input_schema=core_schema.str_schema(),
        )


class UserId(Snowflake):
    """A person or a bot."""


class GuildId(Snowflake):
    """A community; also the id of its @everyone role."""


class ChannelId(Snowflake):
    """A channel of a guild, a direct or group conversation, a thread."""


class RoleId(Snowflake):
    """A role of a guild."""


class MessageId(Snowflake):
    """A message; rises in commit order within its channel."""


class ApplicationId(Snowflake):
    """An application; its bot user has the same id."""


class WebhookId(Snowflake):
    """A webhook."""


class CommandId(Snowflake):
    """A command of an application."""


class InteractionId(Snowflake):
    """Somebody asked an application for something: once, and for a quarter of an hour."""


class EmojiId(Snowflake):
    """A custom emoji of a guild."""


class SnowflakeGenerator:
    """Strictly rising ids of one generator number (0..1023)."""

    __slots__ = ("_last", "_sequence", "number")

    def __init__(self, number: int) -> None:
        if not 0 <= number < 1024:
            raise ValueError("generator numbers are 0..1023")
        self.number = number
        self._last = 0
        self._sequence = 0

    def next(self, now_ms: int) -> int:
        """The next id; a clock that stands still or falls back borrows from the next."""
        if now_ms > self._last:
            self._last, self._sequence = now_ms, 0
        else:
            self._sequence += 1
            if self._sequence == 4096:
                self._last, self._sequence = self._last + 1, 0
        return ((self._last - EPOCH_MS) << 22) | (self.number << 12) | self._sequence

    def block(self, now_ms: int, count: int) -> int:
        """The first of `count` ids in a row, none of them handed out otherwise."""
        if not 0 < count <= 4096:
            raise ValueError("a block has 1..4096 ids")
        first = self.next(now_ms)
        if self._sequence + count > 4096:
            self._last, self._sequence = self._last + 1, -1
            first = self.next(self._last)
        self._sequence += count - 1
        return first


def floor_of(now_ms: int) -> int:
    """The smallest id any generator could make at this time."""
    return (now_ms - EPOCH_MS) << 22
