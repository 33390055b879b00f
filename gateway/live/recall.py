"""A session goes on here that another gateway had: what its client knows of channels can only be
told by who heard what changed. So the former gateway is asked, if it still is there.
"""

from __future__ import annotations

from collections.abc import Iterable

from contracts.errors import Unavailable
from contracts.ids import ChannelId, GuildId, UserId
from contracts.rpc.edge import GuildSight, Recalled, RecallSight
from gateway.live.hub import Hub
from gateway.live.layout import Standing
from gateway.live.past import Memory
from gateway.live.seams import Asks


def answer(hub: Hub, call: RecallSight) -> Recalled:
    """What this process can tell; guilds of which it can not are left out."""
    sights: list[GuildSight] = []
    for guild_id in call.guild_ids:
        place = hub.atlas.guild_at(guild_id)
        roles = place.crowd.known_roles(call.user_id) if place is not None else None
        if place is None or roles is None:
            continue
        memory = place.recall(call.user_id, Standing(roles), call.moments)
        if memory is not None:
            sure, maybe = (tuple(map(ChannelId, each)) for each in (memory.sure, memory.maybe))
            sights.append(GuildSight(guild_id=guild_id, sure=sure, maybe=maybe))
    return Recalled(sights=tuple(sights))


async def ask(
    calls: Asks, node: str, user_id: int, moments: tuple[int, ...], guilds: Iterable[int]
) -> dict[int, Memory]:
    """The same from another gateway; nothing when it is gone."""
    host, _, port = node.rpartition(":")
    ids = tuple(map(GuildId, guilds))
    if not ids or not port.isdigit():
        return {}
    call = RecallSight(user_id=UserId(user_id), guild_ids=ids, moments=moments)
    try:
        recalled = await calls.ask_at((host, int(port)), call)
    except Unavailable:
        return {}
    return {
        int(each.guild_id): Memory(frozenset(map(int, each.sure)), frozenset(map(int, each.maybe)))
        for each in recalled.sights
    }
