"""The servers of a cluster as a bus uses them, and what moves when the map of slots changes.

A topic whose server is another now takes its subscription and what waits to be published along; the
new server is asked what was missed, as after any broken connection. Until a map is known,
everything waits in a server without lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from chassis.bus.map import Map
from chassis.bus.server import Around, Server, Share
from chassis.bus.slots import Address, Slots, slot_of
from chassis.bus.urls import Place
from contracts.topics import Topic, pubsub

_MOST_OWNERS = 100_000


class Cluster:
    """Every server of one cluster."""

    def __init__(self, place: Place, around: Around) -> None:
        self._place = place
        self._around = around
        self._nowhere = Server("", around, Share("", (), self.doubt))
        self._slots: Slots | None = None
        self._servers: dict[Address, Server] = {}
        self._owners: dict[Topic, Server] = {}
        self._known = asyncio.Event()
        self._map = Map(
            place,
            follow=self._follow,
            trusted=lambda: [a for a, one in self._servers.items() if one.is_up],
            clock=around.clock,
            tasks=around.tasks,
        )

    def __iter__(self) -> Iterator[Server]:
        return iter((*self._servers.values(), self._nowhere))

    @property
    def is_up(self) -> bool:
        """Whether every server of the map can be heard and told."""
        return bool(self._servers) and all(one.is_up for one in self._servers.values())

    def at(self, topic: Topic) -> Server:
        """Where a topic is."""
        owner = self._owners.get(topic)
        if owner is None:
            if len(self._owners) >= _MOST_OWNERS:
                self._owners.clear()
            owner = self._owners[topic] = self._owner(topic)
        return owner

    def start(self) -> None:
        """Begin to look."""
        self._map.start()

    async def up(self) -> None:
        """Return when every server is connected."""
        await self._known.wait()
        for server in tuple(self._servers.values()):
            await server.up()

    async def stop(self) -> None:
        """Hang up."""
        await self._map.stop()
        for server in self._servers.values():
            await server.stop()

    def doubt(self, topic: Topic | None) -> None:
        """The map may be wrong: look again soon. Until then this topic waits, and no other."""
        self._map.doubt()
        if topic is not None:
            server, self._owners[topic] = self.at(topic), self._nowhere
            self._move_from(server)

    async def _follow(self, slots: Slots) -> None:
        """Let everything be where the map says; all of it within one turn of the loop."""
        former, self._slots = set(self._servers.values()), slots
        self._servers = {address: self._server(address, slots) for address in slots.servers}
        for server in set(self._servers.values()) - former:
            server.start()
        gone = former - set(self._servers.values())
        self._owners.clear()
        for server in (*gone, *self):
            self._move_from(server)
        self._known.set()
        for server in gone:
            await server.stop()

    def _server(self, address: Address, slots: Slots) -> Server:
        """The one that is there, unless what it uses to look after itself is elsewhere now."""
        known, anchors = self._servers.get(address), slots.anchors(address)
        if known is not None and known.share is not None:
            tag_is_here = slots.owner(slot_of(known.share.tag)) == address
            if tag_is_here and known.share.anchors == anchors:
                return known
        share = Share(slots.tag_on(address), anchors, self.doubt)
        made = Server(self._place.at(address), self._around, share)
        if known is not None:
            made.publisher.succeed(known.publisher)
        return made

    def _move_from(self, server: Server) -> None:
        def is_elsewhere(topic: Topic) -> bool:
            return self.at(topic) is not server

        for subscription in server.link.give_up(is_elsewhere):
            self.at(subscription.topic).link.take_in([subscription])
        for item in server.publisher.cede(is_elsewhere):
            self.at(item.topic).publisher.take_in(item)

    def _owner(self, topic: Topic) -> Server:
        address = self._slots.owner(slot_of(pubsub(topic))) if self._slots is not None else None
        return self._servers[address] if address is not None else self._nowhere
