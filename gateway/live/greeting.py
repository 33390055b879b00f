"""Somebody joins a guild: how present they are did not change by that, so presence_service tells
nobody. Here it is asked, and told to those who see them from now on.
"""

from __future__ import annotations

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.errors import DomainError
from contracts.events.member import MemberAdd
from contracts.events.presence import PresenceUpdate
from contracts.ids import GuildId, UserId
from contracts.rpc.presence import GetPresences
from gateway.live.hub import Hub
from gateway.live.places import GuildPlace
from gateway.live.replay import Entry
from gateway.live.seams import Asks

log = logger("greeting")

PACE_S = 0.05
"""Who comes within this time is asked for together."""
_AT_ONCE = 1_000
_ADDED, _SEEN = MemberAdd.__name__, PresenceUpdate.__name__


class Greeting:
    """Whom to tell of whom."""

    def __init__(self, hub: Hub, calls: Asks, *, clock: Clock, tasks: Tasks) -> None:
        self._hub = hub
        self._calls = calls
        self._clock = clock
        self._tasks = tasks
        self._waiting: dict[tuple[GuildPlace, int], None] = {}
        self._is_awake = False
        hub.on_taken.append(self.taken)

    def taken(self, place: GuildPlace, entry: Entry) -> None:
        """Something happened in a guild."""
        user_id = entry.header.route.user_id or 0
        if entry.header.name == _ADDED:
            self.greet(place, user_id)
        elif entry.header.name == _SEEN and self._waiting:
            # What presence_service says itself is newer than what was asked.
            self._waiting.pop((place, user_id), None)

    def greet(self, place: GuildPlace, user_id: int) -> None:
        """Tell a place how present this person is."""
        self._waiting[place, user_id] = None
        if not self._is_awake:
            self._is_awake = True
            self._tasks.spawn("greeting", self._greet())

    async def _greet(self) -> None:
        try:
            while self._waiting:
                await self._clock.sleep(PACE_S)
                some = list(self._waiting)[:_AT_ONCE]
                try:
                    await self._tell(some)
                except DomainError as error:
                    log.warning("presences.unavailable", people=len(some), reason=str(error))
                for each in some:
                    self._waiting.pop(each, None)
        finally:
            self._is_awake = False

    async def _tell(self, some: list[tuple[GuildPlace, int]]) -> None:
        asked = dict.fromkeys(UserId(user_id) for _, user_id in some)
        found = (await self._calls.ask(GetPresences(user_ids=tuple(asked)))).presences
        here = {int(presence.user.id): presence for presence in found}
        for place, user_id in some:
            presence = here.get(user_id)
            is_wanted = (place, user_id) in self._waiting and self._hub.atlas.holds(place)
            if presence is not None and is_wanted:
                guild_id = GuildId(place.guild_id)
                told = PresenceUpdate.model_validate({**dict(presence), "guild_id": guild_id})
                self._hub.say(place, told)
