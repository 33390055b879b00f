"""Copies of what community_service and chat_service know: guilds with their channels, members, and
who is in a conversation.
"""

from __future__ import annotations

from dataclasses import dataclass

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.replica import Replica
from chassis.rpc import Calls
from contracts import topics
from contracts.errors import DomainError, ErrorCode, NotFound, Unavailable
from contracts.events.base import Header
from contracts.guild_facts import MEMBER_STALE_ON, STALE_ON, GuildFacts, permissions_in
from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.channel import Channel
from contracts.objects.member import Member
from contracts.permissions import NONE, Permission
from contracts.rpc.community import GetGuildFacts, GetMembers


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody in a channel of a guild, and what they may do there."""

    facts: GuildFacts
    channel: Channel | None
    """None: there is no such channel."""
    member: Member | None
    granted: Permission


class Facts:
    """Guild facts and members, kept true by events."""

    def __init__(self, calls: Calls, bus: Bus, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._guilds: Replica[int, GuildFacts] = Replica(
            "guild_facts",
            fetch=self._fetch_guild,
            bus=bus,
            topic_of=topics.facts,
            stale_on=STALE_ON,
            clock=clock,
        )
        self._members: Replica[tuple[int, int], Member | None] = Replica(
            "members",
            fetch=self._fetch_member,
            bus=bus,
            topic_of=lambda key: topics.facts(key[0]),
            stale_on=MEMBER_STALE_ON,
            stale_key=_stale_member,
            clock=clock,
        )

    async def standing(self, guild_id: int, channel_id: int, user_id: int) -> Standing:
        """How somebody stands in a channel, now. NotFound when there is no such guild."""
        facts = await self._guilds.get(guild_id)
        if ChannelId(channel_id) not in facts.channels:
            # The channel may be younger than our copy: its event is still on the way.
            self._guilds.drop(guild_id)
            facts = await self._guilds.get(guild_id)
        member = await self.member(guild_id, user_id)
        granted = permissions_in(facts, user_id, member, self._clock.now(), channel_id=channel_id)
        channel = facts.channels.get(ChannelId(channel_id))
        return Standing(facts, channel, member, granted if member is not None else NONE)

    async def has_channel(self, guild_id: int, channel_id: int) -> bool:
        """Whether there is such a channel. NotFound when there is no such guild."""
        return ChannelId(channel_id) in (await self._guilds.get(guild_id)).channels

    async def member(self, guild_id: int, user_id: int) -> Member | None:
        """A member, or nobody."""
        return await self._members.get((guild_id, user_id))

    async def _fetch_guild(self, guild_id: int) -> GuildFacts:
        found = await self._calls.ask(GetGuildFacts(guild_id=GuildId(guild_id)))
        if found.facts is None:
            raise NotFound(ErrorCode.UNKNOWN_GUILD)
        return found.facts

    async def _fetch_member(self, key: tuple[int, int]) -> Member | None:
        call = GetMembers(guild_id=GuildId(key[0]), user_ids=(UserId(key[1]),))
        members = (await self._calls.ask(call)).members
        return members[0] if members else None


def is_gone(error: DomainError) -> bool:
    """Whether an error says that something is not there, rather than that nobody can tell."""
    return isinstance(error, NotFound) and not isinstance(error, Unavailable)


def _stale_member(header: Header) -> tuple[int, int] | None:
    route = header.route
    if route.guild_id is None or route.user_id is None:
        return None
    return route.guild_id, route.user_id
