"""The audit log is written with what it tells of, in the same unit, and read by those who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from community_service import store, views
from community_service.actions.access import access_guild
from community_service.domain.audit import (
    EVENTS,
    WEBHOOKS,
    Changes,
    Entry,
    Wanted,
    changes_between,
    forgotten_before,
)
from community_service.domain.channels import Channel
from community_service.domain.people import Person
from community_service.domain.scheduled_events import ScheduledEvent
from community_service.domain.webhooks import Webhook
from community_service.tools import Unit
from contracts.events.audit import Governed, GuildAuditLogEntryCreate
from contracts.identity import NOBODY
from contracts.ids import floor_of
from contracts.objects.audit import AuditAction
from contracts.objects.channel import ChannelOverwrite
from contracts.permissions import Permission


async def record(
    unit: Unit,
    guild_id: int,
    action: AuditAction,
    target_id: int | None,
    *,
    changes: Changes = (),
    options: Mapping[str, object] | None = None,
) -> None:
    """Write down what this unit's actor does, with the reason that came with the request."""
    await write(unit, [entry(unit, guild_id, action, target_id, changes=changes, options=options)])


def entry(
    unit: Unit,
    guild_id: int,
    action: AuditAction,
    target_id: int | None,
    *,
    changes: Changes = (),
    options: Mapping[str, object] | None = None,
) -> Entry:
    """The entry that `record` writes, for those who write many at once."""
    return Entry(
        id=unit.new_id(),
        guild_id=guild_id,
        actor_id=None if unit.actor == NOBODY else int(unit.actor.user_id),
        action=action,
        target_id=target_id,
        changes=changes,
        options={name: str(value) for name, value in (options or {}).items()},
        reason=unit.reason,
    )


async def record_channel(unit: Unit, before: Channel, after: Channel) -> None:
    """Write down how a channel was edited."""
    await write(unit, channel_entries(unit, before, after))


def channel_entries(unit: Unit, before: Channel, after: Channel) -> list[Entry]:
    """How a channel was edited: its own fields, and each overwrite by itself."""
    fields = changes_between(
        views.channel(before), views.channel(after), without={"permission_overwrites"}
    )
    own = [entry(unit, after.guild_id, AuditAction.CHANNEL_UPDATE, after.id, changes=fields)]
    was = {one.id: one for one in before.overwrites}
    now = {one.id: one for one in after.overwrites}
    targets = sorted(was.keys() | now.keys())
    rules = [_overwrite_entry(unit, after, was.get(one), now.get(one)) for one in targets]
    return [one for one in (*own, *rules) if one.changes]


def _overwrite_entry(
    unit: Unit, channel: Channel, before: ChannelOverwrite | None, after: ChannelOverwrite | None
) -> Entry:
    """That an overwrite came, changed or went."""
    action = AuditAction.CHANNEL_OVERWRITE_UPDATE
    if before is None:
        action = AuditAction.CHANNEL_OVERWRITE_CREATE
    elif after is None:
        action = AuditAction.CHANNEL_OVERWRITE_DELETE
    one = after or before
    options = {"id": one.id, "type": int(one.type)} if one else None
    changes = changes_between(before, after)
    return entry(unit, channel.guild_id, action, channel.id, changes=changes, options=options)


async def take_in(unit: Unit, event_id: int, deed: Governed) -> bool:
    """Write down what another service governs; False if it is written down already."""
    one = Entry(
        id=event_id,
        guild_id=deed.guild_id,
        actor_id=deed.actor_id,
        action=deed.action,
        target_id=deed.target_id,
        reason=deed.reason,
        options=deed.options,
        changes=deed.changes,
    )
    is_new = await store.audit.add_once(unit, one)
    if is_new:
        _tell(unit, one)
    return is_new


async def write(unit: Unit, entries: list[Entry]) -> None:
    """Keep entries and tell those who may read them."""
    if not entries:
        return
    named = await _with_role_names(unit, entries)
    await store.audit.add(unit, named)
    for one in named:
        _tell(unit, one)


async def _with_role_names(unit: Unit, entries: list[Entry]) -> list[Entry]:
    """Entries about overwrites of roles say what the role is called: it may be gone when they are
    read.
    """
    role_ids = {one.covered_role_id for one in entries} - {None}
    if not role_ids:
        return entries
    found = await store.roles.by_ids(unit, entries[0].guild_id, sorted(filter(None, role_ids)))
    names = {role.id: role.name for role in found}
    return [
        replace(one, options={**one.options, "role_name": names[one.covered_role_id]})
        if one.covered_role_id in names
        else one
        for one in entries
    ]


def _tell(unit: Unit, one: Entry) -> None:
    shape = views.audit_entry(one)
    unit.emit(views.event(GuildAuditLogEntryCreate, shape, guild_id=one.guild_id))


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, the people they are by and about, and the webhooks and events among their
    targets.
    """

    entries: list[Entry]
    people: list[Person]
    webhooks: list[Webhook]
    events: list[ScheduledEvent]


async def page(unit: Unit, guild_id: int, wanted: Wanted) -> Page:
    """Entries that the actor may read."""
    await access_guild(unit, guild_id, needs=Permission.VIEW_AUDIT_LOG)
    entries = await store.audit.page(unit, guild_id, wanted)
    named = {who for one in entries for who in (one.actor_id, one.target_id) if who}
    people = await store.people.by_ids(unit, sorted(named)) if named else {}
    targets = {one.target_id for one in entries if one.action in WEBHOOKS and one.target_id}
    webhooks = await store.webhooks.by_ids(unit, guild_id, targets) if targets else []
    about = {one.target_id for one in entries if one.action in EVENTS and one.target_id}
    events = await store.scheduled_events.by_ids(unit, guild_id, about) if about else []
    return Page(entries, [people[one] for one in sorted(people)], webhooks, events)


async def forget_old(unit: Unit, limit: int) -> int:
    """Delete some of the entries that are past their time; how many that were."""
    oldest = int(forgotten_before(unit.now).timestamp() * 1_000)
    return await store.audit.forget(unit, floor_of(oldest), limit)
