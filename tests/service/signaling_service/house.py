"""The words in which these tests speak of signaling_service, and the neighbours it asks."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chassis.rpc import Calls, RpcServer
from contracts import topics
from contracts.errors import NotFound
from contracts.events.base import Event
from contracts.events.voice import VoiceServerUpdate, VoiceStateUpdate
from contracts.guild_facts import GuildFacts
from contracts.ids import ChannelId, GuildId, MessageId, UserId
from contracts.objects.channel import Channel, ChannelOverwrite, ChannelType
from contracts.objects.member import Member
from contracts.objects.private import PrivateChannel
from contracts.objects.relationship import Standing
from contracts.objects.user import User
from contracts.objects.voice import VoiceState
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.base import Done
from contracts.rpc.chat import (
    AnnounceCall,
    Announced,
    AnnounceStage,
    EndCall,
    FoundPrivateChannel,
    GetPrivateChannel,
)
from contracts.rpc.community import (
    FoundFacts,
    GetGuildFacts,
    GetMembers,
    LocateChannel,
    Members,
    Place,
)
from contracts.rpc.signaling import GetVoiceStates, Governing, GovernVoice, UpdateVoiceState
from contracts.rpc.users import GetStandings, Standings
from signaling_service.app import build
from signaling_service.domain import tokens
from signaling_service.domain.tokens import Claims
from signaling_service.settings import Settings
from tests.fixtures.clock import START, ManualClock
from tests.fixtures.ears import Ears
from tests.fixtures.patience import until
from tests.fixtures.services import Running, running, stub

OWNER, ALICE, BOB, CAROL, BOT, STRANGER = 11, 12, 13, 14, 100, 66
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MODERATOR = EVERYONE_DEFAULT | Permission.MOVE_MEMBERS | Permission.MUTE_MEMBERS

_fresh = itertools.count(1_000_000)


def user(user_id: int) -> User:
    """A public face."""
    return User(id=UserId(user_id), username=f"user{user_id}", bot=user_id >= BOT)


@dataclass
class Neighbours:
    """Everybody but STRANGER is a member of every guild; conversations are as tests put them."""

    guilds: dict[int, GuildFacts] = field(default_factory=dict)
    members: dict[tuple[int, int], Member] = field(default_factory=dict)
    conversations: dict[int, tuple[int, ...]] = field(default_factory=dict)
    announced: list[AnnounceCall] = field(default_factory=list)
    of_stages: list[AnnounceStage] = field(default_factory=list)
    ended: list[EndCall] = field(default_factory=list)
    blocked: set[tuple[int, int]] = field(default_factory=set)

    def member(self, guild_id: int, user_id: int) -> Member:
        """Somebody in a guild."""
        key = guild_id, user_id
        if key not in self.members and user_id != STRANGER:
            self.members[key] = Member(user=user(user_id), joined_at=SINCE)
        return self.members[key]

    async def facts(self, call: GetGuildFacts) -> FoundFacts:
        return FoundFacts(facts=self.guilds.get(int(call.guild_id)))

    async def get_members(self, call: GetMembers) -> Members:
        found = [self.members.get((int(call.guild_id), int(one))) for one in call.user_ids]
        return Members(members=tuple(one for one in found if one is not None))

    async def locate(self, call: LocateChannel) -> Place:
        found = (each.id for each in self.guilds.values() if call.channel_id in each.channels)
        return Place(guild_id=next(found, None))

    async def conversation(self, call: GetPrivateChannel) -> FoundPrivateChannel:
        people = self.conversations.get(int(call.channel_id), ())
        if call.user_id not in people:
            raise NotFound
        return FoundPrivateChannel(
            channel=PrivateChannel(
                id=call.channel_id,
                type=ChannelType.DM if len(people) == 2 else ChannelType.GROUP_DM,
                recipients=tuple(user(one) for one in people if one != call.user_id),
            )
        )

    async def announce(self, call: AnnounceCall) -> Announced:
        self.announced.append(call)
        return Announced(message_id=MessageId(next(_fresh)))

    async def tell_of_stage(self, call: AnnounceStage) -> Done:
        self.of_stages.append(call)
        return Done()

    async def end(self, call: EndCall) -> Done:
        self.ended.append(call)
        return Done()

    async def standings(self, call: GetStandings) -> Standings:
        me = int(call.user_id)
        return Standings(
            standings=tuple(
                Standing(
                    user_id=other,
                    is_friend=True,
                    has_blocked=(me, int(other)) in self.blocked,
                    is_blocked_by=(int(other), me) in self.blocked,
                )
                for other in call.other_ids
            )
        )

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[str]:
        """The setting under which they are reached."""

        def community(rpc: RpcServer) -> None:
            rpc.handle(GetGuildFacts, self.facts)
            rpc.handle(GetMembers, self.get_members)
            rpc.handle(LocateChannel, self.locate)

        def chat(rpc: RpcServer) -> None:
            rpc.handle(GetPrivateChannel, self.conversation)
            rpc.handle(AnnounceCall, self.announce)
            rpc.handle(EndCall, self.end)
            rpc.handle(AnnounceStage, self.tell_of_stage)

        def users(rpc: RpcServer) -> None:
            rpc.handle(GetStandings, self.standings)

        async with AsyncExitStack() as stack:
            made = (("community", community), ("chat", chat), ("user", users))
            yield ",".join([await stack.enter_async_context(stub(*each)) for each in made])


@dataclass
class House:
    """The service with the words of these tests."""

    running: Running
    neighbours: Neighbours
    gateway: Calls
    community: Calls
    clock: ManualClock
    settings: dict[str, Any]
    sessions: dict[int, str] = field(default_factory=dict)

    @property
    def ears(self) -> Ears:
        """What is told."""
        assert self.running.ears is not None
        return self.running.ears

    async def guild(self, everyone: Permission = EVERYONE_DEFAULT, **more: Any) -> int:
        """A guild whose events are heard."""
        guild_id = next(_fresh)
        self.neighbours.guilds[guild_id] = GuildFacts(
            id=GuildId(guild_id),
            owner_id=UserId(OWNER),
            roles={guild_id: int(everyone)},
            channels={},
            **more,
        )
        for user_id in (OWNER, ALICE, BOB, CAROL, BOT):
            self.neighbours.member(guild_id, user_id)
        await self.ears.to(topics.guild(guild_id))
        return guild_id

    def channel(
        self,
        guild_id: int,
        kind: ChannelType = ChannelType.VOICE,
        overwrites: tuple[ChannelOverwrite, ...] = (),
        **more: Any,
    ) -> int:
        """A channel of it."""
        channel_id = next(_fresh)
        made = Channel(
            id=ChannelId(channel_id),
            type=kind,
            guild_id=GuildId(guild_id),
            name=f"voice{channel_id}",
            permission_overwrites=overwrites,
            **more,
        )
        facts = self.neighbours.guilds[guild_id]
        channels = {**facts.channels, made.id: made}
        self.neighbours.guilds[guild_id] = facts.model_copy(update={"channels": channels})
        return channel_id

    async def conversation(self, *people: int) -> int:
        """A conversation of these; its events are heard on the topic of each."""
        channel_id = next(_fresh)
        self.neighbours.conversations[channel_id] = people
        await self.ears.to(*(topics.user(one) for one in people))
        return channel_id

    async def joins(
        self, user_id: int, channel_id: int | None, guild_id: int | None, **how: Any
    ) -> None:
        """Opcode 4 by one's newest session, or by `session_id`."""
        session = how.pop("session_id", None) or self.sessions.setdefault(user_id, f"s{user_id}")
        await self.ears.to(topics.user(user_id))
        await self.gateway.ask(
            UpdateVoiceState(
                user_id=UserId(user_id),
                is_bot=user_id >= BOT,
                session_id=session,
                guild_id=None if guild_id is None else GuildId(guild_id),
                channel_id=None if channel_id is None else ChannelId(channel_id),
                **how,
            )
        )

    async def governs(
        self, actor: int, user_id: int, guild_id: int, what: Governing, channel: int | None = None
    ) -> None:
        """As community_service asks for it."""
        await self.community.ask(
            GovernVoice(
                guild_id=GuildId(guild_id),
                actor_id=UserId(actor),
                user_id=UserId(user_id),
                what=what,
                channel_id=None if channel is None else ChannelId(channel),
            )
        )

    async def tells(self, event: Event) -> None:
        """Another service says something on all its topics."""
        for topic in event.addresses():
            self.ears.bus.publish(topic, event.record(next(_fresh)), next(_fresh))

    async def states(self, guild_id: int) -> dict[int, VoiceState]:
        """Who is in voice in a guild, by person."""
        found = await self.gateway.ask(GetVoiceStates(guild_id=GuildId(guild_id)))
        return {int(state.user_id): state for state in found.states}

    def told(self) -> list[tuple[int, int | None]]:
        """Who went where, as it was told so far."""
        return [
            (int(one.user_id), None if one.channel_id is None else int(one.channel_id))
            for one in self.ears.heard(VoiceStateUpdate)
        ]

    async def told_in_all(self, count: int) -> list[tuple[int, int | None]]:
        """The same, as soon as there are so many."""
        await self.ears.hear(VoiceStateUpdate, count=count)
        return self.told()

    async def invited(self, user_id: int, count: int = 1) -> tuple[VoiceServerUpdate, Claims]:
        """The newest way in that somebody was told, with what its token says."""
        mine = await until(
            lambda: [u for u in self.ears.heard(VoiceServerUpdate) if u.user_id == user_id],
            lambda told: len(told) >= count,
        )
        settings = self.running.service.settings
        assert isinstance(settings, Settings)
        keys = {settings.api_key: settings.secret()}
        claims = tokens.read(mine[-1].token, keys, self.clock.now_ms() / 1000)
        assert claims is not None
        return mine[-1], claims

    async def passes(self, seconds: float) -> None:
        """Time goes by."""
        self.clock.advance(seconds)


@asynccontextmanager
async def open_house(
    redis_url: str, *, start: datetime = START, **given: Any
) -> AsyncIterator[House]:
    """signaling_service on a real Redis, with neighbours as these tests put them."""
    neighbours, clock = Neighbours(), ManualClock(start)
    async with neighbours.answering() as addresses:
        settings = {
            "redis_url": redis_url,
            "neighbours": addresses,
            "public_url": "http://moim.test:8080",
            "instance": "node-1",
            "sweep_seconds": 0.02,
            "renew_seconds": 0.05,
            "bot_pause_seconds": 0,
            **given,
        }
        async with running(Settings, lambda s: build(s, clock), **settings) as service:
            yield House(
                service,
                neighbours,
                await service.calls_from("gateway"),
                await service.calls_from("community"),
                clock,
                settings,
            )
