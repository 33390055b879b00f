"""Profiles: changed by their owner, seen by others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from chassis.images import Picture, picture_from
from contracts.errors import ErrorCode, Unauthorized
from contracts.identity import Identity
from contracts.ids import UserId
from contracts.rpc.community import GetMutualGuilds
from user_service import store, views
from user_service.actions import relationships
from user_service.actions.accounts import get, me, name_is_taken
from user_service.domain import profiles
from user_service.domain.accounts import Account
from user_service.domain.profiles import PICTURES, NewProfile, Seen
from user_service.tools import UserUnit, UserUnits

_WORN_FOR = timedelta(minutes=10)
"""Who saw the name of a picture a moment ago can still load it."""


async def keep_pictures(
    units: UserUnits, actor: Identity, sent: Mapping[str, str | None]
) -> dict[str, str | None]:
    """Keep what was sent, before anything says so; the names they got."""
    digests: dict[str, str | None] = {}
    for name, data_uri in sent.items():
        picture: Picture | None = None
        if data_uri:
            picture = await picture_from(data_uri, PICTURES[name], name)
            key = PICTURES[name].key(actor.user_id, picture.digest)
            async with units.open(actor) as unit:
                # As if taken off now: if it is never put on, or by nobody who commits, it goes.
                await store.pictures.wear_out(unit, actor.user_id, [key])
            await units.tools.blobs.put(key, picture.data)
        digests[name] = picture.digest if picture is not None else None
    return digests


async def renames(units: UserUnits, actor: Identity, wanted: NewProfile) -> bool:
    """Whether a person would log in by another name: whoever found an unlocked telephone may not
    change that.
    """
    if "username" not in wanted.values or actor.is_bot:
        return False
    async with units.reading(actor) as unit:
        return wanted.renames(await me(unit))


async def change(unit: UserUnit, wanted: NewProfile, digests: Mapping[str, str | None]) -> Account:
    """Be seen otherwise from now on."""
    account = await store.accounts.lock(unit, unit.actor.user_id)
    if account is None:
        raise Unauthorized(ErrorCode.TOKEN_DEAD)
    changed = wanted.of(account, digests)
    if changed == account:
        return account
    if not await store.accounts.rewrite(unit, changed):
        raise name_is_taken()
    await tell(unit, account, changed)
    return changed


async def seen(
    units: UserUnits, actor: Identity, user_id: UserId, *, guilds: bool, friends: bool
) -> Seen:
    """Somebody's card. Where the two meet is asked of a neighbour, after the rest was read."""
    async with units.reading(actor) as unit:
        account = await get(unit, user_id)
        mutual = await relationships.mutual_friends(unit, user_id)
    places = None
    if guilds:
        question = GetMutualGuilds(user_id=actor.user_id, other_id=user_id)
        places = (await units.tools.calls.ask(question)).guilds
    return Seen(account, places, tuple(mutual) if friends else None, len(mutual))


async def tell(unit: UserUnit, before: Account, after: Account) -> None:
    """Pictures that are no longer shown go; own devices hear all, everybody else of the face."""
    if worn := profiles.worn(before, after):
        await store.pictures.wear_out(unit, after.id, worn)
    unit.emit(views.user_update(after))
    if views.user(after) != views.user(before):
        unit.emit(views.face_changed(after))
        await relationships.tell_friends(unit, after)


async def worn_pictures(unit: UserUnit, limit: int) -> list[str]:
    """Files that nobody shows and nobody is about to show."""
    keys = await store.pictures.worn(unit, unit.now - _WORN_FOR, limit)
    if not keys:
        return []
    shown = await store.pictures.shown(unit, keys)
    await store.pictures.forget(unit, keys)
    return [key for key in keys if key not in shown]
