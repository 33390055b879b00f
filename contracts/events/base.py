"""What an event is, and the record that carries it: a header the edge can route by, and a body it
never parses.

A record is one line of compact JSON (the header), a newline, and the body: the `d` of the gateway
dispatch, ready to be spliced into a frame. Header keys: i event id, e event name, g guild,
c channel, a author, u the user it is about or for, m mentioned users, t request id of the cause.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeVar

import orjson

from contracts import topics
from contracts.intents import Intent
from contracts.permissions import Permission
from contracts.wire import Wire

E = TypeVar("E", bound="Event")

REGISTRY: dict[str, type[Event]] = {}
"""Every event by name."""


class Route(NamedTuple):
    """What the edge must know of an event without opening its body."""

    guild_id: int | None = None
    channel_id: int | None = None
    author_id: int | None = None
    user_id: int | None = None
    mentions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """A parsed header."""

    event_id: int
    name: str
    route: Route
    trace: str


class Event(Wire):
    """A fact that others react to. A subclass declares everything about it; its fields are the `d`
    that clients see.
    """

    dispatch: ClassVar[str | None] = None
    """The gateway's `t`; None never leaves the house."""
    intent: ClassVar[Intent] = Intent(0)
    """Any one of these lets a session have it; 0 = every session."""
    needs: ClassVar[Permission] = Permission(0)
    """What one must hold in its channel to see it."""
    has_content: ClassVar[bool] = False
    """Whether its text is withheld from sessions without MESSAGE_CONTENT."""
    is_fact: ClassVar[bool] = False
    """Whether services keep copies of what it changes (contracts/guild_facts.py)."""
    is_news: ClassVar[bool] = False
    """Whether a service acts on it, of whatever guild it is."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__name__ in REGISTRY:
            raise TypeError(f"event {cls.__name__} is declared twice")
        REGISTRY[cls.__name__] = cls

    def address(self) -> topics.Topic:
        """The topic that sessions have it from."""
        raise NotImplementedError

    def addresses(self) -> tuple[topics.Topic, ...]:
        """Every topic it is published on. Services that decide by a fact hear of it first."""
        guild_id = self.route().guild_id if self.is_fact else None
        facts = () if guild_id is None else (topics.facts(guild_id),)
        news = (topics.NEWS,) if self.is_news else ()
        return (*facts, self.address(), *news)

    def route(self) -> Route:
        """What the edge routes by."""
        raise NotImplementedError

    def record(self, event_id: int, trace: str = "") -> bytes:
        """The bytes that travel."""
        return pack(
            type(self).__name__, self.route(), self.encode(), event_id=event_id, trace=trace
        )


def pack(name: str, route: Route, body: bytes, *, event_id: int, trace: str) -> bytes:
    """A record from its parts: for hot paths that hold the body as bytes already."""
    header: dict[str, object] = {"i": event_id, "e": name}
    if route.guild_id is not None:
        header["g"] = route.guild_id
    if route.channel_id is not None:
        header["c"] = route.channel_id
    if route.author_id is not None:
        header["a"] = route.author_id
    if route.user_id is not None:
        header["u"] = route.user_id
    if route.mentions:
        header["m"] = route.mentions
    if trace:
        header["t"] = trace
    return orjson.dumps(header) + b"\n" + body


def unpack(record: bytes) -> tuple[Header, bytes]:
    """Header and body of a record. The body stays bytes."""
    line, _, body = record.partition(b"\n")
    raw = orjson.loads(line)
    route = Route(raw.get("g"), raw.get("c"), raw.get("a"), raw.get("u"), tuple(raw.get("m", ())))
    return Header(raw["i"], raw["e"], route, raw.get("t", "")), body


def name_of(record: bytes) -> str:
    """Only the event's name, for listeners that pass most events over."""
    start = record.index(b'"e":"') + 5
    return record[start : record.index(b'"', start)].decode()


def open_as(event: type[E], body: bytes) -> E:
    """The body as the declared event: for consumers that need more than the route."""
    return event.model_validate_json(body)
