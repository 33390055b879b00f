"""Presence over real links and a real Redis: gateways report, die, come back; others are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count, groupby
from random import Random
from typing import Any

import pytest
from redis.asyncio import Redis

from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.rpc import Calls, RpcServer
from chassis.tasks import Tasks
from contracts import topics
from contracts.errors import Unavailable
from contracts.events import open_as
from contracts.events.presence import PresenceUpdate, SessionsReplace
from contracts.events.relationship import FriendshipChanged
from contracts.ids import GuildId, UserId
from contracts.objects.presence import Status
from contracts.rpc.base import Cast
from contracts.rpc.community import AllWhereabouts, GetWhereabouts, PersonSeen, Whereabouts
from contracts.rpc.presence import GetPresences, PresenceDelta, Seat
from contracts.rpc.users import AllFriends, Friends, GetFriends
from contracts.topics import Topic
from gateway.live.presence_link import PresenceLink
from gateway.live.seats import Seated, Seats
from presence_service.app import build
from presence_service.settings import Settings
from presence_service.store import Hold, Leases
from tests.fixtures.clock import ManualClock
from tests.fixtures.ears import Ears
from tests.fixtures.identity import keys
from tests.fixtures.patience import until
from tests.fixtures.services import Running, running, stub

GUILD, CLUB = GuildId(900), GuildId(901)
ALICE, BOB, CAROL = UserId(7), UserId(8), UserId(9)
NEVER = 3_600.0
PACE_S = 1.0
_fresh = count(1 << 40)


@dataclass
class Gateway:
    """The presence end of one gateway process."""

    link: PresenceLink
    seats: Seats
    calls: Calls
    tasks: Tasks

    def opens(self, session_id: str, user_id: UserId = ALICE, **how: Any) -> None:
        seat = Seat(session_id=session_id, user_id=user_id, **how)
        self.link.opened(Seated(*(getattr(seat, field) for field in Seated._fields)))

    def closes(self, session_id: str) -> None:
        self.link.closed(session_id)

    async def dies(self) -> None:
        """Without a word, as by kill -9."""
        await self.tasks.cancel()
        await self.calls.stop()

    def loses_next_delta(self) -> None:
        """The next delta goes out and never arrives."""
        cast = self.calls.cast

        def swallow(said: Cast) -> bool:
            if isinstance(said, PresenceDelta):
                self.calls.cast = cast  # type: ignore[method-assign]
                return True
            return cast(said)

        self.calls.cast = swallow  # type: ignore[method-assign]


@dataclass
class Community:
    """community_service as presence sees it: everybody is in the same guilds."""

    guilds: list[GuildId] = field(default_factory=lambda: [GUILD])
    seen: list[PersonSeen] = field(default_factory=list)
    fails: int = 0
    """So many answers are refusals."""

    async def answer(self, call: GetWhereabouts) -> AllWhereabouts:
        if self.fails:
            self.fails -= 1
            raise Unavailable
        guilds = tuple(self.guilds)
        return AllWhereabouts(
            people=tuple(Whereabouts(user_id=one, guild_ids=guilds) for one in call.user_ids)
        )


@dataclass
class People:
    """user_service as presence sees it."""

    friends: dict[UserId, tuple[UserId, ...]] = field(default_factory=dict)
    is_away: bool = False

    async def answer(self, call: GetFriends) -> AllFriends:
        if self.is_away:
            raise Unavailable
        known = ((one, self.friends[one]) for one in call.user_ids if one in self.friends)
        return AllFriends(
            people=tuple(Friends(user_id=one, friend_ids=theirs) for one, theirs in known)
        )


@dataclass
class House:
    """A presence process, its neighbours and its Redis."""

    presence: Running
    redis: Redis
    community: Community
    people: People
    neighbours: str
    clock: ManualClock
    _stack: AsyncExitStack
    _redis_url: str
    _pace_s: float

    async def gateway(
        self, instance: str = "g1", *, at: Running | None = None, digest_every: float = NEVER
    ) -> Gateway:
        """A gateway with a link to presence (or to another process of it)."""
        tasks = Tasks()
        calls = Calls(
            "gateway",
            {"presence": (at or self.presence).rpc},
            keys(),
            clock=SystemClock(),
            tasks=tasks,
            metrics=Metrics(),
            instance=instance,
        )
        seats = Seats(instance)
        link = PresenceLink(
            seats, calls, clock=SystemClock(), tasks=tasks, digest_every=digest_every
        )
        self._stack.push_async_callback(tasks.cancel)
        self._stack.push_async_callback(calls.stop)
        await link.start()
        await calls.start()
        return Gateway(link, seats, calls, tasks)

    async def another(self) -> Running:
        """A second process of presence_service."""
        return await self._stack.enter_async_context(
            presence(self._redis_url, self.neighbours, self.clock, self._pace_s)
        )

    @property
    def ears(self) -> Ears:
        assert self.presence.ears is not None
        return self.presence.ears

    def told(self, user_id: UserId = ALICE, guild_id: GuildId | None = GUILD) -> list[Status]:
        """What others were told of this person, in order."""
        return [
            each.status
            for each in self.ears.heard(PresenceUpdate)
            if each.user.id == user_id and each.guild_id == guild_id
        ]

    def told_alone(self) -> list[tuple[Topic, Status]]:
        """What was told outside guilds, and on whose topics."""
        found = [
            (topic, open_as(PresenceUpdate, body))
            for topic, name, body in self.ears.events
            if name == PresenceUpdate.__name__
        ]
        return [(topic, each.status) for topic, each in found if each.guild_id is None]

    def change(self, other: UserId, *, are_friends: bool) -> None:
        """Alice and another become friends or part, as user_service tells it."""
        event = FriendshipChanged(user_ids=(ALICE, other), are_friends=are_friends)
        number = next(_fresh)
        self.ears.bus.publish(event.address(), event.record(number), number)

    async def hears(self, *statuses: Status, of: UserId = ALICE) -> None:
        """Others are told this, and nothing else."""
        await until(lambda: len(self.told(of)) >= len(statuses))
        assert self.told(of) == list(statuses)

    async def settled(self, *session_ids: str, of: UserId = ALICE) -> None:
        """Exactly these sessions are kept, and nothing is left to be announced."""

        async def is_so() -> bool:
            raw = await self.redis.hgetall(topics.presence_key(of))
            kept = {name.decode() for name in raw if name[:1] != b"!"}
            return kept == set(session_ids) and raw.get(b"!v") == raw.get(b"!d")

        await until(is_so)

    async def seen(self, *user_ids: UserId) -> dict[UserId, Status]:
        """How present these people are, as a neighbour asks."""
        calls = await self.presence.calls_from("community")
        answer = await calls.ask(GetPresences(user_ids=user_ids), deadline=5)
        return {each.user.id: each.status for each in answer.presences}


def presence(redis_url: str, neighbours: str, clock: ManualClock, pace_s: float) -> Any:
    return running(
        Settings,
        partial(build, clock=clock),
        redis_url=redis_url,
        neighbours=neighbours,
        sweep_seconds=0.02,
        renew_seconds=0.02,
        devices_seconds=pace_s,
    )


@pytest.fixture
async def house(redis: str, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """Where devices are told of each other at once, or in the pace that is asked for."""
    pace_s: float = getattr(request, "param", 0.0)
    clock, community, people = ManualClock(), Community(), People()

    def declare(rpc: RpcServer) -> None:
        rpc.handle(GetWhereabouts, community.answer)
        rpc.hear(PersonSeen, lambda cast, _: community.seen.append(cast))

    async with AsyncExitStack() as stack:
        addresses = [
            await stack.enter_async_context(stub("community", declare)),
            await stack.enter_async_context(
                stub("user", lambda rpc: rpc.handle(GetFriends, people.answer))
            ),
        ]
        neighbours = ",".join(addresses)
        service = await stack.enter_async_context(presence(redis, neighbours, clock, pace_s))
        commands = Redis.from_url(redis)
        stack.push_async_callback(commands.aclose)
        assert service.ears is not None
        await service.ears.to(*map(topics.guild, (GUILD, CLUB)), *map(topics.user, (ALICE, BOB)))
        yield House(service, commands, community, people, neighbours, clock, stack, redis, pace_s)


class TestFriends:
    async def test_are_told_wherever_else_they_meet_even_while_nobody_can_say_who_they_are(
        self, house: House
    ) -> None:
        house.people.friends[ALICE] = (BOB,)
        gateway = await house.gateway()

        gateway.opens("a")
        both = {topics.user(ALICE), topics.user(BOB)}
        online = {(topic, Status.ONLINE) for topic in both}
        await until(lambda: set(house.told_alone()) == online)
        house.people.is_away = True
        gateway.opens("a", status=Status.IDLE)
        await house.hears(Status.ONLINE, Status.IDLE)
        idle = {(topic, Status.IDLE) for topic in both}
        await until(lambda: set(house.told_alone()[2:]) == idle)

    async def test_see_each_other_as_soon_as_they_are_friends_and_no_longer_than_that(
        self, house: House
    ) -> None:
        """A22: where somebody was, anybody could ask."""
        gateway = await house.gateway()
        gateway.opens("a")
        await house.hears(Status.ONLINE)
        assert house.told_alone() == [(topics.user(ALICE), Status.ONLINE)]
        house.people.friends[ALICE] = (BOB,)
        house.change(BOB, are_friends=True)
        bobs = topics.user(BOB)
        await until(lambda: (bobs, Status.ONLINE) in house.told_alone())
        gateway.opens("a", status=Status.IDLE)
        await until(lambda: (bobs, Status.IDLE) in house.told_alone())
        house.people.friends[ALICE] = ()
        house.change(BOB, are_friends=False)
        await house.ears.to(topics.user(CAROL))
        house.change(CAROL, are_friends=True)
        await until(lambda: (topics.user(CAROL), Status.IDLE) in house.told_alone())
        gateway.opens("a", status=Status.DND)
        await house.hears(Status.ONLINE, Status.IDLE, Status.DND)
        await house.settled("a")
        assert (bobs, Status.DND) not in house.told_alone()


class TestDevices:
    async def test_the_first_device_is_announced_once_and_the_second_says_nothing_new(
        self, house: House
    ) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.hears(Status.ONLINE)
        gateway.opens("b")
        await house.settled("a", "b")
        assert house.told() == [Status.ONLINE]

    async def test_c1_closing_one_of_two_devices_keeps_the_person_online(
        self, house: House
    ) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        gateway.opens("b")
        await house.settled("a", "b")
        gateway.closes("a")
        await until(partial(_is_leaving, house, "a"))
        house.clock.advance(10)
        await house.settled("b")
        assert house.told() == [Status.ONLINE]
        assert await house.seen(ALICE) == {ALICE: Status.ONLINE}

    async def test_community_service_hears_who_comes_and_who_goes(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.hears(Status.ONLINE)
        gateway.opens("a", status=Status.IDLE)
        await house.hears(Status.ONLINE, Status.IDLE)
        gateway.closes("a")
        await until(partial(_is_leaving, house, "a"))
        house.clock.advance(10)
        await house.hears(Status.ONLINE, Status.IDLE, Status.OFFLINE)
        await until(lambda: len(house.community.seen) == 2)
        assert [(one.user_id, one.is_here) for one in house.community.seen] == [
            (ALICE, True),
            (ALICE, False),
        ]

    async def test_every_guild_and_the_own_devices_are_told_once(self, house: House) -> None:
        """A22: nobody else learns who is here."""
        house.community.guilds = [GUILD, CLUB]
        (await house.gateway()).opens("a", status=Status.IDLE, activities=({"name": "chess"},))
        await house.settled("a")
        heard = await house.ears.hear(PresenceUpdate, count=3)
        assert sorted(each.guild_id or 0 for each in heard) == [0, GUILD, CLUB]
        assert {each.status for each in heard} == {Status.IDLE}
        assert all(each.activities == ({"name": "chess"},) for each in heard)
        assert all(each.client_status == {"desktop": "idle"} for each in heard)

    async def test_who_comes_together_is_told_guild_by_guild(self, house: House) -> None:
        house.community.guilds = [GUILD, CLUB]
        gateway = await house.gateway()
        gateway.opens("a", ALICE)
        gateway.opens("b", BOB)
        heard = await house.ears.hear(PresenceUpdate, count=6)
        told = [guild_id for guild_id, _ in groupby(each.guild_id or 0 for each in heard)]
        assert len(told) == 3, "for each session they are then one write"

    async def test_a_community_joined_lately_hears_of_a_mere_change(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        house.community.guilds = [GUILD, CLUB]
        gateway.opens("a", status=Status.DND)
        await until(lambda: house.told(guild_id=CLUB) == [Status.DND])
        assert house.told() == [Status.ONLINE, Status.DND]

    async def test_c1_who_has_several_devices_sees_all_of_them(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        gateway.opens("b", platform="mobile", status=Status.DND)
        await house.settled("a", "b")
        gateway.closes("a")
        await until(lambda: len(house.ears.bodies(SessionsReplace)) == 2)
        both, one = house.ears.bodies(SessionsReplace)
        assert [each["session_id"] for each in both] == ["a", "b"]
        assert [(s["status"], s["client_info"]["client"]) for s in one] == [("dnd", "mobile")]

    @pytest.mark.parametrize("house", [PACE_S], indirect=True)
    async def test_devices_that_come_one_after_the_other_are_told_of_each_other_together(
        self, house: House
    ) -> None:
        """What others see of them does not wait."""
        gateway = await house.gateway()
        for device in "ab":
            gateway.opens(device)
        await house.settled("a", "b")
        for device in "cd":
            gateway.opens(device, status=Status.DND)
            await until(partial(_is_kept, house, device))
        await house.hears(Status.ONLINE, Status.DND)
        assert [len(each) for each in house.ears.bodies(SessionsReplace)] == [2]
        house.clock.advance(PACE_S)
        await house.settled("a", "b", "c", "d")
        await until(lambda: len(house.ears.bodies(SessionsReplace)) == 2)
        assert len(house.ears.bodies(SessionsReplace)[-1]) == 4

    async def test_another_status_and_another_platform_are_announced_at_once(
        self, house: House
    ) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        gateway.opens("a", status=Status.IDLE)
        await house.hears(Status.ONLINE, Status.IDLE)
        gateway.opens("b", platform="mobile", status=Status.DND)
        await house.hears(Status.ONLINE, Status.IDLE, Status.DND)
        last = house.ears.heard(PresenceUpdate)[-1]
        assert last.client_status == {"desktop": "idle", "mobile": "dnd"}

    async def test_an_invisible_person_is_never_told_of(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a", status=Status.INVISIBLE)
        await house.settled("a")
        assert house.ears.heard(PresenceUpdate) == []
        assert await house.seen(ALICE) == {}

    async def test_who_turns_invisible_is_offline_to_others_at_once(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        gateway.opens("a", status=Status.INVISIBLE)
        await house.hears(Status.ONLINE, Status.OFFLINE)
        assert await house.seen(ALICE) == {}


class TestGrace:
    async def test_the_last_device_gone_is_offline_after_ten_seconds(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        gateway.closes("a")
        await until(partial(_is_leaving, house, "a"))
        house.clock.advance(9.9)
        await house.settled("a")
        assert await house.seen(ALICE) == {ALICE: Status.ONLINE}
        house.clock.advance(0.1)
        await house.hears(Status.ONLINE, Status.OFFLINE)
        await house.settled()
        assert await house.seen(ALICE) == {}

    async def test_gone_and_back_within_the_grace_says_nothing(self, house: House) -> None:
        gateway = await house.gateway()
        for number in range(3):
            gateway.opens(f"s{number}")
            await until(partial(_is_kept, house, f"s{number}"))
            gateway.closes(f"s{number}")
            await until(partial(_is_leaving, house, f"s{number}"))
            house.clock.advance(5)
        gateway.opens("last")
        await until(partial(_is_kept, house, "last"))
        house.clock.advance(10)
        await house.settled("last")
        assert house.told() == [Status.ONLINE]


async def _is_kept(house: House, session_id: str) -> bool:
    kept = await house.redis.hget(topics.presence_key(ALICE), session_id)
    return kept is not None and b'"l":true' not in kept


async def _is_kept(house: House, session_id: str) -> bool:
    return bool(await house.redis.hexists(topics.presence_key(ALICE), session_id))


async def _is_leaving(house: House, session_id: str) -> bool:
    kept = await house.redis.hget(topics.presence_key(ALICE), session_id)
    return kept is not None and b'"l":true' in kept


class TestGateways:
    async def test_c3_sessions_of_a_killed_gateway_lapse_after_their_lease(
        self, house: House
    ) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        await gateway.dies()
        house.clock.advance(59)
        await house.settled("a")
        assert await house.seen(ALICE) == {ALICE: Status.ONLINE}
        house.clock.advance(1)
        await house.hears(Status.ONLINE, Status.OFFLINE)
        await house.settled()

    async def test_c3_a_session_lasts_as_long_as_its_gateway_is_heard(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")

        async def is_renewed() -> bool:
            (lease,) = (await Leases(house.redis, "test").read([ALICE]))[ALICE]
            return lease.expires_ms == house.clock.now_ms() + 60_000

        for _ in range(20):
            house.clock.advance(50)
            digest = gateway.seats.digest()
            assert digest is not None
            assert (await gateway.calls.ask(digest)).agrees
            await until(is_renewed)
        assert house.told() == [Status.ONLINE]

    async def test_a_gateway_back_with_a_new_epoch_is_reconciled_exactly(
        self, house: House
    ) -> None:
        first = await house.gateway()
        first.opens("a", ALICE)
        first.opens("b", BOB)
        await house.settled("a")
        await house.settled("b", of=BOB)
        await first.dies()
        second = await house.gateway()
        second.opens("b", BOB, status=Status.DND)
        second.opens("c", CAROL)
        await house.hears(Status.ONLINE, Status.DND, of=BOB)
        await house.hears(Status.ONLINE, of=CAROL)
        await until(partial(_is_leaving, house, "a"))
        house.clock.advance(10)
        await house.hears(Status.ONLINE, Status.OFFLINE)
        expected = {BOB: Status.DND, CAROL: Status.ONLINE}
        assert await house.seen(ALICE, BOB, CAROL) == expected

    async def test_a_session_that_moved_to_another_gateway_stays(self, house: House) -> None:
        here, there = await house.gateway("g1"), await house.gateway("g2")
        here.opens("a")
        await house.settled("a")
        there.opens("a")

        async def has_moved() -> bool:
            kept = await house.redis.hget(topics.presence_key(ALICE), "a")
            return kept is not None and b'"g2"' in kept

        await until(has_moved)
        here.closes("a")
        here.opens("b", BOB)
        await house.settled("b", of=BOB)
        house.clock.advance(10)
        await house.settled("a")
        assert house.told() == [Status.ONLINE]

    async def test_a_draining_gateway_closes_every_session(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        await gateway.link.drain()
        await until(partial(_is_leaving, house, "a"))


class TestLosses:
    @pytest.mark.parametrize("is_followed", [True, False], ids=["by its number", "by the digest"])
    async def test_a_lost_delta_is_noticed_and_mended(
        self, house: House, is_followed: bool
    ) -> None:
        gateway = await house.gateway(digest_every=0.2)
        gateway.opens("a")
        await house.settled("a")
        gateway.loses_next_delta()
        gateway.opens("b", BOB)
        gateway.closes("a")
        if is_followed:
            gateway.link._say()
            gateway.opens("c", CAROL)
        await house.hears(Status.ONLINE, of=BOB)
        await until(partial(_is_leaving, house, "a"))

    async def test_a_presence_process_that_lost_its_memory_asks_for_everything(
        self, house: House
    ) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        digest = gateway.seats.digest()
        assert digest is not None
        assert (await gateway.calls.ask(digest)).agrees
        other = await house.another()
        calls = await other.calls_from("gateway")
        assert not (await calls.ask(digest)).agrees

    async def test_lost_leases_are_restored_by_the_next_renewal(self, house: House) -> None:
        gateway = await house.gateway()
        gateway.opens("a")
        await house.settled("a")
        await house.redis.delete(topics.presence_key(ALICE), topics.presence_instance_key("g1"))
        await house.settled("a")
        assert await house.seen(ALICE) == {ALICE: Status.ONLINE}

    async def test_what_could_not_be_announced_is_announced_later(self, house: House) -> None:
        house.community.fails = 1
        (await house.gateway()).opens("a")
        await until(lambda: house.community.fails == 0)
        assert house.told() == []
        house.clock.advance(5)
        await house.hears(Status.ONLINE)

    async def test_what_a_crashed_process_left_unannounced_is_announced_by_another(
        self, house: House
    ) -> None:
        seat = Seat(session_id="a", user_id=ALICE)
        hold = Hold("g9", seat, house.clock.now_ms() + 60_000)
        crashed = Leases(house.redis, "crashed")
        (outcome,) = await crashed.apply({ALICE: [hold]}, house.clock.now_ms())
        assert outcome.claim is not None
        house.clock.advance(5)
        await house.hears(Status.ONLINE)
        await house.settled("a")


class TestTogether:
    async def test_c4_two_gateways_and_two_presence_processes_lose_nothing(
        self, house: House
    ) -> None:
        dice = Random(4)
        other = await house.another()
        gateways = [await house.gateway("g1"), await house.gateway("g2", at=other)]
        people = (ALICE, BOB)
        for number in range(60):
            gateway, user_id = dice.choice(gateways), dice.choice(people)
            gateway.opens(f"{number}", user_id, status=dice.choice([Status.ONLINE, Status.DND]))
            if dice.random() < 0.7:
                gateway.closes(f"{number}")
            if dice.random() < 0.5:
                gateway.link._say()
                await asyncio.sleep(0)
        for user_id in people:
            gateways[0].opens(f"last-{user_id}", user_id, status=Status.IDLE)
        truth = {
            user_id: {
                session_id
                for gateway in gateways
                for session_id, seat in gateway.seats._held.items()
                if seat.user_id == user_id
            }
            for user_id in people
        }
        await until(partial(_all_here, house, truth))
        house.clock.advance(10)
        for user_id in people:
            await house.settled(*truth[user_id], of=user_id)
        seen = await house.seen(*people)
        assert {user_id: house.told(user_id)[-1] for user_id in people} == seen


async def _all_here(house: House, truth: dict[UserId, set[str]]) -> bool:
    for user_id, session_ids in truth.items():
        raw = await house.redis.hgetall(topics.presence_key(user_id))
        live = {k.decode() for k, v in raw.items() if k[:1] != b"!" and b'"l":true' not in v}
        if live != session_ids or raw.get(b"!v") != raw.get(b"!d"):
            return False
    return True
