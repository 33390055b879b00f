"""What keeps the list of stays true: leases of nodes, connections that never came or broke, stays
whose rights changed, and nodes that died.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chassis.logs import logger
from contracts.errors import DomainError
from signaling_service.actions import governing, telling
from signaling_service.domain.nodes import Node
from signaling_service.domain.rights import EVERYTHING, Rights, rights
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools

log = logger("voice")

_AT_ONCE = 200


async def connected(tools: Tools, place_id: int, user_id: int, ticket: str) -> Stay | None:
    """The connection of a stay is here; None when there is no such stay any more."""
    async with tools.stays.turn(user_id):
        stay = await _ticketed(tools, place_id, user_id, ticket)
        if stay is not None and stay.is_awaited:
            await telling.change(tools, stay, replace(stay, due_ms=0))
        return stay


async def broke(tools: Tools, place_id: int, user_id: int, ticket: str) -> None:
    """The connection of a stay broke: it is awaited again."""
    async with tools.stays.turn(user_id):
        stay = await _ticketed(tools, place_id, user_id, ticket)
        if stay is not None and not stay.is_awaited:
            after = replace(telling.awaited(tools, stay), has_camera=False, has_screen=False)
            await telling.change(tools, stay, after)


async def hung_up(tools: Tools, place_id: int, user_id: int, ticket: str, why: str) -> None:
    """The connection of a stay ended of its own will."""
    async with tools.stays.turn(user_id):
        stay = await _ticketed(tools, place_id, user_id, ticket)
        if stay is not None:
            await telling.end(tools, stay, why)


async def shows(
    tools: Tools, stay: Stay, *, camera: bool, screen: bool, is_muted: bool | None
) -> None:
    """What is published changed; a microphone that is muted at the source is told as self_mute."""
    async with tools.stays.turn(stay.user_id):
        now = await _ticketed(tools, stay.place_id, stay.user_id, stay.ticket)
        if now is None:
            return
        after = replace(now, has_camera=camera, has_screen=screen)
        if is_muted is not None:
            after = replace(after, self_mute=is_muted)
        if after != now:
            await telling.change(tools, now, after)


async def follow(tools: Tools, stays: Iterable[Stay]) -> None:
    """The rights of these may have changed: whoever may not be there is out."""
    for stay in stays:
        try:
            async with tools.stays.turn(stay.user_id):
                now = await _ticketed(tools, stay.place_id, stay.user_id, stay.ticket)
                if now is not None:
                    await governing.refresh(tools, now)
        except DomainError as error:
            log.warning("voice.not_followed", user=stay.user_id, reason=str(error))


async def sweep(tools: Tools) -> None:
    """End stays whose connection did not come in time, and clear dead nodes away."""
    now = tools.clock.now_ms()
    due = await tools.stays.due(now, _AT_ONCE)
    for place_id, user_id in due:
        async with tools.stays.turn(user_id):
            stay = await tools.stays.one(place_id, user_id)
            if stay is not None and stay.is_awaited and stay.due_ms <= now:
                await telling.end(tools, stay, "timed out")
    settled = []
    for place_id, user_id in due:
        stay = await tools.stays.one(place_id, user_id)
        if stay is None or not stay.is_awaited:
            settled.append((place_id, user_id))
    await tools.stays.settle_due(settled)
    _, dead = await tools.nodes.all()
    for name in dead:
        if await tools.nodes.begin_clearing(name, tools.node):
            await _clear(tools, name)


async def _clear(tools: Tools, name: str) -> None:
    stays = await tools.stays.on(name)
    log.warning("node.dead", node=name, stays=len(stays))
    for stay in stays:
        async with tools.stays.turn(stay.user_id):
            now = await _ticketed(tools, stay.place_id, stay.user_id, stay.ticket)
            if now is not None and now.node == name:
                await telling.end(tools, now, "node died")
    if await tools.nodes.one(name) is None:
        await tools.nodes.cleared(name)


async def take_over(tools: Tools) -> None:
    """This process starts: whoever was on a former one of its name is awaited from now on."""
    for stay in await tools.stays.on(tools.node):
        async with tools.stays.turn(stay.user_id):
            now = await _ticketed(tools, stay.place_id, stay.user_id, stay.ticket)
            if now is not None and not now.is_awaited:
                await telling.change(tools, now, telling.awaited(tools, now))


async def rights_of(tools: Tools, stay: Stay) -> Rights:
    """What a stay's connection may do now."""
    if stay.guild_id is None:
        return EVERYTHING
    standing = await tools.facts.standing(stay.guild_id, stay.channel_id, stay.user_id)
    return rights(stay, standing.granted)


async def restore(tools: Tools, stay: Stay) -> bool:
    """Redis has lost a stay whose connection is here: keep it anew. False when another one has come
    in its place meanwhile.
    """
    async with tools.stays.turn(stay.user_id):
        now = await tools.stays.one(stay.place_id, stay.user_id)
        if now is not None:
            return now.ticket == stay.ticket
        return await telling.change(tools, None, replace(stay, due_ms=0))


async def renew(tools: Tools, node: Node, channels: list[int]) -> None:
    """This process lives, and its rooms stay here."""
    await tools.nodes.renew(node, tools.spans.lease_s)
    await tools.nodes.keep_rooms(node.name, channels)


async def _ticketed(tools: Tools, place_id: int, user_id: int, ticket: str) -> Stay | None:
    stay = await tools.stays.one(place_id, user_id)
    return stay if stay is not None and stay.ticket == ticket else None
