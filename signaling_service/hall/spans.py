"""Rooms on several media workers: who is seated where, and that each worker knows of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chassis.logs import logger
from contracts.errors import DomainError
from contracts.rpc.media_legs import Peer, SpanRoom
from contracts.rpc.media_news import WorkerHere
from signaling_service.domain.seats import Bench, Enough, seat
from signaling_service.hall.rooms import Room
from signaling_service.hall.workers import Workers

log = logger("spans")


class Spans:
    """Over which workers each room extends."""

    def __init__(self, workers: Workers, enough: Enough) -> None:
        self._workers = workers
        self._enough = enough

    def seat(self, room: Room, rooms: Iterable[Room]) -> str:
        """The worker of somebody who comes now."""
        here = Counter(one.worker for one in room.guests.values())
        everywhere = Counter(one.worker for each in rooms for one in each.guests.values())
        benches = [
            Bench(
                said.worker,
                here[said.worker],
                everywhere[said.worker],
                said.packets_per_second,
                said.busy,
                said.is_draining,
                is_linked=bool(said.relay),
            )
            for said in self._workers.living()
        ]
        return seat(room.worker, benches, self._enough)

    async def look(self, room: Room, *, again: bool = False) -> None:
        """Tell the workers of a room of each other, if that is news or they shall hear it again.
        Whoever comes while they are told does not wait for one that is slow: what changed meanwhile
        is told by the clock.
        """
        if room.telling.locked():
            return
        async with room.telling:
            peers = self._peers(room)
            is_alone = room.told == () and len(peers) < 2
            if is_alone or (peers == room.told and not again):
                return
            room.told = peers if len(peers) > 1 else ()
            for peer in peers:
                others = tuple(one for one in peers if one is not peer)
                try:
                    asked = SpanRoom(room=room.name, workers=others)
                    await self._workers.ask(peer.worker, asked)
                except DomainError as error:
                    # Its last one has left, or the first is still on the way: once more soon.
                    log.debug("span.untold", worker=peer.worker, reason=error.message)
                    room.told = None

    def _peers(self, room: Room) -> tuple[Peer, ...]:
        on = room.workers()
        return tuple(_peer(said) for said in self._workers.living() if said.worker in on)


def _peer(said: WorkerHere) -> Peer:
    return Peer(worker=said.worker, address=said.address, relay=said.relay, epoch=said.epoch)
