"""What an event is, and the record that carries it: a header the edge can route by, and a body it
never parses.

A record is one line of compact JSON (the header), a newline, and the body: the `d` of the gateway
dispatch, ready to be spliced into a frame. Header keys: i event id, e event name, g guild,
c channel, l the channel left for it, a author, u the user it is about or for, m mentioned users,
t request id of the cause; of a thread p the channel that it hangs from, and of a private one w who
may hear.

Records that were stored together lie and travel as one bundle, with a sign between them that no
JSON holds as it is.
"""

from __future__ import annotations

from abc import abstractmethod
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

BETWEEN = b"\x1e"
"""Stands between the records of a bundle."""


class Inside(NamedTuple):
    """The place of a thread, for whatever happens in it."""

    parent_id: int
    """The channel that it hangs from: who sees that sees the thread."""
    hearers: tuple[int, ...] | None = None
    """Of a private one: who is in it. Beside them, who governs threads there hears."""


class Hearing(tuple[topics.Topic, ...]):
    """Topics on which what happens in one place is told, and the place, if it is a thread."""

    inside: Inside | None = None

    @classmethod
    def within(cls, topic: topics.Topic, inside: Inside) -> Hearing:
        """In a thread."""
        hearing = cls((topic,))
        hearing.inside = inside
        return hearing


class Route(NamedTuple):
    """What the edge must know of an event without opening its body."""

    guild_id: int | None = None
    channel_id: int | None = None
    author_id: int | None = None
    user_id: int | None = None
    mentions: tuple[int, ...] = ()
    parent_id: int | None = None
    """Of a thread: the channel that decides who sees it."""
    hearers: tuple[int, ...] | None = None
    """None: all who see the channel."""
    left_id: int | None = None
    """The channel that somebody left for this one: who sees only that one is told of a leave."""

    def within(self, inside: Inside | None) -> Route:
        """The same, for an event that happens in a thread."""
        if inside is None:
            return self
        hearers = inside.hearers if self.hearers is None else self.hearers
        return self._replace(parent_id=inside.parent_id, hearers=hearers)

    @property
    def room_id(self) -> int | None:
        """The channel by which it is decided who sees it."""
        return self.channel_id if self.parent_id is None else self.parent_id


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
    is_alone: ClassVar[bool] = False
    """Whether only its hearers have it, and nobody who governs."""
    concerns_mentioned: ClassVar[bool] = False
    """Whether those whom it mentions have it whatever their intents."""
    is_fact: ClassVar[bool] = False
    """Whether services keep copies of what it changes (contracts/guild_facts.py)."""
    is_news: ClassVar[bool] = False
    """Whether a service acts on it, of whatever guild it is."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__name__ in REGISTRY:
            raise TypeError(f"event {cls.__name__} is declared twice")
        REGISTRY[cls.__name__] = cls

    @abstractmethod
    def address(self) -> topics.Topic:
        """The topic that sessions have it from."""

    def addresses(self) -> tuple[topics.Topic, ...]:
        """Every topic it is published on. Services that decide by a fact hear of it first."""
        guild_id = self.route().guild_id if self.is_fact else None
        facts = () if guild_id is None else (topics.facts(guild_id),)
        news = (topics.NEWS,) if self.is_news else ()
        return (*facts, self.address(), *news)

    @abstractmethod
    def route(self) -> Route:
        """What the edge routes by."""

    def record(self, event_id: int, trace: str = "", inside: Inside | None = None) -> bytes:
        """The bytes that travel; `inside` of which thread it happens."""
        route = self.route().within(inside)
        return pack(type(self).__name__, route, self.encode(), event_id=event_id, trace=trace)


def pack(name: str, route: Route, body: bytes, *, event_id: int, trace: str) -> bytes:
    """A record from its parts: for hot paths that hold the body as bytes already."""
    return heading(addressed(name, route), event_id=event_id, trace=trace) + body


def heading(addressed: bytes, *, event_id: int, trace: str) -> bytes:
    """The header and the newline."""
    cause = b',"t":%b' % orjson.dumps(trace) if trace else b""
    return b'{"i":%d,%b%b}\n' % (event_id, addressed, cause)


def addressed(name: str, route: Route) -> bytes:
    """What the headers of events of one kind in one place have in common."""
    header: dict[str, object] = {"e": name}
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
    if route.parent_id is not None:
        header["p"] = route.parent_id
    if route.hearers is not None:
        header["w"] = route.hearers
    if route.left_id is not None:
        header["l"] = route.left_id
    return orjson.dumps(header)[1:-1]


def unpack(record: bytes) -> tuple[Header, bytes]:
    """Header and body of a record. The body stays bytes."""
    line, _, body = record.partition(b"\n")
    raw = orjson.loads(line)
    hearers = raw.get("w")
    route = Route(
        raw.get("g"),
        raw.get("c"),
        raw.get("a"),
        raw.get("u"),
        tuple(raw.get("m", ())),
        raw.get("p"),
        None if hearers is None else tuple(hearers),
        raw.get("l"),
    )
    return Header(raw["i"], raw["e"], route, raw.get("t", "")), body


def name_of(record: bytes) -> str:
    """Only the event's name, for listeners that pass most events over."""
    start = record.index(b'"e":"') + 5
    return record[start : record.index(b'"', start)].decode()


def id_of(record: bytes) -> bytes:
    """Only the event's id, as digits."""
    return record[record.index(b":") + 1 : record.index(b",")]


def open_as(event: type[E], body: bytes) -> E:
    """The body as the declared event: for consumers that need more than the route."""
    return event.model_validate_json(body)
