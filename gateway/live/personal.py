"""What READY says to a person beside their guilds: settings, friends, conversations, how far they
have read. Bots get none of it.

All of it is asked for, or there is no READY: an empty list where a neighbour is away would tell a
client that friends and conversations are gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Self

import orjson

from contracts.events.message import MessageCreate
from contracts.events.presence import PresenceUpdate
from contracts.events.voice import VoiceStateUpdate
from contracts.objects.relationship import RelationshipType
from contracts.rpc import chat, users
from contracts.rpc.users import OwnSettings
from contracts.wire import JSON
from gateway.live.guild_view import message_id_in
from gateway.live.inquiry import Inquiry
from gateway.live.replay import Entry

_FRIEND = int(RelationshipType.FRIEND)
_SAID, _SEEN = MessageCreate.__name__, PresenceUpdate.__name__
_SPOKEN = VoiceStateUpdate.__name__
_TO_ALL, _TO_ROLES = b'"mention_everyone":true', b'"mention_roles":['
_TO_NO_ROLES = _TO_ROLES + b"]"


class Personal:
    """One person's, as asked for. What was answered may be others' too: it is replaced, not
    changed.
    """

    __slots__ = ("_calls", "_channels", "_presences", "_read", "_relationships", "settings")

    def __init__(
        self, settings: OwnSettings, relationships: list[JSON], talk: chat.Arriving
    ) -> None:
        self.settings = settings
        self._relationships = relationships
        self._channels: dict[int, JSON] = {int(one["id"]): one for one in talk.channels}
        self._read: dict[int, JSON] = {int(one["id"]): one for one in talk.read}
        self._presences: dict[int, JSON] = {}  # of friends
        self._calls: Iterable[JSON] = ()

    @classmethod
    async def of(cls, inquiry: Inquiry, me: users.Arriving, talk: chat.Arriving) -> Self:
        """Everything, as it is now."""
        relationships = list(me.relationships)
        if me.is_more:
            relationships += await inquiry.further(me)
        assert me.settings is not None
        person = cls(me.settings, relationships, talk)
        friends = tuple(int(one["id"]) for one in relationships if one["type"] == _FRIEND)
        if friends:
            person._presences = dict(await inquiry.presences.of(friends) or {})
        if person._channels:
            person._calls = await inquiry.ongoing.of(tuple(person._channels)) or ()
        return person

    def fold(self, entry: Entry, user_id: int) -> bool:
        """Something was said since it was asked for; whether that can be made good here."""
        route = entry.header.route
        if entry.header.name == _SPOKEN and route.guild_id is None:
            return False
        if entry.header.name == _SEEN and route.guild_id is None and route.user_id != user_id:
            self._presences[route.user_id or 0] = orjson.loads(entry.body)
        return entry.header.name != _SAID or self._fold_message(entry, user_id)

    def _fold_message(self, entry: Entry, user_id: int) -> bool:
        route = entry.header.route
        channel_id = route.channel_id or 0
        if route.guild_id is None:
            if channel_id not in self._channels:
                return False
            newest = {"last_message_id": str(message_id_in(entry.body))}
            self._channels[channel_id] = {**self._channels[channel_id], **newest}
        if route.author_id == user_id:
            return True
        if route.guild_id is None or user_id in route.mentions:
            state = self._read.get(channel_id)
            if state is None:
                return False
            more = {"mention_count": state["mention_count"] + 1}
            self._read[channel_id] = {**state, **more}
            return True
        # Whether it concerns this person as one of many is chat_service's to say.
        return not _is_to_many(entry.body)

    def tell(self, visible: Collection[int]) -> JSON:
        """The fields of READY. What was read where nothing is to be seen any more is left out."""
        states = (s for c, s in self._read.items() if c in visible or c in self._channels)
        return {
            "user_settings": {**self.settings.settings, "status": str(self.settings.status)},
            "user_guild_settings": _versioned(s.dump() for s in self.settings.guild_settings),
            "read_state": _versioned(states),
            "relationships": self._relationships,
            "private_channels": [_channel(channel) for channel in self._channels.values()],
            "presences": list(self._presences.values()),
            "users": list(self._users().values()),
            "calls": list(self._calls),
        }

    def _users(self) -> Mapping[str, JSON]:
        """Everybody who is named, once, for clients that look them up by id."""
        found: dict[str, JSON] = {one["user"]["id"]: one["user"] for one in self._relationships}
        for channel in self._channels.values():
            found |= {user["id"]: user for user in channel["recipients"]}
        return found


def _is_to_many(body: bytes) -> bool:
    return _TO_ALL in body or (_TO_ROLES in body and _TO_NO_ROLES not in body)


def _channel(channel: JSON) -> JSON:
    return {**channel, "recipient_ids": [user["id"] for user in channel["recipients"]]}


def _versioned(entries: Iterable[JSON]) -> JSON:
    return {"version": 0, "partial": False, "entries": list(entries)}
