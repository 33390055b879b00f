"""What READY says to a person beside their guilds: settings, friends, conversations, how far they
have read. Bots get none of it.

All of it is asked for, or there is no READY: an empty list where a neighbour is away would tell a
client that friends and conversations are gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from contracts.errors import Unanswered, Unavailable
from contracts.events.message import MessageCreate
from contracts.events.presence import PresenceUpdate
from contracts.events.voice import VoiceStateUpdate
from contracts.ids import ChannelId, MessageId, Snowflake, UserId
from contracts.objects.member import Member
from contracts.objects.presence import Presence
from contracts.objects.private import PrivateChannel
from contracts.objects.reading import ReadState
from contracts.objects.relationship import Relationship, RelationshipType
from contracts.objects.voice import OngoingCall
from contracts.rpc.base import Call
from contracts.rpc.chat import (
    Alias,
    GetPrivateChannels,
    GetReadStates,
    PrivateChannels,
    ReadStates,
)
from contracts.rpc.presence import GetPresences
from contracts.rpc.signaling import GetCalls
from contracts.rpc.users import GetRelationships, GetSettings, OwnSettings, Relationships
from contracts.wire import JSON, Wire
from gateway.live.guild_view import message_id_in
from gateway.live.replay import Entry
from gateway.live.seams import Asks

R = TypeVar("R", bound=Wire)

_PAGES_MOST = 10
_SAID, _SEEN = MessageCreate.__name__, PresenceUpdate.__name__
_SPOKEN = VoiceStateUpdate.__name__


@dataclass(slots=True)
class Personal:
    """One person's, as asked for."""

    settings: OwnSettings
    relationships: list[Relationship]
    channels: dict[int, PrivateChannel]
    read: dict[int, ReadState]
    presences: dict[int, Presence]
    """Of friends."""
    calls: tuple[OngoingCall, ...] = ()

    def fold(self, entry: Entry, user_id: int) -> bool:
        """Something was said since it was asked for; whether that can be made good here."""
        route = entry.header.route
        if entry.header.name == _SPOKEN and route.guild_id is None:
            return False
        if entry.header.name == _SEEN and route.guild_id is None and route.user_id != user_id:
            self.presences[route.user_id or 0] = Presence.model_validate_json(entry.body)
        return entry.header.name != _SAID or self._fold_message(entry, user_id)

    def _fold_message(self, entry: Entry, user_id: int) -> bool:
        route = entry.header.route
        channel_id = route.channel_id or 0
        if route.guild_id is None:
            if channel_id not in self.channels:
                return False
            newest = {"last_message_id": MessageId(message_id_in(entry.body))}
            self.channels[channel_id] = self.channels[channel_id].model_copy(update=newest)
        if route.author_id != user_id and (route.guild_id is None or user_id in route.mentions):
            state = self.read.get(channel_id)
            if state is not None:
                more = {"mention_count": state.mention_count + 1}
                self.read[channel_id] = state.model_copy(update=more)
        return True

    def tell(self, visible: Collection[int]) -> JSON:
        """The fields of READY. What was read where nothing is to be seen any more is left out."""
        channels = [_channel(channel) for channel in self.channels.values()]
        states = (s for c, s in self.read.items() if c in visible or c in self.channels)
        return {
            "user_settings": {**self.settings.settings, "status": str(self.settings.status)},
            "user_guild_settings": _versioned(s.dump() for s in self.settings.guild_settings),
            "read_state": _versioned(state.dump() for state in states),
            "relationships": [each.dump() for each in self.relationships],
            "private_channels": channels,
            "presences": [presence.dump() for presence in self.presences.values()],
            "users": list(self._users().values()),
            "calls": [call.dump() for call in self.calls],
        }

    def _users(self) -> dict[int, JSON]:
        """Everybody who is named, once, for clients that look them up by id."""
        found = {int(each.user.id): each.user.dump() for each in self.relationships}
        for channel in self.channels.values():
            found |= {int(user.id): user.dump() for user in channel.recipients}
        return found


async def ask(calls: Asks, user_id: UserId, members: Mapping[int, Member]) -> Personal:
    """Everything, as it is now. `members` is the person in each of their guilds."""
    read_states = GetReadStates(user_id=user_id, mentioned_as=_aliases(members))
    settings, relationships, channels, read = await asyncio.gather(
        _ask(calls, GetSettings(user_id=user_id), OwnSettings(settings={})),
        _relationships(calls, user_id),
        _ask(calls, GetPrivateChannels(user_id=user_id), PrivateChannels(channels=())),
        _ask(calls, read_states, ReadStates(entries=())),
    )
    friends = tuple(each.id for each in relationships if each.type is RelationshipType.FRIEND)
    presences: tuple[Presence, ...] = ()
    if friends:
        presences = (await calls.ask(GetPresences(user_ids=friends))).presences
    return Personal(
        settings,
        relationships,
        {int(channel.id): channel for channel in channels.channels},
        {int(state.id): state for state in read.entries},
        {int(presence.user.id): presence for presence in presences},
        await _calls(calls, tuple(channel.id for channel in channels.channels)),
    )


async def _calls(calls: Asks, channel_ids: tuple[ChannelId, ...]) -> tuple[OngoingCall, ...]:
    """Nobody waits for voice: while it is away, no call can be taken anyway."""
    if not channel_ids:
        return ()
    try:
        return (await calls.ask(GetCalls(channel_ids=channel_ids))).calls
    except (Unanswered, Unavailable):
        return ()


async def _ask(calls: Asks, call: Call[R], nothing: R) -> R:
    """While releases roll, a neighbour may not know the question: then it keeps nothing, either."""
    try:
        return await calls.ask(call)
    except Unanswered:
        return nothing


async def _relationships(calls: Asks, user_id: UserId) -> list[Relationship]:
    found: list[Relationship] = []
    for _ in range(_PAGES_MOST):
        after = found[-1].id if found else UserId(0)
        asked = GetRelationships(user_id=user_id, after=after)
        page = await _ask(calls, asked, Relationships(relationships=()))
        found += page.relationships
        if not page.is_more or not page.relationships:
            break
    return found


def _aliases(members: Mapping[int, Member]) -> tuple[Alias, ...]:
    return tuple(
        Alias(id=Snowflake(alias), since=member.joined_at)
        for guild_id, member in members.items()
        for alias in (guild_id, *member.roles)
    )


def _channel(channel: PrivateChannel) -> JSON:
    ids = [str(int(user.id)) for user in channel.recipients]
    return {**channel.dump(), "recipient_ids": ids}


def _versioned(entries: Iterable[JSON]) -> JSON:
    return {"version": 0, "partial": False, "entries": list(entries)}
