"""What chat_service answers."""

from __future__ import annotations

from contracts.ids import Snowflake, UserId
from contracts.objects.private import PrivateChannel
from contracts.objects.reading import ReadState
from contracts.rpc.base import Call
from contracts.rpc.export import Export
from contracts.wire import Wire


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


class GetReadStates(Call[ReadStates]):
    """How far somebody has read, for READY."""

    service = "chat"

    callers = frozenset({"gateway", "notification"})
    deadline = 5.0
    user_id: UserId
    mentioned_as: tuple[Snowflake, ...] = ()
    """Under what else a message may mention them: their roles, and their guilds (@everyone)."""


class ExportPerson(Export):
    """Messages that this person wrote."""

    service = "chat"
