"""What the first arrivals would else wait for: shapes are compiled when they are first used, which
takes as long as some hundred sessions. It is done while nobody is here yet.
"""

from __future__ import annotations

from chassis.clock import Clock
from contracts.objects.channel import Channel
from contracts.objects.guild import Guild
from contracts.objects.member import Member
from contracts.objects.role import Role
from contracts.rpc import chat, community, users
from contracts.rpc.presence import GetPresences, PresenceDelta, Presences
from contracts.rpc.signaling import GetVoiceStates, VoiceStates
from contracts.wire import Wire

_ARRIVING: tuple[type[Wire], ...] = (
    users.AuthenticateAll,
    users.AuthenticatedAll,
    users.GetArrivals,
    users.Arrivals,
    community.GetArrivals,
    community.Arrivals,
    chat.GetArrivals,
    chat.Arrivals,
    community.GetGuild,
    community.FoundGuild,
    chat.GetActiveThreads,
    chat.ActiveThreads,
    GetPresences,
    Presences,
    GetVoiceStates,
    VoiceStates,
    PresenceDelta,
    Guild,
    Channel,
    Role,
    Member,
)
"""From the token to GUILD_CREATE, and what is told of it."""


async def warm(clock: Clock) -> None:
    """Compile them one by one: whoever comes meanwhile waits for one of them at most."""
    for shape in _ARRIVING:
        shape.model_rebuild()
        await clock.sleep(0)
