"""A bounded copy of what a neighbour answered, dropped as soon as an event says that it is stale.

The topic is subscribed before the question is asked, so no change can fall between the answer and
the copy. What is copied, and which events make it stale, is declared by whoever makes a replica.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from chassis.bus import Listener
from chassis.clock import Clock
from contracts.events.base import Header, name_of, unpack
from contracts.topics import Topic

K = TypeVar("K")
V = TypeVar("V")

FETCHES_MOST = 2
"""An answer that an event overtook is fetched again once; then it is used, but not kept."""


class Bus(Protocol):
    """What a replica needs of the bus."""

    async def subscribe(self, topic: Topic, listener: Listener) -> None:
        """Return when every further event of the topic reaches the listener; cancelled, undo it."""

    def unsubscribe(self, topic: Topic, listener: Listener) -> None:
        """Stop hearing."""


@dataclass(slots=True)
class _Entry(Generic[V]):
    value: V
    topic: Topic
    fetched_at: float
    is_stale: bool = False


@dataclass(slots=True)
class _Flight(Generic[V]):
    """A fetch under way, and who else waits for it."""

    landed: asyncio.Future[tuple[V] | Exception | None]
    """The value, its failure, or None when whoever fetched was cancelled."""
    is_overtaken: bool = False


@dataclass(slots=True)
class _Held(Generic[K]):
    """A topic, for as long as there are entries or flights of it."""

    keys: set[K] = field(default_factory=set)
    flights: set[K] = field(default_factory=set)
    is_live: bool = False
    asking: asyncio.Future[bool | None] | None = None
    """Somebody subscribes: whether it went live, or None when that one was cancelled."""


class Replica(Generic[K, V]):
    """A cache that is told, not one that guesses. `get` waits; `peek` is for where nothing may."""

    def __init__(  # noqa: PLR0913 -- a declaration, read by its keywords
        self,
        name: str,
        *,
        fetch: Callable[[K], Awaitable[V]],
        bus: Bus,
        topic_of: Callable[[K], Topic],
        stale_on: frozenset[str],
        clock: Clock,
        stale_key: Callable[[Header], K | None] | None = None,
        max_size: int = 10_000,
        max_age: float = 30.0,
        live_within: float = 0.5,
    ) -> None:
        """`stale_on` names events: one makes the entry of its `stale_key` stale, or, without a key,
        all entries of its topic. While a topic can not be heard (for `live_within` seconds),
        answers are passed on without a copy.
        """
        self.name = name
        self._fetch = fetch
        self._bus = bus
        self._topic_of = topic_of
        self._stale_on = stale_on
        self._clock = clock
        self._stale_key = stale_key
        self._max_size = max_size
        self._max_age = max_age
        self._live_within = live_within
        self._entries: OrderedDict[K, _Entry[V]] = OrderedDict()
        self._flights: dict[K, _Flight[V]] = {}
        self._held: dict[Topic, _Held[K]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def peek(self, key: K) -> V | None:
        """What is known now; None when nothing is."""
        entry = self._fresh(key)
        return None if entry is None else entry.value

    async def get(self, key: K) -> V:
        """What is known, or the neighbour's answer. Many askers make one question."""
        while True:
            entry = self._fresh(key)
            if entry is not None:
                return entry.value
            flight = self._flights.get(key)
            if flight is None:
                return await self._fly(key)
            landed = await asyncio.shield(flight.landed)
            if isinstance(landed, Exception):
                raise landed
            if landed is not None:
                return landed[0]

    def drop(self, key: K) -> None:
        """Ask anew next time: something else has shown that the answer is old."""
        entry = self._entries.get(key)
        if entry is not None:
            entry.is_stale = True
        flight = self._flights.get(key)
        if flight is not None:
            flight.is_overtaken = True

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """An event: is something stale?"""
        del n, stamp
        if name_of(record) in self._stale_on:
            header, _ = unpack(record)
            self._spoil(topic, None if self._stale_key is None else self._stale_key(header))

    def lost(self, topic: Topic) -> None:
        """Events were missed: everything of this topic may be stale."""
        self._spoil(topic, None)

    def _fresh(self, key: K) -> _Entry[V] | None:
        entry = self._entries.get(key)
        if entry is None or entry.is_stale:
            return None
        if self._clock.monotonic() - entry.fetched_at > self._max_age:
            return None
        self._entries.move_to_end(key)
        return entry

    async def _fly(self, key: K) -> V:
        topic = self._topic_of(key)
        held = self._held.setdefault(topic, _Held())
        flight = self._flights[key] = _Flight(asyncio.get_running_loop().create_future())
        held.flights.add(key)
        landed: tuple[V] | Exception | None = None
        try:
            is_live = await self._listen(topic, held)
            value = await self._ask(key, flight)
            landed = (value,)
            if is_live and not flight.is_overtaken:
                self._keep(key, _Entry(value, topic, self._clock.monotonic()), held)
        except Exception as error:  # told to everybody who waits
            landed = error
            raise
        finally:
            del self._flights[key]
            held.flights.discard(key)
            flight.landed.set_result(landed)
            self._let_go(topic)
        return value

    async def _ask(self, key: K, flight: _Flight[V]) -> V:
        value = await self._fetch(key)
        for _ in range(FETCHES_MOST - 1):
            if flight.is_overtaken:
                flight.is_overtaken = False
                value = await self._fetch(key)
        return value

    async def _listen(self, topic: Topic, held: _Held[K]) -> bool:
        while not held.is_live:
            if held.asking is None:
                return await self._subscribe(topic, held)
            answer = await asyncio.shield(held.asking)
            if answer is not None:
                return answer
        return True

    async def _subscribe(self, topic: Topic, held: _Held[K]) -> bool:
        asking = held.asking = asyncio.get_running_loop().create_future()
        answer = None
        try:
            async with asyncio.timeout(self._live_within):
                await self._bus.subscribe(topic, self)
            answer = held.is_live = True
        except TimeoutError:
            answer = False
        finally:
            held.asking = None
            asking.set_result(answer)
        return answer

    def _keep(self, key: K, entry: _Entry[V], held: _Held[K]) -> None:
        self._entries[key] = entry
        self._entries.move_to_end(key)
        held.keys.add(key)
        if len(self._entries) > self._max_size:
            self._forget(next(iter(self._entries)))

    def _spoil(self, topic: Topic, key: K | None) -> None:
        held = self._held.get(topic)
        if held is None:
            return
        for flying in held.flights if key is None else held.flights & {key}:
            self._flights[flying].is_overtaken = True
        for kept in held.keys if key is None else held.keys & {key}:
            if self._entries[kept].is_stale:
                # Spoilt twice without being asked for in between: nobody needs it. Not from here,
                # though, as the bus is handing out this very event.
                asyncio.get_running_loop().call_soon(self._forget_stale, kept)
            self._entries[kept].is_stale = True

    def _forget_stale(self, key: K) -> None:
        entry = self._entries.get(key)
        if entry is not None and entry.is_stale:
            self._forget(key)

    def _forget(self, key: K) -> None:
        topic = self._entries.pop(key).topic
        self._held[topic].keys.discard(key)
        self._let_go(topic)

    def _let_go(self, topic: Topic) -> None:
        held = self._held[topic]
        if not held.keys and not held.flights:
            del self._held[topic]
            if held.is_live:
                self._bus.unsubscribe(topic, self)
