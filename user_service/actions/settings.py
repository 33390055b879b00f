"""Settings, notification settings and notes: changed by their owner, heard by their own devices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.errors import Conflict, ErrorCode, Invalid, NotFound, Unauthorized
from contracts.events.settings import UserNoteUpdate
from contracts.ids import ChannelId, GuildId, UserId
from contracts.limits import GUILD_SETTINGS_BYTES, GUILDS_PER_USER, NOTES_PER_USER
from contracts.objects.settings import GuildNotifications
from contracts.rpc.users import OwnSettings, Reader
from contracts.wire import JSON
from user_service import store, views
from user_service.domain import guild_settings
from user_service.domain import settings as rules
from user_service.domain.accounts import Account
from user_service.tools import UserUnit

_OF_ACCOUNT = ("locale", "theme")
"""Kept with the account: a login answers them."""
GUILDS_KEPT = 2 * GUILDS_PER_USER
"""Communities one has left count too."""


async def of(unit: UserUnit, user_id: UserId) -> JSON:
    """Somebody's settings, with defaults."""
    account = await store.accounts.get(unit, user_id)
    if account is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    return await _whole(unit, account)


async def of_all(unit: UserUnit, people: Sequence[Account]) -> dict[int, OwnSettings]:
    """What READY says of several people's settings."""
    ids = [account.id for account in people]
    kept = await store.settings.of_all(unit, ids)
    of_guilds = await store.settings.of_all_guilds(unit, ids, GUILDS_KEPT)
    found: dict[int, OwnSettings] = {}
    for account in people:
        settings = _with_account(kept.get(account.id, {}), account)
        shown = rules.shown_as(settings, unit.now)
        found[account.id] = OwnSettings(
            settings=settings,
            guild_settings=tuple(of_guilds.get(account.id, ())),
            status=shown.status,
            custom_status=shown.custom,
        )
    return found


async def change(unit: UserUnit, changes: JSON) -> JSON:
    """Set some of them; other devices hear only these."""
    account = await _own(unit)
    before = await store.settings.of(unit, account.id)
    kept = {key: value for key, value in changes.items() if key not in _OF_ACCOUNT}
    after = rules.merged(before, kept)
    shown = rules.shown_as(after, unit.now)
    await store.settings.put(unit, account.id, after, shown.until)
    if any(key in changes for key in _OF_ACCOUNT):
        locale, theme = changes.get("locale", account.locale), changes.get("theme", account.theme)
        await store.settings.speak(unit, account.id, locale=locale, theme=theme)
        account = await _own(unit)
        unit.emit(views.user_update(account))
    unit.emit(views.settings_changed(account.id, changes))
    if shown != rules.shown_as(before, unit.now):
        unit.emit(views.status_chosen(account.id, shown))
    return await _whole(unit, account)


async def lapse(unit: UserUnit, limit: int) -> int:
    """End custom statuses whose time has come; how many."""
    lapsed = await store.settings.lapsed(unit, limit)
    for user_id, kept in lapsed:
        after = {**kept, "custom_status": None}
        await store.settings.put(unit, user_id, after, None)
        unit.emit(views.settings_changed(user_id, {"custom_status": None}))
        unit.emit(views.status_chosen(user_id, rules.shown_as(after, unit.now)))
    return len(lapsed)


async def of_guild(unit: UserUnit, guild_id: GuildId | None) -> GuildNotifications:
    """How one is notified of a community, or (none) of private conversations."""
    found = await store.settings.of_guild(unit, unit.actor.user_id, guild_id)
    return found or GuildNotifications(guild_id=guild_id)


async def change_guild(
    unit: UserUnit,
    guild_id: GuildId | None,
    given: Mapping[str, Any],
    overrides: Mapping[ChannelId, Mapping[str, Any]],
) -> GuildNotifications:
    """Be notified otherwise."""
    account = await _own(unit)
    after = guild_settings.changed(await of_guild(unit, guild_id), given, overrides)
    await store.settings.put_guild(unit, account.id, after)
    count, size = await store.settings.weight(unit, account.id)
    if count > GUILDS_KEPT:
        raise Conflict(ErrorCode.MAX_GUILDS)
    if size > GUILD_SETTINGS_BYTES:
        text = "There are too many exceptions in all communities together."
        raise Invalid({"channel_overrides": ("BASE_TYPE_MAX_LENGTH", text)})
    unit.emit(views.guild_settings_changed(account.id, after))
    return after


async def of_people(
    unit: UserUnit, user_ids: Sequence[UserId], guild_id: GuildId | None
) -> list[tuple[UserId, GuildNotifications]]:
    """How these people are notified of a community, where they set anything."""
    return await store.settings.of_people(unit, user_ids, guild_id)


async def readers(unit: UserUnit, user_ids: Sequence[UserId]) -> list[Reader]:
    """How these people are to be spoken to."""
    return await store.settings.readers(unit, user_ids)


async def notes(unit: UserUnit) -> list[tuple[UserId, str]]:
    """Everything one wrote about others."""
    return await store.settings.notes_of(unit, unit.actor.user_id, NOTES_PER_USER)


async def note(unit: UserUnit, other_id: UserId) -> str:
    """What one wrote about somebody."""
    found = await store.settings.note(unit, unit.actor.user_id, other_id)
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    return found


async def write_note(unit: UserUnit, other_id: UserId, text: str) -> None:
    """Write it anew; nobody else ever sees it."""
    account = await _own(unit)
    if await store.accounts.get(unit, other_id) is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    await store.settings.put_note(unit, account.id, other_id, text)
    if await store.settings.count_notes(unit, account.id) > NOTES_PER_USER:
        raise Conflict(message=f"At most {NOTES_PER_USER} notes are kept.")
    unit.emit(UserNoteUpdate(user_id=account.id, id=other_id, note=text))


async def _own(unit: UserUnit) -> Account:
    account = await store.accounts.lock(unit, unit.actor.user_id)
    if account is None:
        raise Unauthorized(ErrorCode.TOKEN_DEAD)
    return account


async def _whole(unit: UserUnit, account: Account) -> JSON:
    return _with_account(await store.settings.of(unit, account.id), account)


def _with_account(kept: JSON, account: Account) -> JSON:
    of_account = {"locale": account.locale, "theme": account.theme}
    return {**rules.with_defaults(kept), **of_account}
