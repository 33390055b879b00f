"""What chat_service answers."""

from __future__ import annotations

from contracts.ids import ChannelId, MessageId, Snowflake, UserId
from contracts.objects.private import PrivateChannel
from contracts.objects.reading import ReadState
from contracts.rpc.base import Call
from contracts.rpc.export import Export
from contracts.wire import JSON, Timestamp, Wire


class PrivateChannels(Wire):
    """Those that are open to somebody, the liveliest first."""

    channels: tuple[PrivateChannel, ...]


class GetPrivateChannels(Call[PrivateChannels]):
    """One's conversations, for READY. Their events come on the topic of each person in them."""

    service = "chat"

    callers = frozenset({"gateway", "notification"})
    deadline = 5.0
    user_id: UserId


class ReadStates(Wire):
    """Every channel that somebody has read or is mentioned in."""

    entries: tuple[ReadState, ...]


class Alias(Wire):
    """Something that mentions a person besides their name: a role, or their guild (@everyone)."""

    id: Snowflake
    since: Timestamp
    """Since when they are in the guild: what was said before does not count."""


class GetReadStates(Call[ReadStates]):
    """How far somebody has read, for READY. Who asks leaves out channels that they can not see."""

    service = "chat"

    callers = frozenset({"gateway", "notification"})
    deadline = 5.0
    user_id: UserId
    mentioned_as: tuple[Alias, ...] = ()


class ExportPerson(Export):
    """Messages that this person wrote."""

    service = "chat"


class FoundPrivateChannel(Wire):
    """A conversation as the asker sees it."""

    channel: PrivateChannel


class GetPrivateChannel(Call[FoundPrivateChannel]):
    """A conversation of somebody's: `/channels/{id}` is asked of community_service, which knows
    only channels of guilds.
    """

    service = "chat"
    callers = frozenset({"community", "notification"})
    deadline = 5.0

    user_id: UserId
    channel_id: ChannelId


class EditPrivateChannel(Call[FoundPrivateChannel]):
    """Change a group in somebody's name: its `name`, its `icon` (a digest), its `owner_id`."""

    service = "chat"
    callers = frozenset({"community"})
    deadline = 5.0
    idempotent = False

    user_id: UserId
    channel_id: ChannelId
    changes: JSON


class ClosePrivateChannel(Call[FoundPrivateChannel]):
    """Leave a group, or take a pair out of one's list."""

    service = "chat"
    callers = frozenset({"community"})
    deadline = 5.0
    idempotent = False

    user_id: UserId
    channel_id: ChannelId


class LastMessages(Wire):
    """By channel; one where nothing was ever said is left out."""

    messages: dict[ChannelId, MessageId]


class GetLastMessages(Call[LastMessages]):
    """The newest message of each of these channels: a client compares it with what was read."""

    service = "chat"
    callers = frozenset({"community"})

    channel_ids: tuple[ChannelId, ...]
