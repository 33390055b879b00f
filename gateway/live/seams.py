"""What the WebSocket side needs of others, as narrow as it needs it: the bus, the calls, and who is
told of sessions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from contracts.rpc.base import Call
from contracts.topics import Topic
from contracts.wire import Wire
from gateway.live.seats import Seated

R = TypeVar("R", bound=Wire)


class Hears(Protocol):
    """A listener of topics."""

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """The next event."""

    def lost(self, topic: Topic) -> None:
        """Events were missed that can not be had any more."""


class Events(Protocol):
    """The bus."""

    @property
    def epoch(self) -> str | None:
        """Names the data in Redis."""

    @property
    def blur(self) -> int:
        """By how many microseconds events of several topics may come in another order than that of
        their stamps; 0: never.
        """

    async def newest(self) -> int:
        """No event has a much later stamp."""

    async def subscribe(self, topic: Topic, listener: Hears) -> None:
        """Return when every further event reaches the listener."""

    def unsubscribe(self, topic: Topic, listener: Hears) -> None:
        """Stop hearing."""

    def live_since(self, topic: Topic) -> int | None:
        """Every event with a later stamp reaches this process; all up to it were here before."""

    async def replay(
        self, asked: Sequence[Topic], since: int, *, epoch: str | None = None
    ) -> list[tuple[Topic, int, int, bytes]]:
        """Every event with a later stamp, in order; all of them, or ReplayGone."""


class Asks(Protocol):
    """Calls to neighbours; all raise Unavailable."""

    async def ask(self, call: Call[R]) -> R:
        """Ask the service that the call belongs to."""

    async def ask_at(self, address: tuple[str, int], call: Call[R]) -> R:
        """Ask one process by its address."""


class PresenceSink(Protocol):
    """Whoever is told which sessions are here."""

    def opened(self, seat: Seated) -> None:
        """A session came."""

    def changed(self, seat: Seated) -> None:
        """It is to be shown otherwise."""

    def closed(self, session_id: str) -> None:
        """It went."""


class Store(Protocol):
    """The commands of Redis that session records need."""

    def pipeline(self, transaction: bool = ...) -> Any:  # noqa: FBT001 - redis-py's signature
        """Several commands in one go."""

    async def hgetall(self, name: str) -> dict[bytes, bytes]:
        """A hash, empty if it is not there."""

    async def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any:
        """Run a script."""
