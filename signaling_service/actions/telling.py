"""Changes of stays: written, told to everybody who may see them, and told to the node that serves
the connection. All within the turn of the person.
"""

from __future__ import annotations

from dataclasses import replace

from contracts import topics
from contracts.errors import DomainError, Unavailable
from contracts.events.base import Event
from contracts.events.voice import StayChanged
from contracts.ids import UserId
from contracts.objects.member import Member
from signaling_service import views
from signaling_service.actions import calling, stages
from signaling_service.actions.publishing import publish
from signaling_service.domain import tokens
from signaling_service.domain.nodes import endpoint_for
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools


async def change(tools: Tools, before: Stay | None, after: Stay, *, limit: int = 0) -> bool:
    """From one stay to the other in the same place; False when the channel is full."""
    if not await tools.stays.put(after, limit=limit):
        if before is None:
            await tools.stays.forget(after)
        return False
    if before is not None:
        await tools.stays.moved(before, after.node)
    if before is None or not before.looks_like(after):
        await _tell(tools, after, views.arrival(before, after, await _member(tools, after)))
    if before is not None:
        is_over = before.ticket != after.ticket
        why = "moved" if before.channel_id != after.channel_id else "duplicate"
        await _signal(tools, before, is_over=is_over, why=why if is_over else "")
        if before.channel_id != after.channel_id:
            await stages.left(tools, before)
    if before is None or before.ticket != after.ticket:
        await _signal(tools, after)
    return True


async def end(tools: Tools, stay: Stay, why: str) -> None:
    """Somebody is out of voice."""
    await tools.stays.remove(stay)
    try:
        await _tell(tools, stay, views.departure(stay, await _member(tools, stay)))
    except Unavailable:
        # Else nobody would ever be told: overdue, it is ended once more by the next sweep.
        await tools.stays.put(replace(stay, due_ms=1))
        raise
    await _signal(tools, stay, is_over=True, why=why)
    if stay.guild_id is None:
        await calling.left(tools, stay)
    else:
        await stages.left(tools, stay)


async def invite(tools: Tools, stay: Stay) -> None:
    """Tell the session that joined where to connect, and give it the token for it."""
    node = await tools.nodes.one(stay.node)
    if node is None:
        raise Unavailable(message=f"node {stay.node} is gone")
    member = await _member(tools, stay)
    name = (member.nick or member.user.global_name or member.user.username) if member else ""
    until = int(tools.clock.now_ms() / 1000 + tools.spans.token_s)
    payload = views.token_of(stay, name, issuer=tools.issuer, until_s=until)
    token = tokens.sign(payload, tools.secret)
    where = endpoint_for(node.endpoint, is_bot=stay.is_bot)
    event = views.server(stay, token=token, endpoint=where)
    await publish(tools, event, (event.address(),))


def awaited(tools: Tools, stay: Stay) -> Stay:
    """The same stay while its connection is awaited."""
    return replace(stay, due_ms=tools.clock.now_ms() + int(tools.spans.pending_s * 1000))


async def _tell(tools: Tools, stay: Stay, event: Event) -> None:
    if stay.guild_id is not None:
        await publish(tools, event, (event.address(),))
    else:
        people = await calling.people(tools, stay.channel_id)
        await publish(tools, event, tuple(topics.user(one) for one in people))


async def _signal(tools: Tools, stay: Stay, *, is_over: bool = False, why: str = "") -> None:
    event = StayChanged(
        user_id=UserId(stay.user_id),
        place_id=stay.place_id,
        ticket=stay.ticket,
        is_over=is_over,
        why=why,
    )
    await publish(tools, event, (event.address(),))


async def _member(tools: Tools, stay: Stay) -> Member | None:
    """Who is told of; that nobody can say who it is keeps nobody from leaving."""
    if stay.guild_id is None:
        return None
    try:
        return await tools.facts.member(stay.guild_id, stay.user_id)
    except DomainError:
        return None
