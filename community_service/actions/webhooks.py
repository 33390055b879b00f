"""Webhooks are made, looked at, changed and deleted: by those who manage them, and by whoever holds
their token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chassis.images import Picture
from community_service import store, views
from community_service.actions import audit
from community_service.actions.access import (
    access_channel,
    access_guild,
    require,
    require_permission,
)
from community_service.domain.audit import changes_between
from community_service.domain.people import Person
from community_service.domain.webhooks import (
    TOKEN_BITS,
    Webhook,
    can_add,
    can_be_in,
    opens,
    token_from,
)
from community_service.tools import Unit
from contracts.assets import AVATARS
from contracts.errors import ErrorCode, NotFound
from contracts.events.webhook import WebhookChanged, WebhooksUpdate
from contracts.ids import ChannelId, GuildId, WebhookId
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission


@dataclass(frozen=True, slots=True)
class FullWebhook:
    """A webhook with whoever made it."""

    webhook: Webhook
    creator: Person | None


async def may_create(unit: Unit, channel_id: int) -> None:
    """Refuse who may not make webhooks, before anybody works on their picture."""
    await access_channel(unit, channel_id, needs=Permission.MANAGE_WEBHOOKS)


async def create(
    unit: Unit, channel_id: int, name: str, picture: Picture | None = None
) -> FullWebhook:
    """Make a webhook for a channel."""
    here = await access_channel(unit, channel_id, needs=Permission.MANAGE_WEBHOOKS, for_change=True)
    require(can_be_in(here.channel.type))
    require(can_add(await store.webhooks.count(unit, channel_id)))
    fresh = Webhook(
        id=unit.new_id(),
        guild_id=here.guild.id,
        channel_id=channel_id,
        creator_id=unit.actor.user_id,
        name=name,
        token=token_from(unit.tools.random_bits(TOKEN_BITS)),
        avatar=picture.digest if picture else None,
    )
    await _keep(unit, fresh.id, picture)
    await store.webhooks.add(unit, fresh)
    await _record(unit, AuditAction.WEBHOOK_CREATE, None, fresh)
    _tell(unit, fresh)
    return (await _full(unit, [fresh]))[0]


async def of_channel(unit: Unit, channel_id: int) -> list[FullWebhook]:
    """Those that post into a channel."""
    await access_channel(unit, channel_id, needs=Permission.MANAGE_WEBHOOKS)
    return await _full(unit, await store.webhooks.of_channel(unit, channel_id))


async def of_guild(unit: Unit, guild_id: int) -> list[FullWebhook]:
    """All of a guild."""
    await access_guild(unit, guild_id, needs=Permission.MANAGE_WEBHOOKS)
    return await _full(unit, await store.webhooks.of_guild(unit, guild_id))


async def one(unit: Unit, webhook_id: int) -> FullWebhook:
    """A webhook that the actor manages."""
    return (await _full(unit, [await _managed(unit, webhook_id)]))[0]


async def by_token(unit: Unit, webhook_id: int, token: str) -> Webhook:
    """A webhook, for whoever holds its token."""
    webhook = await _known(unit, webhook_id)
    require(opens(webhook, token))
    return webhook


async def is_opened(unit: Unit, webhook_id: int, token: str) -> bool:
    """Whether there is such a webhook, and this is its token."""
    webhook = await store.webhooks.by_id(unit, webhook_id)
    return webhook is not None and opens(webhook, token) is None


async def face(unit: Unit, webhook_id: int) -> FullWebhook | None:
    """A webhook, for neighbours."""
    webhook = await store.webhooks.by_id(unit, webhook_id)
    return None if webhook is None else (await _full(unit, [webhook]))[0]


async def update(
    unit: Unit, webhook_id: int, changes: Mapping[str, Any], picture: Picture | None = None
) -> FullWebhook:
    """Change the name, the avatar, or the channel it posts into."""
    before = await _managed(unit, webhook_id)
    target = changes.get("channel_id")
    if target is not None and target != before.channel_id:
        there = await access_channel(
            unit, target, needs=Permission.MANAGE_WEBHOOKS, for_change=True
        )
        if there.guild.id != before.guild_id:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        require(can_be_in(there.channel.type))
        require(can_add(await store.webhooks.count(unit, target)))
    after = await _change(unit, before, changes, picture)
    return (await _full(unit, [after]))[0]


async def update_by_token(
    unit: Unit,
    webhook_id: int,
    token: str,
    changes: Mapping[str, Any],
    picture: Picture | None = None,
) -> Webhook:
    """Change name and avatar. A token moves nothing elsewhere."""
    return await _change(unit, await by_token(unit, webhook_id, token), changes, picture)


async def remove(unit: Unit, webhook_id: int) -> None:
    """Delete a webhook that the actor manages."""
    await _remove(unit, await _managed(unit, webhook_id))


async def remove_by_token(unit: Unit, webhook_id: int, token: str) -> None:
    """Delete a webhook whose token one holds."""
    await _remove(unit, await by_token(unit, webhook_id, token))


async def _known(unit: Unit, webhook_id: int) -> Webhook:
    webhook = await store.webhooks.by_id(unit, webhook_id)
    if webhook is None:
        raise NotFound(ErrorCode.UNKNOWN_WEBHOOK)
    return webhook


async def _managed(unit: Unit, webhook_id: int) -> Webhook:
    """The webhook, if the actor manages its channel's. Strangers do not learn whether it is."""
    webhook = await _known(unit, webhook_id)
    found = await store.access.in_channel(unit, webhook.channel_id, unit.actor.user_id)
    if found is None or found[2].joined_at is None:
        raise NotFound(ErrorCode.UNKNOWN_WEBHOOK)
    channel, _, standing = found
    require_permission(standing.granted(unit.now, channel), Permission.MANAGE_WEBHOOKS)
    return webhook


async def _keep(unit: Unit, webhook_id: int, picture: Picture | None) -> None:
    if picture is not None:
        await unit.tools.blobs.put(AVATARS.key(webhook_id, picture.digest), picture.data)


async def _change(
    unit: Unit, before: Webhook, changes: Mapping[str, Any], picture: Picture | None
) -> Webhook:
    if picture is not None:
        await _keep(unit, before.id, picture)
        changes = {**changes, "avatar": picture.digest}
    after = replace(before, **changes)
    if after != before:
        await store.webhooks.change(unit, before.id, changes)
        await _record(unit, AuditAction.WEBHOOK_UPDATE, before, after)
        _tell(unit, before)
        if after.channel_id != before.channel_id:
            _tell(unit, after)
        unit.emit(WebhookChanged(webhook_id=WebhookId(before.id)))
    return after


async def _remove(unit: Unit, webhook: Webhook) -> None:
    await store.webhooks.remove(unit, webhook.id)
    await _record(unit, AuditAction.WEBHOOK_DELETE, webhook, None)
    _tell(unit, webhook)
    unit.emit(WebhookChanged(webhook_id=WebhookId(webhook.id), is_gone=True))


async def _record(
    unit: Unit, action: AuditAction, before: Webhook | None, after: Webhook | None
) -> None:
    webhook = after or before
    assert webhook is not None
    looks = [views.webhook(one) if one else None for one in (before, after)]
    changes = changes_between(*looks, without={"token"})
    await audit.record(unit, webhook.guild_id, action, webhook.id, changes=changes)


def _tell(unit: Unit, webhook: Webhook) -> None:
    unit.emit(
        WebhooksUpdate(guild_id=GuildId(webhook.guild_id), channel_id=ChannelId(webhook.channel_id))
    )


async def _full(unit: Unit, found: list[Webhook]) -> list[FullWebhook]:
    people = await store.people.by_ids(unit, sorted({one.creator_id for one in found}))
    return [FullWebhook(one, people.get(one.creator_id)) for one in found]
