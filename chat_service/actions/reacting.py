"""What events elsewhere do to messages: a greeting, and removals, carried out in batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat_service import store
from chat_service.actions import alerting, announcing, tending, thread_state
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.store.removals import Removal
from chat_service.tools import Unit
from contracts import limits, topics
from contracts.errors import NotFound
from contracts.events.automod import ProfileFlagged
from contracts.events.ban import MessagesUnwanted
from contracts.events.base import Hearing, open_as
from contracts.events.channel import ChannelDelete
from contracts.events.guild import GuildDeleted
from contracts.events.member import MemberAdd, MemberRemove
from contracts.events.message import MessageDeleteBulk
from contracts.identity import NOBODY
from contracts.ids import ChannelId, GuildId, MessageId, floor_of
from contracts.objects.channel import TALKABLE
from contracts.objects.member import Member
from contracts.permissions import NONE
from contracts.topics import Topic

JOINED = 7
_NO_GREETINGS = 1 << 0
_LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Heard:
    """Up to where the events of a topic have had their effect."""

    epoch: str
    stamp: int


async def heard(chat: Chat, topic: Topic) -> Heard | None:
    """Up to where a topic was heard, if it ever was."""
    async with chat.units.reading(NOBODY) as unit:
        found = await store.hearing.heard(unit, topic)
    return None if found is None else Heard(*found)


async def begin(chat: Chat, topic: Topic, since: Heard) -> None:
    """What was told before does not concern us."""
    async with chat.units.open(NOBODY) as unit:
        await store.hearing.note(unit, topic, since.epoch, since.stamp)


async def react(chat: Chat, name: str, body: bytes, at: Heard) -> None:
    """Let an event have its effect, once."""
    greeting: Venue | None = None
    removals: list[Removal] = []
    alert: Venue | None = None
    if name == MemberAdd.__name__:
        greeting = await _greeting(chat, open_as(MemberAdd, body))
    elif name == MessagesUnwanted.__name__:
        removals = await _of_author(chat, open_as(MessagesUnwanted, body))
    elif name == MemberRemove.__name__:
        left = open_as(MemberRemove, body)
        await tending.leave_all(chat, left.guild_id, left.user.id)
    elif name == ProfileFlagged.__name__:
        flagged = open_as(ProfileFlagged, body)
        alert = await alerting.place_of_name(chat, flagged)
    async with chat.units.open(NOBODY) as unit:
        await store.hearing.note(unit, topics.NEWS, at.epoch, at.stamp)
        if alert is not None:
            await alerting.tell_of_name(unit, alert, flagged)
        if greeting is not None:
            await _greet(unit, greeting)
        elif name == ChannelDelete.__name__:
            await store.removals.of_channel(unit, open_as(ChannelDelete, body).id)
        elif name == GuildDeleted.__name__:
            gone = open_as(GuildDeleted, body)
            await store.removals.of_channel(unit, *gone.channel_ids)
            await store.commands.forget_guild(unit, gone.guild_id)
        elif name == MessagesUnwanted.__name__:
            unwanted = open_as(MessagesUnwanted, body)
            since, who = _begin_of(unwanted), int(unwanted.user_id)
            removals += await tending.talked_in(unit, unwanted.guild_id, who, since)
            await store.removals.of_author(unit, removals)


async def remove_some(chat: Chat) -> bool:
    """One batch of what is to go; False when nothing is left to do."""
    async with chat.units.open(NOBODY) as unit:
        removal = await store.removals.next_one(unit)
        if removal is None:
            return False
        ids, go_on = await store.removals.batch(unit, removal, _LOOKED_AT)
        gone = await store.writing.remove(unit, removal.channel_id, ids)
        if removal.author_id is not None:
            await _tell(unit, removal, gone)
        is_whole = removal.author_id is None and go_on is None
        if is_whole and await tending.go_with_channel(unit, removal.channel_id):
            go_on = removal.from_id
        await store.removals.settle(unit, removal, go_on)
    return True


async def forget(chat: Chat, nonce_hours: int) -> None:
    """Forget nonces that no client repeats, and turns that have come."""
    await store.messages.forget_nonces(chat.database.pool, nonce_hours)
    await store.messages.forget_turns(chat.database.pool)


async def _tell(unit: Unit, removal: Removal, gone: Sequence[int]) -> None:
    """People may be looking at that channel."""
    if not gone:
        return
    channel_id, guild_id = removal.channel_id, removal.guild_id
    to: Sequence[Topic] = ()
    if guild_id is None:
        people = await store.conversations.people(unit, channel_id)
        to = [topics.user(person) for person in people]
    elif (inside := await tending.place_of(unit, channel_id)) is not None:
        await thread_state.lessened(unit, channel_id, gone)
        to = inside
    for start in range(0, len(gone), limits.BULK_DELETE_MAX):
        unit.emit(
            MessageDeleteBulk(
                ids=tuple(map(MessageId, gone[start : start + limits.BULK_DELETE_MAX])),
                channel_id=ChannelId(channel_id),
                guild_id=None if guild_id is None else GuildId(guild_id),
            ),
            to=to,
        )


async def _of_author(chat: Chat, event: MessagesUnwanted) -> list[Removal]:
    try:
        facts = await chat.facts.guilds.get(event.guild_id)
    except NotFound:
        return []
    begin_id = _begin_of(event)
    return [
        Removal(0, channel.id, event.guild_id, event.user_id, begin_id, chat.outbox.next_id())
        for channel in facts.channels.values()
        if channel.type in TALKABLE
    ]


def _begin_of(event: MessagesUnwanted) -> int:
    return floor_of(int(event.since.timestamp() * 1000))


async def _greeting(chat: Chat, event: MemberAdd) -> Venue | None:
    """Where somebody new is greeted, if the guild wants that."""
    try:
        facts = await chat.facts.guilds.get(event.guild_id)
    except NotFound:
        return None
    channel = facts.channels.get(facts.system_channel_id or ChannelId(0))
    if channel is None or facts.system_channel_flags & _NO_GREETINGS:
        return None
    return Venue(
        channel_id=channel.id,
        guild_id=event.guild_id,
        user=event.user,
        granted=NONE,
        heard_on=Hearing((topics.guild(event.guild_id),)),
        member=Member.model_validate(dict(event)),
        channel=channel,
    )


async def _greet(unit: Unit, venue: Venue) -> None:
    # Every process of this service hears it: whoever takes the nonce first greets.
    assert venue.member is not None
    once = f"joined:{venue.member.joined_at.timestamp():f}"
    if await store.writing.take(unit, venue.channel_id, venue.user.id, once):
        await announcing.announce(unit, venue, JOINED)
