"""What happens by the clock: this node says that it lives, lapsed stays end, silent workers are
given up, what is connected is compared with who is in voice, and who is alone is let go.
"""

from __future__ import annotations

import contextlib

from redis.exceptions import RedisError

from chassis.logs import logger
from chassis.service import Service
from contracts.errors import DomainError
from contracts.limits import VISITS_NOTED
from contracts.rpc.chat import NoteVisits
from signaling_service.actions import idling, keeping, stages
from signaling_service.attending import Attending
from signaling_service.domain.nodes import Node
from signaling_service.hall.hall import Hall
from signaling_service.hall.rooms import Why
from signaling_service.settings import Settings
from signaling_service.tools import Tools

log = logger("jobs")

_SELDOM = 5
"""So many sweeps pass between looks at everybody."""


class Jobs:
    """What the clock does. As a part of the service it is ready when the node is known."""

    name = "node"

    def __init__(self, tools: Tools, hall: Hall, attending: Attending, settings: Settings) -> None:
        self._tools = tools
        self.hall = hall
        self._attending = attending
        host, port = settings.http_address()
        self._node = Node(tools.node, host, port, settings.endpoint_of(tools.node), is_open=True)
        self._idling = idling.Idling(
            tools,
            alone_s=settings.alone_minutes * 60,
            alone_in_guild_s=settings.alone_in_guild_minutes * 60,
            ring_s=settings.ring_seconds,
        )
        self._stages = stages.Watch(tools, patience_s=settings.stage_minutes * 60)
        self._has_begun = False

    async def start(self) -> None:
        """Be known before anybody asks, if that can be."""
        with contextlib.suppress(RedisError, OSError, DomainError):
            await self.renew()

    async def stop(self) -> None:
        """Let everybody go; they are awaited, here or elsewhere."""
        for room in tuple(self.hall.rooms.values()):
            await self.hall.close(room, Why.STOPPING)
        await self.note_visits()

    def trouble(self) -> str | None:
        """Whether nobody can be sent here yet."""
        return None if self._has_begun else "not registered yet"

    async def renew(self) -> None:
        """This node lives. First of all whoever was on a former process of its name is awaited."""
        if not self._has_begun:
            await keeping.take_over(self._tools)
        await keeping.renew(self._tools, self._node, self.hall.channels())
        self._has_begun = True

    async def sweep(self) -> None:
        """Lapsed stays, dead nodes, silent workers, rooms that nobody came to."""
        if gone := self.hall.workers.silent():
            self.hall.lost(gone)
        self.hall.sweep()
        await self.hall.span()
        await keeping.sweep(self._tools)

    async def note_visits(self) -> None:
        """Who is in voice, and who was; told again until it is known."""
        here = [one for room in self.hall.rooms.values() for one in room.guests.values()]
        due = self.hall.visits.due(here, self._tools.clock.now_ms())
        for begin in range(0, len(due), VISITS_NOTED):
            some = due[begin : begin + VISITS_NOTED]
            try:
                await self._tools.calls.ask(NoteVisits(visits=tuple(some)))
            except DomainError as error:
                log.warning("visits.untold", count=len(due) - begin, reason=str(error))
                return
            self.hall.visits.told(some)

    async def idle(self) -> None:
        """Who is alone, who says nothing, what has rung for long enough, empty stages."""
        spoke = {
            guest.stay.ticket: guest.spoke_ms
            for room in self.hall.rooms.values()
            for guest in room.guests.values()
            if guest.stay is not None
        }
        await self._idling.look(spoke)
        await self._stages.look()


def register(service: Service, jobs: Jobs, attending: Attending, settings: Settings) -> None:
    """Let them run."""
    rooms = service.metrics.gauge("voice_rooms", "Rooms of this node")
    guests = service.metrics.gauge("voice_guests", "Connections in them")
    rooms.set_function(lambda: len(jobs.hall.rooms))
    guests.set_function(lambda: sum(len(one.guests) for one in jobs.hall.rooms.values()))
    service.job("renew", settings.renew_seconds, jobs.renew)
    service.job("sweep", settings.sweep_seconds, jobs.sweep)
    service.job("spans", _SELDOM * settings.sweep_seconds, lambda: jobs.hall.span(again=True))
    service.job("compare", _SELDOM * settings.sweep_seconds, attending.compare)
    service.job("visits", settings.attendance_seconds, jobs.note_visits)
    service.job("idle", _SELDOM * settings.sweep_seconds, jobs.idle)
