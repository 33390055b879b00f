"""What gateways say to each other."""

from __future__ import annotations

from contracts.ids import ChannelId, GuildId, UserId
from contracts.rpc.base import Call, Done
from contracts.wire import Wire


class ReleaseSession(Call[Done]):
    """Another gateway takes this session over: close its socket here, if there is one."""

    service = "gateway"
    callers = frozenset({"gateway"})
    deadline = 1.0

    session_id: str


class GuildSight(Wire):
    """What a client knows of one guild's channels: for sure, and perhaps."""

    guild_id: GuildId
    sure: tuple[ChannelId, ...]
    maybe: tuple[ChannelId, ...]


class Recalled(Wire):
    """The guilds of which this process can tell."""

    sights: tuple[GuildSight, ...]


class RecallSight(Call[Recalled]):
    """Which channels did the client of this member know, having got everything up to the first of
    these moments, or perhaps as things stood at the others?
    """

    service = "gateway"
    callers = frozenset({"gateway"})
    deadline = 1.0

    user_id: UserId
    guild_ids: tuple[GuildId, ...]
    moments: tuple[int, ...]
