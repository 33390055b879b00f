"""Custom emojis are made, looked at, edited and deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis.images import Picture
from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import access_guild, require
from community_service.domain.audit import changes_between
from community_service.domain.emojis import Emoji, can_add, can_manage, can_see_makers
from community_service.tools import Unit
from contracts.assets import EMOJIS
from contracts.errors import ErrorCode, NotFound
from contracts.events.emoji import GuildEmojisUpdate
from contracts.ids import GuildId
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission


async def of_guild(unit: Unit, guild_id: int) -> list[Emoji]:
    """All of a guild."""
    here = await access_guild(unit, guild_id)
    found = await store.emojis.of_guild(unit, guild_id)
    return found if can_see_makers(here.granted) else [replace(one, creator=None) for one in found]


async def one(unit: Unit, guild_id: int, emoji_id: int) -> Emoji:
    """One of them."""
    return _among(await of_guild(unit, guild_id), emoji_id)


async def may_create(unit: Unit, guild_id: int) -> None:
    """Refuse who may not make emojis, before anybody works on their picture."""
    await access_guild(unit, guild_id, needs=Permission.CREATE_GUILD_EXPRESSIONS)


async def create(
    unit: Unit, guild_id: int, name: str, roles: Sequence[int], picture: Picture
) -> Emoji:
    """Make an emoji. Its picture is kept first: a name without a picture would be seen by all."""
    await access_guild(unit, guild_id, needs=Permission.CREATE_GUILD_EXPRESSIONS, for_change=True)
    present = await store.emojis.of_guild(unit, guild_id)
    require(can_add(present, is_animated=picture.moves))
    creator = (await store.people.by_ids(unit, [unit.actor.user_id])).get(unit.actor.user_id)
    fresh = Emoji(
        id=unit.new_id(),
        guild_id=guild_id,
        name=name,
        is_animated=picture.moves,
        creator_id=unit.actor.user_id,
        roles=await _own_roles(unit, guild_id, roles),
        creator=creator,
    )
    await unit.tools.blobs.put(EMOJIS.key(fresh.id), picture.data)
    await store.emojis.add(unit, fresh)
    await _record(unit, AuditAction.EMOJI_CREATE, None, fresh)
    _tell(unit, guild_id, [*present, fresh])
    return fresh


async def edit(unit: Unit, guild_id: int, emoji_id: int, changes: Mapping[str, Any]) -> Emoji:
    """Another name, or other roles that may use it."""
    present, before = await _managed(unit, guild_id, emoji_id)
    if "roles" in changes:
        changes = {**changes, "roles": await _own_roles(unit, guild_id, changes["roles"])}
    after = replace(before, **changes)
    if after != before:
        await store.emojis.change(unit, emoji_id, changes)
        await _record(unit, AuditAction.EMOJI_UPDATE, before, after)
        _tell(unit, guild_id, [after if one.id == emoji_id else one for one in present])
    return after


async def remove(unit: Unit, guild_id: int, emoji_id: int) -> None:
    """Delete an emoji. Its picture goes when the caller knows that this is committed."""
    present, gone = await _managed(unit, guild_id, emoji_id)
    await store.emojis.remove(unit, emoji_id)
    await _record(unit, AuditAction.EMOJI_DELETE, gone, None)
    _tell(unit, guild_id, [one for one in present if one.id != emoji_id])


async def forget_role(unit: Unit, guild_id: int, role_id: int) -> None:
    """A role is deleted: what only it could use, nobody can until somebody says who."""
    if await store.emojis.forget_role(unit, guild_id, role_id):
        _tell(unit, guild_id, await store.emojis.of_guild(unit, guild_id))


async def _managed(unit: Unit, guild_id: int, emoji_id: int) -> tuple[list[Emoji], Emoji]:
    here = await access_guild(unit, guild_id, for_change=True)
    present = await store.emojis.of_guild(unit, guild_id)
    emoji = _among(present, emoji_id)
    require(can_manage(emoji, unit.actor.user_id, here.granted))
    return present, emoji


def _among(found: Sequence[Emoji], emoji_id: int) -> Emoji:
    for emoji in found:
        if emoji.id == emoji_id:
            return emoji
    raise NotFound(ErrorCode.UNKNOWN_EMOJI)


async def _own_roles(unit: Unit, guild_id: int, roles: Sequence[int]) -> tuple[int, ...]:
    """Those of the roles that are the guild's."""
    if not roles:
        return ()
    return tuple(sorted(await store.roles.own_of(unit, guild_id, list(roles))))


async def _record(
    unit: Unit, action: AuditAction, before: Emoji | None, after: Emoji | None
) -> None:
    emoji = after or before
    assert emoji is not None
    looks = [views.emoji(replace(one, creator=None)) if one else None for one in (before, after)]
    changes = changes_between(*looks)
    await audit.record(unit, emoji.guild_id, action, emoji.id, changes=changes)


def _tell(unit: Unit, guild_id: int, now: Sequence[Emoji]) -> None:
    shown = tuple(views.emoji(replace(one, creator=None)) for one in now)
    unit.emit(GuildEmojisUpdate(guild_id=GuildId(guild_id), emojis=shown))
