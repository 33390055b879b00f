"""From events to whom they concern."""

from __future__ import annotations

from datetime import timedelta

from contracts.errors import NotFound
from contracts.events.base import Route
from contracts.events.message import MessageCreate
from contracts.events.relationship import RelationshipAdd
from contracts.events.scheduled_event import ScheduledEventUpdate
from contracts.events.voice import CallUpdate
from contracts.guild_facts import GuildFacts
from contracts.ids import ChannelId, UserId
from contracts.objects.channel import Channel
from contracts.objects.relationship import RelationshipType
from contracts.objects.settings import NotifyLevel
from contracts.objects.user import User
from contracts.rpc.chat import GetPrivateChannel
from contracts.wire import JSON
from notification_service.actions.telling import Concern
from notification_service.crowd import Crowd
from notification_service.domain import notices
from notification_service.domain.concerns import Room
from notification_service.domain.deciding import SILENT, Listener, Reason, Said
from notification_service.domain.notices import News
from notification_service.domain.pushes import RING_TTL_S
from notification_service.domain.seeing import Sight
from notification_service.domain.texts import shown
from notification_service.tools import Tools

_REPLY = 19
_TALK = frozenset({0, _REPLY, 20, 23})
"""Types of messages that somebody wrote: text, reply, answers to commands."""
_FRIENDS = {
    RelationshipType.INCOMING: Reason.FRIEND_REQUEST,
    RelationshipType.FRIEND: Reason.FRIEND_ACCEPTED,
}


async def of_private(
    tools: Tools, crowd: Crowd, message: MessageCreate, hearer: int
) -> Concern | None:
    """Whom a message of a conversation concerns: on whose topic it was told."""
    author_id = int(message.author.id)
    if message.type not in _TALK or hearer == author_id or hearer not in crowd.people:
        return None
    said = Said(
        author_id=author_id,
        channel_id=int(message.channel_id),
        message_id=int(message.id),
        is_silent=bool(message.flags & SILENT),
    )
    listener = Listener(hearer, wish=await crowd.private_wish(hearer))
    body = _body(message, {}) | {"channel": await crowd.name_of(hearer, said.channel_id)}
    return Concern(_news(tools, message, body), author_id, [(listener, Reason.DM)], said)


async def of_guild(
    tools: Tools, crowd: Crowd, message: MessageCreate, route: Route
) -> Concern | None:
    """Whom a message in a community concerns, of those who see it now."""
    guild_id, room_id = int(message.guild_id or 0), route.room_id or 0
    room = await crowd.room(guild_id)
    if room is None or message.type not in _TALK:
        return None
    try:
        facts = await crowd.facts.get(guild_id)
    except NotFound:
        return None
    channel = facts.channels.get(ChannelId(room_id))
    if channel is None:
        return None
    followers = None
    if route.parent_id is not None:
        followers = await crowd.followers(int(message.channel_id))
    said = _said(message, route, channel, facts, followers)
    seeing = _seeing(tools, room, facts, said, route)
    listeners = room.listeners(said, seeing)
    if not listeners:
        return None
    place = channel.name
    if followers is not None:
        place = await crowd.name_of(listeners[0][0].user_id, said.channel_id) or place
    channels = {int(one.id): one.name for one in facts.channels.values()}
    body = _body(message, channels) | {"guild": facts.name, "channel": place}
    news = _news(tools, message, body)
    return Concern(news, said.author_id, listeners, said, room.keeps_from_phones())


def of_relationship(tools: Tools, event: RelationshipAdd, event_id: int) -> Concern | None:
    """A friend request, or that one's own was accepted."""
    if event.type not in _FRIENDS or not event.should_notify:
        return None
    other = int(event.user.id)
    news = News(
        subject=notices.of_friend(other),
        about_id=event_id,
        body={"author": _name(event.user), "author_id": str(other)},
        expires=tools.clock.now() + tools.policy.worth,
    )
    return Concern(news, other, [(Listener(int(event.user_id)), _FRIENDS[event.type])])


async def of_call(tools: Tools, event: CallUpdate, hearer: int, event_id: int) -> Concern | None:
    """A call that rings for somebody, for as long as anybody waits for an answer."""
    asked = GetPrivateChannel(user_id=UserId(hearer), channel_id=event.channel_id)
    try:
        channel = (await tools.calls.ask(asked)).channel
    except NotFound:
        return None
    others = channel.recipients if channel is not None else ()
    name = (channel.name if channel is not None else None) or ", ".join(map(_name, others))
    news = News(
        subject=notices.of_call(int(event.channel_id)),
        about_id=event_id,
        body={"author": name},
        expires=tools.clock.now() + timedelta(seconds=RING_TTL_S),
        channel_id=int(event.channel_id),
    )
    actor = int(others[0].id) if others else 0
    return Concern(news, actor, [(Listener(hearer), Reason.RING)])


async def of_event(tools: Tools, crowd: Crowd, event: ScheduledEventUpdate) -> Concern | None:
    """A scheduled event begins: those are told who are interested, see it, and did not ask for
    silence about events.
    """
    guild_id, event_id = int(event.guild_id), int(event.id)
    room = await crowd.room(guild_id)
    if room is None:
        return None
    try:
        facts = await crowd.facts.get(guild_id)
    except NotFound:
        return None
    interested = await crowd.interested(event_id)
    sight = Sight(facts, event.channel_id, tools.clock.now())
    listeners = [
        (listener, Reason.EVENT)
        for listener in map(room.listener, sight.among(room.members, interested))
        if listener.wish is None or not listener.wish.mute_scheduled_events
    ]
    news = News(
        subject=notices.of_event(event_id),
        # What comes again begins again; what is edited meanwhile does not.
        about_id=int(event.scheduled_start_time.timestamp()),
        body={"author": event.name, "guild": facts.name},
        expires=tools.clock.now() + tools.policy.worth,
        guild_id=guild_id,
        channel_id=None if event.channel_id is None else int(event.channel_id),
    )
    return Concern(news, 0, listeners, not_on_phones=room.keeps_from_phones())


def _said(
    message: MessageCreate,
    route: Route,
    channel: Channel,
    facts: GuildFacts,
    followers: dict[int, NotifyLevel] | None,
) -> Said:
    return Said(
        author_id=int(message.author.id),
        channel_id=int(message.channel_id),
        message_id=int(message.id),
        guild_id=int(facts.id),
        parent_id=route.parent_id,
        category_id=int(channel.parent_id) if channel.parent_id is not None else None,
        mentions=frozenset(map(int, route.mentions)),
        roles=frozenset(map(int, message.mention_roles)),
        everyone=message.mention_everyone,
        replied_to=_replied_to(message),
        is_silent=bool(message.flags & SILENT),
        default=facts.default_notifications,
        followers=followers,
    )


def _seeing(tools: Tools, room: Room, facts: GuildFacts, said: Said, route: Route) -> list[int]:
    concerned = room.concerned(said)
    if route.hearers is not None:
        concerned &= frozenset(route.hearers)
    if not concerned:
        return []
    sight = Sight(facts, route.room_id or 0, tools.clock.now())
    return sight.among(room.members, concerned)


def _news(tools: Tools, message: MessageCreate, body: JSON) -> News:
    return News(
        subject=notices.of_channel(int(message.channel_id)),
        about_id=int(message.id),
        body=body,
        expires=tools.clock.now() + tools.policy.worth,
        guild_id=int(message.guild_id) if message.guild_id is not None else None,
        channel_id=int(message.channel_id),
    )


def _body(message: MessageCreate, channels: dict[int, str]) -> JSON:
    nick = message.member.nick if message.member is not None else None
    people = {int(user.id): _name(user) for user in message.mentions}
    pictures = (
        each.url for each in message.attachments if (each.content_type or "").startswith("image/")
    )
    return {
        "author": nick or _name(message.author),
        "author_id": str(message.author.id),
        "text": shown(message.content, people, channels),
        "image": next(pictures, None),
        "files": len(message.attachments),
    }


def _name(user: User) -> str:
    return user.global_name or user.username


def _replied_to(message: MessageCreate) -> int | None:
    author = (message.referenced_message or {}).get("author") or {}
    return int(author["id"]) if "id" in author and message.type == _REPLY else None
