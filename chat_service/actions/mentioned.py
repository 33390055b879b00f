"""Who was mentioned where: each person's own list, of what they may still read."""

from __future__ import annotations

from dataclasses import dataclass

from chat_service import store
from chat_service.actions import showing
from chat_service.actions.chat import Chat
from chat_service.actions.keeping import readable
from contracts.events.inbox import RecentMentionDelete
from contracts.identity import Identity
from contracts.ids import MessageId, UserId, floor_of
from contracts.objects.message import Message as MessageShape
from contracts.rpc.community import GetMemberships

NEWEST = (1 << 63) - 1
_LOOKS = 4
"""So often further mentions are looked for, where many may not be read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mentions."""

    below: int = NEWEST
    limit: int = 25
    guild_id: int | None = None
    roles: bool = True
    everyone: bool = True


async def page(chat: Chat, actor: Identity, wanted: Wanted) -> list[MessageShape]:
    """The newest messages that mention somebody."""
    pool, me = chat.database.pool, int(actor.user_id)
    aliases = await _aliases(chat, me, wanted)
    below, keys = wanted.below, list[tuple[int, int]]()
    for _ in range(_LOOKS):
        found = await store.saving.mentions(pool, me, aliases, below, wanted.limit)
        places = await readable(chat, actor, (channel_id for channel_id, _ in found))
        if wanted.guild_id is not None:
            places = {one: guild for one, guild in places.items() if guild == wanted.guild_id}
        keys += [key for key in found if key[0] in places]
        if len(found) < wanted.limit or len(keys) >= wanted.limit:
            break
        below = found[-1][1]
    messages = {one.id: one for one in await store.messages.some(pool, keys[: wanted.limit])}
    ordered = [messages[message_id] for message_id in sorted(messages, reverse=True)]
    return await showing.shapes(chat, me, ordered)


async def hide(chat: Chat, actor: Identity, message_id: int) -> None:
    """Take a mention out of one's list, on all devices."""
    me = int(actor.user_id)
    targets = [target for target, _ in await _aliases(chat, me, Wanted())]
    channel_id = await store.saving.where_mentioned(chat.database.pool, targets, message_id)
    if channel_id is None:
        return
    async with chat.units.open(actor) as unit:
        if await store.saving.hide(unit, me, channel_id, message_id):
            hidden = RecentMentionDelete(user_id=UserId(me), message_id=MessageId(message_id))
            unit.emit(hidden)


async def _aliases(chat: Chat, me: int, wanted: Wanted) -> list[tuple[int, int]]:
    """All that mentions them: themselves; since they came, their roles, and their guilds."""
    memberships = (await chat.calls.ask(GetMemberships(user_id=UserId(me)))).memberships
    aliases = [(me, 0)]
    for one in memberships:
        if wanted.guild_id not in (None, one.guild_id):
            continue
        since = floor_of(int(one.member.joined_at.timestamp() * 1000))
        if wanted.everyone:
            aliases.append((int(one.guild_id), since))
        if wanted.roles:
            aliases += [(int(role), since) for role in one.member.roles]
    return aliases
