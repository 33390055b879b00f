"""Outside programs post through webhooks, and look after what they have posted."""

from __future__ import annotations

from dataclasses import dataclass

from chat_service import store
from chat_service.actions import changing, composing, showing
from chat_service.actions.changing import Changes
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain.drafts import Draft
from chat_service.domain.origins import Origin, signed
from contracts import topics
from contracts.errors import ErrorCode, Forbidden, NotFound, Unauthorized
from contracts.events.base import Hearing
from contracts.identity import Identity, Kind
from contracts.ids import ChannelId, GuildId, UserId
from contracts.objects.channel import TALKABLE, Channel
from contracts.objects.user import User
from contracts.objects.webhook import Webhook
from contracts.permissions import POSTING


@dataclass(frozen=True, slots=True)
class Signature:
    """How one post is signed, where not as the webhook is called."""

    name: str | None = None
    picture: str | None = None


async def opened(chat: Chat, actor: Identity, webhook_id: int) -> Webhook:
    """The webhook whose token the edge has seen."""
    webhook = await chat.webhooks.find(webhook_id)
    if webhook is None:
        raise NotFound(ErrorCode.UNKNOWN_WEBHOOK)
    if actor.kind is not Kind.WEBHOOK or actor.user_id != webhook_id:
        raise Unauthorized(ErrorCode.INVALID_WEBHOOK_TOKEN)
    return webhook


async def post(
    chat: Chat, actor: Identity, webhook: Webhook, draft: Draft, signature: Signature
) -> bytes:
    """Store a message and tell everybody who may see it; its JSON."""
    composing.require_sayable(draft)
    venue = await _venue(chat, webhook)
    author = signed(signature.name or webhook.name, webhook.avatar, signature.picture)
    application_id = None if webhook.application_id is None else int(webhook.application_id)
    draft = draft._replace(origin=Origin(int(webhook.id), application_id, author))
    return await composing.send_in(chat, actor, venue, draft)


async def get(chat: Chat, actor: Identity, webhook: Webhook, message_id: int) -> bytes:
    """What it has posted."""
    venue = await _venue(chat, webhook)
    message = await store.messages.one(chat.database.pool, venue.channel_id, message_id)
    if message is None or message.author_id != webhook.id:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return (await showing.shown(chat, actor.user_id, [message]))[0]


async def edit(
    chat: Chat, actor: Identity, webhook: Webhook, message_id: int, changes: Changes
) -> bytes:
    """Change what it has posted."""
    await get(chat, actor, webhook, message_id)
    venue = await _venue(chat, webhook)
    return await changing.edit_in(chat, actor, venue, message_id, changes)


async def delete(chat: Chat, actor: Identity, webhook: Webhook, message_id: int) -> None:
    """Take back what it has posted."""
    await get(chat, actor, webhook, message_id)
    await changing.delete_in(chat, actor, await _venue(chat, webhook), message_id)


async def _venue(chat: Chat, webhook: Webhook) -> Venue:
    channel = await _channel(chat, webhook)
    if channel.type not in TALKABLE:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    return Venue(
        channel_id=ChannelId(webhook.channel_id),
        guild_id=GuildId(webhook.guild_id),
        user=User(id=UserId(webhook.id), username=webhook.name, avatar=webhook.avatar, bot=True),
        granted=POSTING,
        heard_on=Hearing((topics.guild(webhook.guild_id),)),
        channel=channel,
        is_account=False,
    )


async def _channel(chat: Chat, webhook: Webhook) -> Channel:
    """Where it posts. A channel that is gone takes its webhooks along."""
    for _ in range(2):
        facts = await chat.facts.guilds.get(webhook.guild_id)
        channel = facts.channels.get(webhook.channel_id)
        if channel is not None:
            return channel
        # The channel may be younger than our copy: its event is still on the way.
        chat.facts.guilds.drop(webhook.guild_id)
    raise NotFound(ErrorCode.UNKNOWN_WEBHOOK)
