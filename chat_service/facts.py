"""Copies of what community_service knows: where a channel belongs, who may do what there, who
speaks.
"""

from __future__ import annotations

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.replica import Replica
from chassis.rpc.client import Calls
from chat_service.views import Speaker
from contracts import topics
from contracts.errors import ErrorCode, NotFound
from contracts.events.base import Header
from contracts.guild_facts import MEMBER_STALE_ON, STALE_ON, GuildFacts
from contracts.ids import ChannelId, GuildId, UserId
from contracts.rpc.community import GetGuildFacts, GetMembers, LocateChannel

_MOST_PLACES = 100_000


class Facts:
    """Guild facts and speakers, kept true by events."""

    def __init__(self, calls: Calls, bus: Bus, clock: Clock) -> None:
        self._calls = calls
        self._places: dict[int, int] = {}
        self._threads: set[int] = set()
        self.guilds: Replica[int, GuildFacts] = Replica(
            "guild_facts",
            fetch=self._fetch_guild,
            bus=bus,
            topic_of=topics.facts,
            stale_on=STALE_ON,
            clock=clock,
        )
        self.speakers: Replica[tuple[int, int], Speaker] = Replica(
            "speakers",
            fetch=self._fetch_speaker,
            bus=bus,
            topic_of=lambda key: topics.facts(key[0]),
            stale_on=MEMBER_STALE_ON,
            stale_key=_stale_speaker,
            clock=clock,
        )

    def place(self, channel_id: int) -> int | None:
        """The guild of a channel, if it is known already. It never changes."""
        return self._places.get(channel_id)

    def is_thread(self, channel_id: int) -> bool:
        """Whether it is known to be a thread, which never changes either."""
        return channel_id in self._threads

    def note_thread(self, thread_id: int) -> None:
        """It is one."""
        if len(self._threads) >= _MOST_PLACES:
            self._threads.clear()
        self._threads.add(thread_id)

    async def locate(self, channel_id: int) -> int:
        """The guild of a channel."""
        known = self._places.get(channel_id)
        if known is not None:
            return known
        place = await self._calls.ask(LocateChannel(channel_id=ChannelId(channel_id)))
        if place.guild_id is None:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        if len(self._places) >= _MOST_PLACES:
            self._places.clear()
        self._places[channel_id] = place.guild_id
        return place.guild_id

    async def _fetch_guild(self, guild_id: int) -> GuildFacts:
        found = await self._calls.ask(GetGuildFacts(guild_id=GuildId(guild_id)))
        if found.facts is None:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        return found.facts

    async def _fetch_speaker(self, key: tuple[int, int]) -> Speaker:
        guild_id, user_id = key
        call = GetMembers(guild_id=GuildId(guild_id), user_ids=(UserId(user_id),))
        members = (await self._calls.ask(call)).members
        if not members:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        return Speaker.of(members[0])


def _stale_speaker(header: Header) -> tuple[int, int] | None:
    route = header.route
    if route.guild_id is None or route.user_id is None:
        return None
    return route.guild_id, route.user_id
