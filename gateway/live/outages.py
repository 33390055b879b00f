"""Guilds that READY could only name, as nobody could show them: looked for until they are back,
then told to whoever waits, as GUILD_CREATEs of guilds that are available again. Each session keeps
its own, with the s at which it was shown later, or 0.
"""

from __future__ import annotations

from chassis.backoff import delays
from chassis.clock import Clock
from chassis.tasks import Tasks
from contracts.errors import Unavailable
from contracts.events.guild import GuildJoined
from contracts.ids import GuildId, UserId
from gateway.live.hub import Hub
from gateway.live.viewer import Viewer

_MOST_S = 15.0


class Outages:
    """Whoever waits for which guild."""

    def __init__(self, hub: Hub, *, clock: Clock, tasks: Tasks) -> None:
        self._hub = hub
        self._clock = clock
        self._tasks = tasks
        self._waiting: dict[int, set[Viewer]] = {}
        self._is_awake = False

    def watch(self, viewer: Viewer) -> None:
        """A live session was not shown some guilds."""
        for guild_id in _awaited(viewer):
            self._waiting.setdefault(guild_id, set()).add(viewer)
        if self._waiting and not self._is_awake:
            self._is_awake = True
            self._tasks.spawn("outages", self._look())

    async def _look(self) -> None:
        # The first look is soon: what failed may have been a single answer that was late.
        waits = delays(lambda: 1.0, most=_MOST_S)
        try:
            while self._waiting:
                await self._clock.sleep(next(waits))
                for guild_id in tuple(self._waiting):
                    await self._look_for(guild_id)
        finally:
            self._is_awake = False

    async def _look_for(self, guild_id: int) -> None:
        hub = self._hub
        if not self._those(guild_id):
            del self._waiting[guild_id]
            return
        try:
            place = await hub.atlas.guild(guild_id, hub)
        except Unavailable:
            return
        waiting = self._those(guild_id)
        del self._waiting[guild_id]
        if place is None:
            for viewer in waiting:
                del viewer.unavailable[guild_id]
            return
        try:
            for user_id in {viewer.user_id for viewer in waiting}:
                if (person := hub.atlas.person_at(user_id)) is not None:
                    joined = GuildJoined(user_id=UserId(user_id), guild_id=GuildId(guild_id))
                    hub.say(person, joined)
        finally:
            hub.atlas.unpin(place)

    def _those(self, guild_id: int) -> list[Viewer]:
        return [
            viewer
            for viewer in self._waiting[guild_id]
            if self._hub.is_live(viewer) and guild_id in _awaited(viewer)
        ]


def _awaited(viewer: Viewer) -> list[int]:
    return [guild_id for guild_id, told_at in viewer.unavailable.items() if not told_at]
