"""Outside programs post through webhooks, and look after what they have posted."""

from __future__ import annotations

from dataclasses import dataclass

from chat_service import store
from chat_service.actions import changing, composing, showing, standing, threads
from chat_service.actions.changing import Changes
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain.drafts import Draft
from chat_service.domain.origins import Origin, signed
from chat_service.domain.threads import Begin, can_tag
from contracts.errors import DomainError, ErrorCode, NotFound, Unauthorized
from contracts.identity import Identity, Kind
from contracts.ids import UserId
from contracts.objects.user import User
from contracts.objects.webhook import Webhook
from contracts.permissions import Permission


@dataclass(frozen=True, slots=True)
class Signature:
    """How one post is signed, where not as the webhook is called."""

    name: str | None = None
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """A webhook whose token was seen, and the thread of its channel that is meant."""

    webhook: Webhook
    thread_id: int | None = None
    forum: Venue | None = None
    """Where it leads to a forum and not into one of its posts."""
    post_id: int = 0
    """Of the post that is to be begun there."""

    @property
    def channel_id(self) -> int:
        """Where it leads."""
        if self.forum is not None:
            return self.post_id
        return int(self.webhook.channel_id) if self.thread_id is None else self.thread_id


async def opened(
    chat: Chat, actor: Identity, webhook_id: int, thread_id: int | None = None
) -> Door:
    """The webhook whose token the edge has seen."""
    webhook = await chat.webhooks.find(webhook_id)
    if webhook is None:
        raise NotFound(ErrorCode.UNKNOWN_WEBHOOK)
    if actor.kind is not Kind.WEBHOOK or actor.user_id != webhook_id:
        raise Unauthorized(ErrorCode.INVALID_WEBHOOK_TOKEN)
    if thread_id is not None:
        return Door(webhook, thread_id)
    forum = await standing.in_forum(chat, webhook.guild_id, webhook.channel_id, _user_of(webhook))
    return Door(webhook, forum=forum, post_id=chat.outbox.next_id())


async def post(
    chat: Chat,
    actor: Identity,
    door: Door,
    draft: Draft,
    signature: Signature,
    *,
    begin: Begin | None = None,
) -> bytes:
    """Store a message and tell everybody who may see it; its JSON. In a forum it begins a post."""
    composing.require_sayable(draft)
    webhook = door.webhook
    author = signed(signature.name or webhook.name, webhook.avatar, signature.picture)
    application_id = None if webhook.application_id is None else int(webhook.application_id)
    draft = draft._replace(origin=Origin(int(webhook.id), application_id, author))
    if door.forum is not None:
        if begin is None:
            raise DomainError(ErrorCode.WEBHOOK_NEEDS_THREAD)
        assert door.forum.channel is not None
        if refusal := can_tag(door.forum.channel, (), begin.tags, Permission.MANAGE_THREADS):
            raise refusal
        posted = await threads.post_in(
            chat, actor, door.forum, begin, draft, thread_id=door.post_id
        )
        return posted.message.encode()
    if begin is not None:
        raise DomainError(ErrorCode.WEBHOOK_BEGINS_NO_THREAD)
    venue = await _venue(chat, webhook, door.thread_id)
    return await composing.send_in(chat, actor, venue, draft)


async def get(chat: Chat, actor: Identity, door: Door, message_id: int) -> bytes:
    """What it has posted."""
    venue = await _venue(chat, door.webhook, door.thread_id)
    message = await store.messages.one(chat.database.pool, venue.channel_id, message_id)
    if message is None or message.author_id != door.webhook.id:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return (await showing.shown(chat, actor.user_id, [message]))[0]


async def edit(chat: Chat, actor: Identity, door: Door, message_id: int, changes: Changes) -> bytes:
    """Change what it has posted."""
    await get(chat, actor, door, message_id)
    venue = await _venue(chat, door.webhook, door.thread_id)
    return await changing.edit_in(chat, actor, venue, message_id, changes)


async def delete(chat: Chat, actor: Identity, door: Door, message_id: int) -> None:
    """Take back what it has posted."""
    await get(chat, actor, door, message_id)
    venue = await _venue(chat, door.webhook, door.thread_id)
    await changing.delete_in(chat, actor, venue, message_id)


async def _venue(chat: Chat, webhook: Webhook, thread_id: int | None) -> Venue:
    """Where it posts: its channel, or a thread of it. A channel that is gone takes it along."""
    user = _user_of(webhook)
    if thread_id is None:
        try:
            return await standing.in_guild(chat, webhook.guild_id, webhook.channel_id, user)
        except NotFound:
            raise NotFound(ErrorCode.UNKNOWN_WEBHOOK) from None
    venue = await standing.in_guild(chat, webhook.guild_id, thread_id, user)
    if venue.thread is None or venue.thread.parent_id != webhook.channel_id:
        raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
    return venue


def _user_of(webhook: Webhook) -> User:
    return User(id=UserId(webhook.id), username=webhook.name, avatar=webhook.avatar, bot=True)
