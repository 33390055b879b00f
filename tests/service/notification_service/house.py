"""The words in which these tests speak of notification_service, and the neighbours it asks."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

from chassis.bus import Bus
from chassis.rpc import RpcServer
from contracts import topics
from contracts.events import Event
from contracts.events.base import Inside
from contracts.events.guild import GuildJoined
from contracts.events.message import MessageCreate, MessageDelete
from contracts.events.reading import MessageAck
from contracts.events.relationship import RelationshipAdd
from contracts.events.scheduled_event import ScheduledEventUpdate
from contracts.events.voice import CallUpdate
from contracts.guild_facts import GuildFacts
from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.channel import Channel, ChannelOverwrite, ChannelType
from contracts.objects.member import Member
from contracts.objects.private import PrivateChannel
from contracts.objects.reading import ReadState
from contracts.objects.relationship import RelationshipType, Standing
from contracts.objects.scheduled_event import EntityType, EventStatus
from contracts.objects.settings import GuildNotifications
from contracts.objects.thread import ThreadMember
from contracts.objects.user import User
from contracts.permissions import EVERYONE_DEFAULT
from contracts.rpc.chat import (
    Arrivals,
    Arriving,
    FoundPrivateChannel,
    GetArrivals,
    GetPrivateChannel,
    GetThreadFollowers,
    ThreadMemberships,
)
from contracts.rpc.community import (
    FoundFacts,
    GetGuildFacts,
    GetInterested,
    GetMembers,
    GetMemberships,
    Interested,
    Members,
    Membership,
    Memberships,
)
from contracts.rpc.presence import Attention, Attentions, GetAttention
from contracts.rpc.users import (
    GetReaders,
    GetStandings,
    GetWishes,
    Reader,
    Readers,
    Standings,
    Wish,
    Wishes,
)
from notification_service.crowd import Crowd
from notification_service.inbox import Inbox
from tests.fixtures.patience import until
from tests.fixtures.push import Browser, PushService
from tests.fixtures.services import Running, stub

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_fresh = itertools.count(10_000_000)


def fresh() -> int:
    """An id that nothing else has."""
    return next(_fresh)


def user(user_id: int, name: str = "") -> User:
    """A public face."""
    return User(id=UserId(user_id), username=name or f"user{user_id}")


@dataclass
class Neighbours:
    """What a test put here is all there is."""

    readers: dict[int, Reader] = field(default_factory=dict)
    guilds: dict[int, GuildFacts] = field(default_factory=dict)
    members: dict[int, dict[int, Member]] = field(default_factory=dict)
    wishes: dict[tuple[int, int], GuildNotifications] = field(default_factory=dict)
    """By person and guild; 0 stands for private conversations."""
    blocks: set[tuple[int, int]] = field(default_factory=set)
    attentions: dict[int, Attention] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    followers: dict[int, tuple[ThreadMember, ...]] = field(default_factory=dict)
    read_states: dict[int, list[ReadState]] = field(default_factory=dict)
    talks: dict[int, list[int]] = field(default_factory=dict)
    """Conversations of a person."""
    interested: dict[int, list[int]] = field(default_factory=dict)
    """By scheduled event."""
    asked: list[str] = field(default_factory=list)

    async def memberships(self, call: GetMemberships) -> Memberships:
        """Where somebody is."""
        found = [
            Membership(guild_id=GuildId(guild), member=members[call.user_id])
            for guild, members in self.members.items()
            if call.user_id in members
        ]
        return Memberships(memberships=tuple(found))

    async def get_members(self, call: GetMembers) -> Members:
        """Members of a guild."""
        here = self.members.get(int(call.guild_id), {})
        return Members(members=tuple(here[one] for one in call.user_ids if one in here))

    async def facts(self, call: GetGuildFacts) -> FoundFacts:
        """A guild."""
        return FoundFacts(facts=self.guilds.get(int(call.guild_id)))

    async def get_interested(self, call: GetInterested) -> Interested:
        """Who is interested in an event."""
        found = sorted(self.interested.get(int(call.event_id), ()))
        page = [UserId(one) for one in found if one > call.after][: call.limit]
        return Interested(user_ids=tuple(page))

    async def get_wishes(self, call: GetWishes) -> Wishes:
        """How people wish to be told."""
        self.asked.append("wishes")
        place = int(call.guild_id or 0)
        found = [
            Wish(user_id=one, settings=self.wishes[one, place])
            for one in call.user_ids
            if (one, place) in self.wishes
        ]
        return Wishes(wishes=tuple(found))

    async def get_standings(self, call: GetStandings) -> Standings:
        """Who has blocked whom."""
        self.asked.append("standings")
        me = int(call.user_id)
        found = [
            Standing(
                user_id=other,
                has_blocked=(me, int(other)) in self.blocks,
                is_blocked_by=(int(other), me) in self.blocks,
            )
            for other in call.other_ids
        ]
        return Standings(standings=tuple(found))

    async def get_readers(self, call: GetReaders) -> Readers:
        """How people are spoken to."""
        found = (self.readers.get(int(one)) for one in call.user_ids)
        return Readers(readers=tuple(one for one in found if one is not None))

    async def get_attention(self, call: GetAttention) -> Attentions:
        """Where their eyes are."""
        self.asked.append("attention")
        found = (self.attentions.get(int(one)) for one in call.user_ids)
        return Attentions(attentions=tuple(one for one in found if one is not None))

    async def private_channel(self, call: GetPrivateChannel) -> FoundPrivateChannel:
        """A conversation."""
        name = self.groups.get(int(call.channel_id))
        kind = ChannelType.DM if name is None else ChannelType.GROUP_DM
        return FoundPrivateChannel(channel=PrivateChannel(id=call.channel_id, type=kind, name=name))

    async def get_arrivals(self, call: GetArrivals) -> Arrivals:
        """What people talk about, and how far they have read."""
        self.asked.append("arrivals")
        return Arrivals(people=tuple(self._arriving(int(one.user_id)) for one in call.readers))

    def _arriving(self, user_id: int) -> Arriving:
        talks, states = self.talks.get(user_id, ()), self.read_states.get(user_id, ())
        return Arriving(
            user_id=UserId(user_id),
            channels=tuple({"id": str(one)} for one in talks),
            read=tuple(one.dump() for one in states),
        )

    async def thread_followers(self, call: GetThreadFollowers) -> ThreadMemberships:
        """Who is in a thread."""
        return ThreadMemberships(members=self.followers.get(int(call.thread_id), ()))

    def _community(self, rpc: RpcServer) -> None:
        rpc.handle(GetMemberships, self.memberships)
        rpc.handle(GetMembers, self.get_members)
        rpc.handle(GetGuildFacts, self.facts)
        rpc.handle(GetInterested, self.get_interested)

    def _user(self, rpc: RpcServer) -> None:
        rpc.handle(GetWishes, self.get_wishes)
        rpc.handle(GetStandings, self.get_standings)
        rpc.handle(GetReaders, self.get_readers)

    def _presence(self, rpc: RpcServer) -> None:
        rpc.handle(GetAttention, self.get_attention)

    def _chat(self, rpc: RpcServer) -> None:
        rpc.handle(GetPrivateChannel, self.private_channel)
        rpc.handle(GetThreadFollowers, self.thread_followers)
        rpc.handle(GetArrivals, self.get_arrivals)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[str]:
        """The setting under which they are reached."""
        async with (
            stub("community", self._community) as community,
            stub("user", self._user) as users,
            stub("presence", self._presence) as presence,
            stub("chat", self._chat) as chat,
        ):
            yield f"{community},{users},{presence},{chat}"


@dataclass
class House:
    """The service with the words of these tests."""

    running: Running
    neighbours: Neighbours
    service: PushService
    rows: asyncpg.Connection[asyncpg.Record]

    # People and places.

    def person(self, name: str = "", locale: str = "en-US", email: str | None = None) -> int:
        """Somebody who has an account."""
        number = fresh()
        self.neighbours.readers[number] = Reader(
            user_id=UserId(number), name=name or f"user{number}", locale=locale, email=email
        )
        return number

    async def browser(self, who: int, browser: Browser | None = None) -> Browser:
        """A browser of theirs, subscribed; everything of theirs is heard from now on."""
        browser = browser or self.service.browser()
        answer = await self.running.as_(who).post("/users/@me/devices", json=browser.subscription)
        assert answer.status_code == 201, answer.text
        await self.watched(who)
        return browser

    async def watched(self, who: int) -> None:
        """Wait until their events are heard: whatever else is done meanwhile."""
        await until(lambda: who in self._crowd.people)

    def loses(self, topic: topics.Topic) -> None:
        """Events of this topic are lost to it."""
        self._inbox.lost(topic)

    @property
    def _inbox(self) -> Inbox:
        (inbox,) = (part for part in self.running.service._parts if isinstance(part, Inbox))
        return inbox

    @property
    def _crowd(self) -> Crowd:
        return self._inbox._crowd

    def guild(self, *members: int, name: str = "Book club", **facts: Any) -> GuildFacts:
        """A guild with these people and one channel, `general`."""
        number = fresh()
        channel = self._channel(number, "general")
        made = GuildFacts(
            id=GuildId(number),
            owner_id=UserId(fresh()),
            name=name,
            **{
                "roles": {number: int(EVERYONE_DEFAULT)},
                "channels": {channel.id: channel},
                **facts,
            },
        )
        self.neighbours.guilds[number] = made
        self.neighbours.members[number] = {}
        for one in members:
            self.member(made, one)
        return made

    def member(self, guild: GuildFacts, who: int, *roles: int) -> Member:
        """Let somebody be a member; no event tells it."""
        member = Member(user=user(who), joined_at=SINCE, roles=roles)
        self.neighbours.members[int(guild.id)][who] = member
        return member

    def general(self, guild: GuildFacts) -> int:
        """Its channel."""
        return int(next(iter(guild.channels)))

    def closed(self, guild: GuildFacts, role: int) -> int:
        """A channel more, for one role alone."""
        view = 1 << 10
        shut = ChannelOverwrite(id=int(guild.id), type=0, deny=view)
        let_in = ChannelOverwrite(id=role, type=0, allow=view)
        channel = self._channel(int(guild.id), "staff", shut, let_in)
        channels = {**guild.channels, channel.id: channel}
        roles = {**guild.roles, role: 0}
        self.neighbours.guilds[int(guild.id)] = guild.model_copy(
            update={"channels": channels, "roles": roles}
        )
        return int(channel.id)

    # What happens.

    @property
    def bus(self) -> Bus:
        """As other services tell it."""
        assert self.running.ears is not None
        return self.running.ears.bus

    def tell(self, event: Event, *to: topics.Topic, inside: Inside | None = None) -> None:
        """An event, on its own topics or on these."""
        number = fresh()
        for topic in to or event.addresses():
            self.bus.publish(topic, event.record(number, inside=inside), number)

    def says(
        self,
        author: int,
        channel: int,
        text: str = "hello",
        *,
        guild: GuildFacts | None = None,
        to: tuple[int, ...] = (),
        inside: Inside | None = None,
        **more: Any,
    ) -> int:
        """A message: in a guild, or in a conversation with these."""
        number = fresh()
        event = MessageCreate(
            id=MessageId(number),
            channel_id=ChannelId(channel),
            guild_id=guild.id if guild is not None else None,
            author=user(author),
            content=text,
            timestamp=SINCE,
            **more,
        )
        if guild is not None:
            self.tell(event, inside=inside)
        else:
            self.tell(event, *map(topics.user, (author, *to)))
        return number

    def reads(self, who: int, channel: int, message: int) -> None:
        """On some device of theirs."""
        self.tell(
            MessageAck(
                user_id=UserId(who), channel_id=ChannelId(channel), message_id=MessageId(message)
            )
        )

    def deletes(self, guild: GuildFacts, channel: int, message: int) -> None:
        """A message is no more."""
        self.tell(
            MessageDelete(id=MessageId(message), channel_id=ChannelId(channel), guild_id=guild.id)
        )

    def befriends(self, who: int, other: int) -> None:
        """`other` asks `who`."""
        kind = RelationshipType.INCOMING
        self.tell(
            RelationshipAdd(
                user_id=UserId(who),
                id=UserId(other),
                type=kind,
                user=user(other),
                should_notify=True,
            )
        )

    def rings(self, channel: int, who: int, *, ringing: tuple[int, ...]) -> None:
        """A call in a conversation, told to one in it."""
        event = CallUpdate(
            channel_id=ChannelId(channel),
            message_id=MessageId(fresh()),
            region="here",
            ringing=tuple(map(UserId, ringing)),
        )
        self.tell(event, topics.user(who))

    def begins(
        self, guild: GuildFacts, *interested: int, channel: int | None = None, **more: Any
    ) -> int:
        """A scheduled event begins, in which these are interested."""
        number = fresh()
        self.neighbours.interested[number] = list(interested)
        event = ScheduledEventUpdate(
            id=Snowflake(number),
            guild_id=guild.id,
            channel_id=ChannelId(channel) if channel is not None else None,
            name="Reading night",
            scheduled_start_time=SINCE,
            **{"status": EventStatus.ACTIVE, "entity_type": EntityType.EXTERNAL, **more},
        )
        self.tell(event)
        self.tell(event.model_copy(update={"description": "edited meanwhile"}))
        return number

    def joins(self, guild: GuildFacts, who: int) -> None:
        """Somebody becomes a member."""
        self.member(guild, who)
        self.tell(GuildJoined(user_id=UserId(who), guild_id=guild.id))

    # What arrives.

    async def arrives(self, browser: Browser, count: int = 1) -> list[dict[str, Any]]:
        """So many pushes, and no more of them until now."""
        await self.service.until(lambda: len(browser.received) >= count)
        assert len(browser.received) == count, browser.received
        assert not self.service.refused
        return browser.received

    async def noted(self, who: int, channel: int, message: int) -> asyncpg.Record:
        """Wait until a message has become a notice; the notice."""
        asked = "SELECT * FROM notices WHERE user_id = $1 AND subject = $2 AND about_id >= $3"
        return await until(lambda: self.rows.fetchrow(asked, who, f"c{channel}", message))

    async def is_read(self, who: int, channel: int, message: int) -> asyncpg.Record:
        """Wait until nothing of a channel is unread; the notice."""
        return await until(
            lambda: self.noted(who, channel, message), lambda notice: not notice["unread"]
        )

    async def keeps(self, who: int, devices: int) -> None:
        """Wait until somebody has so many devices, and no more."""
        asked = "SELECT count(*) FROM devices WHERE user_id = $1"
        await until(lambda: self.rows.fetchval(asked, who), lambda count: count == devices)

    async def counts(self, metric: str) -> None:
        """Wait until an operator sees this."""
        await until(lambda: metric in self.running.service.metrics.render().decode())

    async def hears_of(self, guild: GuildFacts) -> None:
        """Wait until it listens to a guild."""
        await until(lambda: int(guild.id) in self._crowd.rooms)

    async def nothing_but(self, who: int, browser: Browser, *bodies: str) -> None:
        """These, and nothing else that was told before now: what is told next comes next."""
        stranger = fresh()
        self.befriends(who, stranger)
        # Those of one moment may overtake each other.
        await self.service.until(
            lambda: (
                any(each["tag"] == f"f{stranger}" for each in browser.received)
                and sum(each["tag"][0] != "f" for each in browser.received) >= len(bodies)
            )
        )
        said = [each["body"] for each in browser.received if not each["tag"].startswith("f")]
        assert said == list(bodies)

    def _channel(self, guild: int, name: str, *overwrites: ChannelOverwrite) -> Channel:
        return Channel(
            id=ChannelId(fresh()),
            type=ChannelType.TEXT,
            guild_id=GuildId(guild),
            name=name,
            permission_overwrites=overwrites,
        )
