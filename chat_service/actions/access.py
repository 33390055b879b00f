"""The only way to obtain a channel: who asks, what they need there, or the right refusal."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from chassis.clock import Clock
from chat_service.domain.threads import Thread
from chat_service.facts import Facts
from chat_service.views import Speaker, Voice
from contracts.errors import ErrorCode, Forbidden, NotFound, Unauthorized
from contracts.guild_facts import GuildFacts, permissions_in
from contracts.identity import Identity, Kind
from contracts.ids import ChannelId
from contracts.objects.channel import TALKABLE, Channel, ChannelType
from contracts.permissions import Permission, holds, in_private_thread

_MOST_REMEMBERED = 50_000


class Room(NamedTuple):
    """A channel that somebody was let into."""

    guild_id: int
    channel: Channel
    speaker: Speaker
    granted: Permission
    voice: Voice
    is_watched: bool = False
    """Whether there are rules by which messages are stopped."""


class Access:
    """Lets people into channels. A decision is remembered as long as the facts it was made from
    stand.
    """

    def __init__(self, facts: Facts, clock: Clock) -> None:
        self._facts = facts
        self._clock = clock
        self._decided: dict[tuple[int, int, bool], tuple[GuildFacts, Speaker, Room]] = {}

    def known(self, actor: Identity, channel_id: int, *, needs: Permission) -> Room | None:
        """The channel, if all that decides is known here; None if it has to be asked for."""
        room = self._known(actor, channel_id)
        return None if room is None else _let_in(room, needs, TALKABLE)

    async def channel(
        self,
        actor: Identity,
        channel_id: int,
        *,
        needs: Permission,
        kinds: Container[ChannelType] = TALKABLE,
    ) -> Room:
        """The channel, if the actor sees it and holds what is needed, and it is of such a kind."""
        if actor.kind is Kind.NOBODY:
            raise Unauthorized
        room = self._known(actor, channel_id) or await self._found(actor, channel_id)
        return _let_in(room, needs, kinds)

    async def thread(
        self, actor: Identity, thread: Thread, *, is_member: bool, needs: Permission
    ) -> Room:
        """The channel that a thread hangs from, with what the actor may do in the thread."""
        if actor.kind is Kind.NOBODY:
            raise Unauthorized
        speaker = await self._facts.speakers.get((thread.guild_id, int(actor.user_id)))
        facts = await self._facts.guilds.get(thread.guild_id)
        if ChannelId(thread.parent_id) not in facts.channels:
            # As in a channel that is younger than our copy.
            self._facts.guilds.drop(thread.guild_id)
            facts = await self._facts.guilds.get(thread.guild_id)
        channel = facts.channels.get(ChannelId(thread.parent_id))
        if channel is None:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        granted = permissions_in(
            facts,
            int(actor.user_id),
            speaker.member,
            self._clock.now(),
            channel_id=channel.id,
            is_thread=True,
            is_weak=actor.is_weak,
        )
        if thread.is_private:
            granted = in_private_thread(granted, is_member=is_member)
        _require(granted, needs)
        voice = Voice.of(facts.id, channel.id, speaker)
        return Room(facts.id, channel, speaker, granted, voice)

    async def rooms(self, actor: Identity, guild_id: int, *, needs: Permission) -> list[Room]:
        """Every channel of a guild in which the actor holds what is needed."""
        try:
            facts = await self._facts.guilds.get(guild_id)
            speaker = await self._facts.speakers.get((guild_id, actor.user_id))
        except NotFound:
            raise NotFound(ErrorCode.UNKNOWN_GUILD) from None
        rooms = (self._room(facts, speaker, actor, one) for one in facts.channels)
        return [room for room in rooms if room is not None and holds(room.granted, needs)]

    def _known(self, actor: Identity, channel_id: int) -> Room | None:
        guild_id = self._facts.place(channel_id)
        if guild_id is None:
            return None
        facts = self._facts.guilds.peek(guild_id)
        speaker = self._facts.speakers.peek((guild_id, actor.user_id))
        if facts is None or speaker is None:
            return None
        return self._room(facts, speaker, actor, channel_id)

    async def _found(self, actor: Identity, channel_id: int) -> Room:
        guild_id = await self._facts.locate(channel_id)
        speaker = await self._facts.speakers.get((guild_id, actor.user_id))
        room = self._room(await self._facts.guilds.get(guild_id), speaker, actor, channel_id)
        if room is None:
            # The channel may be younger than our copy: its event is still on the way.
            self._facts.guilds.drop(guild_id)
            room = self._room(await self._facts.guilds.get(guild_id), speaker, actor, channel_id)
        if room is None:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        return room

    def _room(
        self, facts: GuildFacts, speaker: Speaker, actor: Identity, channel_id: int
    ) -> Room | None:
        key = (channel_id, actor.user_id, actor.is_weak)
        decided = self._decided.get(key)
        if decided is not None and decided[0] is facts and decided[1] is speaker:
            return decided[2]
        channel = facts.channels.get(ChannelId(channel_id))
        if channel is None:
            return None
        member, now = speaker.member, self._clock.now()
        granted = permissions_in(
            facts, member.user.id, member, now, channel_id=channel_id, is_weak=actor.is_weak
        )
        voice = Voice.of(facts.id, channel.id, speaker)
        room = Room(facts.id, channel, speaker, granted, voice, bool(facts.rules))
        if member.communication_disabled_until is None:  # a timeout runs out by itself
            if len(self._decided) >= _MOST_REMEMBERED:
                self._decided.clear()
            self._decided[key] = (facts, speaker, room)
        return room


def _require(granted: Permission, needs: Permission) -> None:
    if not holds(granted, Permission.VIEW_CHANNEL):
        raise Forbidden(ErrorCode.MISSING_ACCESS)
    if not holds(granted, needs):
        raise Forbidden(ErrorCode.MISSING_PERMISSIONS)


def _let_in(room: Room, needs: Permission, kinds: Container[ChannelType]) -> Room:
    _require(room.granted, needs)
    if room.channel.type not in kinds:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    return room
