"""The base of everything declared: frozen models, Discord's rules for absent and null, JSON in and
out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

JSON = dict[str, Any]


_LISTS = frozenset({"list", "tuple", "set", "frozenset"})
_KEYS = 1_000
"""More than any object that a client may name has, and few enough to judge each."""


class _Shape(BaseModel):
    """A list is judged up to the first item that is wrong: a body of a few hundred kilobytes has
    room for more wrong ones than there is memory to say so.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        model: Any = schema
        while model is not None and "fields" not in model:
            model = model.get("schema")
        for field in model["fields"].values() if model is not None else ():
            cls._bound(field["schema"])
        return schema

    @classmethod
    def _bound(cls, schema: Any) -> None:
        """Of whatever this is wrapped in, and of each way that it may be said."""
        if schema["type"] in _LISTS:
            schema["fail_fast"] = True
            return
        if schema["type"] == "union":
            for choice in schema["choices"]:
                cls._bound(choice)
        if "schema" in schema:
            cls._bound(schema["schema"])


class Wire(_Shape):
    """A shape of the public or internal contract. Unknown fields are ignored, so that deployments
    can roll.
    """

    # Built when it is first used: each process uses a few of all of them.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    omit: ClassVar[frozenset[str]] = frozenset()
    """Fields that are left out when None: for real clients a null is worse than an absence."""
    unless_given: ClassVar[frozenset[str]] = frozenset()
    """Fields that are left out unless they were given: where null says something of its own."""

    @model_serializer(mode="wrap")
    def _without_absent(self, serialize: SerializerFunctionWrapHandler) -> JSON:
        data: JSON = serialize(self)
        for name in self.omit:
            if data.get(name) is None:
                data.pop(name, None)
        for name in self.unless_given - self.model_fields_set:
            data.pop(name, None)
        return data

    def dump(self) -> JSON:
        """The JSON object as Python values: ids as strings, absent fields left out."""
        return self.model_dump(mode="json")

    def encode(self) -> bytes:
        """The JSON object as bytes."""
        return orjson.dumps(self.dump())


def _can_be_kept(text: str) -> str:
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError("a text has neither NUL nor half a character")
    return text


KEPT = AfterValidator(_can_be_kept)
"""Comes last: after constraints that change the text."""
Text = Annotated[str, KEPT]
"""A text that a database takes and JSON can carry."""


class Form(_Shape):
    """What a client sends. Unknown keys and explicit nulls are accepted, as real libraries send
    both.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def _bound(cls, schema: Any) -> None:
        """An object is looked at as a whole before its parts: there is no first one to stop at."""
        if schema["type"] == "dict":
            few = no_info_before_validator_function(_few, schema.copy())
            schema.clear()
            schema.update(few)
            return
        super()._bound(schema)


def _few(value: object) -> object:
    if isinstance(value, dict) and len(value) > _KEYS:
        raise ValueError("an object has no more than a thousand keys")
    return value


def _parse_bits(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return int(value)
    raise ValueError("a bit set is a string of digits")


Bits = Annotated[
    int, BeforeValidator(_parse_bits), PlainSerializer(str, return_type=str, when_used="json")
]
"""Permission bits: clients send strings or numbers, we answer strings."""


def timestamp(at: datetime) -> str:
    """ISO 8601 with microseconds and offset, as Discord writes it."""
    if at.tzinfo is UTC and at.microsecond:
        # The same text for a fraction of the time; every message has one.
        return orjson.dumps(at)[1:-1].decode()
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def from_ms(milliseconds: int) -> datetime:
    """A moment from Unix milliseconds."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


Timestamp = Annotated[datetime, PlainSerializer(timestamp, return_type=str, when_used="json")]
"""A moment, written with microseconds whatever they are."""
