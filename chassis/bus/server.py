"""One server as a bus uses it: a connection to hear, a connection to tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from chassis.bus.epochs import Epochs, Known
from chassis.bus.link import PLAIN, SHARDED, Link
from chassis.bus.meters import Meters
from chassis.bus.pace import Pace
from chassis.bus.publisher import QUESTIONS, Publisher
from chassis.bus.resp import Line, Refused
from chassis.bus.script import script
from chassis.clock import Clock
from chassis.tasks import Tasks
from contracts import topics
from contracts.topics import Topic


class Around(NamedTuple):
    """What every server of a bus is given."""

    instance: str
    """Names this process's own channel: nobody else's may be called so."""
    known: Known
    keep_for: float
    meters: Meters
    pace: Pace
    clock: Clock
    tasks: Tasks


class Share(NamedTuple):
    """A server's part of a cluster."""

    tag: str
    """Names this process's own channel so that it lies there."""
    anchors: Sequence[str]
    """Where its epochs are kept."""
    refused: Refused
    """Told when it does not take a command, perhaps as it is another's to take."""


class Server:
    """A link and a publisher, and the lines that keep their connections up."""

    def __init__(self, url: str, around: Around, share: Share | None = None) -> None:
        self.share = share
        instance, known, keep_for, meters, pace, clock, tasks = around
        refused = share.refused if share else lambda topic: None
        if share is None:
            keys, canary = [topics.EPOCH_KEY], topics.canary(instance)
        else:
            keys = [topics.epoch_key(name) for name in share.anchors]
            canary = topics.canary(instance, share.tag)
        self.link = Link(
            canary,
            Epochs(known, keys),
            pace=pace,
            clock=clock,
            meters=meters,
            words=SHARDED if share else PLAIN,
            refused=refused,
        )
        text = script(keep_for, is_sharded=share is not None)
        self.publisher = Publisher(text, clock=clock, meters=meters, refused=refused)
        asks = pace.answer / QUESTIONS
        self.lines = (
            Line(url, "hear", self.link, every=pace.canary, clock=clock, tasks=tasks),
            Line(url, "tell", self.publisher, every=asks, clock=clock, tasks=tasks),
        )

    @property
    def is_up(self) -> bool:
        """Whether events flow both ways now."""
        return all(line.is_up.is_set() for line in self.lines)

    def start(self) -> None:
        """Begin to connect."""
        for line in self.lines:
            line.start()

    async def up(self) -> None:
        """Return when events flow."""
        for line in self.lines:
            await line.is_up.wait()

    async def stop(self) -> None:
        """Hang up."""
        for line in self.lines:
            await line.stop()


class Servers(Protocol):
    """All that a bus speaks to."""

    def __iter__(self) -> Iterator[Server]:
        """Each of them."""

    @property
    def is_up(self) -> bool:
        """Whether events of every topic flow now."""

    def at(self, topic: Topic) -> Server:
        """Where a topic is now."""

    def start(self) -> None:
        """Begin to connect."""

    async def up(self) -> None:
        """Return when events flow."""

    async def stop(self) -> None:
        """Hang up."""


class Alone:
    """One server that has every topic."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.start = server.start
        self.up = server.up
        self.stop = server.stop

    def __iter__(self) -> Iterator[Server]:
        return iter((self._server,))

    @property
    def is_up(self) -> bool:
        """Whether events flow now."""
        return self._server.is_up

    def at(self, topic: Topic) -> Server:
        """Here."""
        del topic
        return self._server
