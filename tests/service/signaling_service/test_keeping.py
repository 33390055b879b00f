"""Nobody is shown who is not there: nodes die, come back and are many; Redis forgets."""

from __future__ import annotations

from contextlib import AsyncExitStack

from contracts import topics
from contracts.events.voice import CallDelete, CallUpdate, VoiceStateUpdate
from contracts.rpc.signaling import LocateNode
from tests.fixtures.patience import until
from tests.fixtures.redis import RedisServer
from tests.service.signaling_service.house import ALICE, BOB, CAROL, open_house


async def test_a_channel_stays_on_its_node_and_others_go_where_fewest_are(redis_url: str) -> None:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_house(redis_url, instance="node-1"))
        second = await stack.enter_async_context(open_house(redis_url, instance="node-2"))
        guild = await first.guild()
        second.neighbours.guilds = first.neighbours.guilds
        second.neighbours.members = first.neighbours.members
        one, other = first.channel(guild), first.channel(guild)
        await first.joins(ALICE, one, guild)
        await second.joins(BOB, one, guild)
        await second.joins(CAROL, other, guild)
        joined = ((first, ALICE), (second, BOB), (second, CAROL))
        ways = [(await house.invited(who))[0].endpoint for house, who in joined]
        assert ways[0] == ways[1] != ways[2]
        node = ways[0].rpartition("/")[2]
        located = await second.gateway.ask(LocateNode(node=node))
        ports = {house.running.service.settings.port for house in (first, second)}
        assert located.port in ports
        assert (await first.gateway.ask(LocateNode(node="nobody"))).port == 0


async def test_a_dead_node_takes_its_stays_along(redis_url: str) -> None:
    async with open_house(redis_url, instance="node-1", lease_seconds=0.3) as living:
        guild = await living.guild()
        async with open_house(redis_url, instance="node-0", lease_seconds=0.3) as dying:
            dying.neighbours.guilds = living.neighbours.guilds
            dying.neighbours.members = living.neighbours.members
            channel = living.channel(guild)
            await dying.joins(ALICE, channel, guild)
            way, _ = await dying.invited(ALICE)
            assert way.endpoint.endswith("node-0"), "the first by name of two that are empty"
        told = await living.ears.hear(VoiceStateUpdate, count=2)
        assert told[-1].channel_id is None
        assert await living.states(guild) == {}


async def test_a_call_ends_with_the_node_on_which_it_was_spoken(redis_url: str) -> None:
    async with open_house(redis_url, instance="node-1", lease_seconds=0.3) as living:
        async with open_house(redis_url, instance="node-0", lease_seconds=0.3) as dying:
            pair = await dying.conversation(ALICE, BOB)
            await living.ears.to(topics.user(ALICE), topics.user(BOB))
            for who in (ALICE, BOB):
                await dying.joins(who, pair, None)
        await living.ears.hear(CallDelete, count=2, within=20)
        await until(lambda: living.neighbours.ended)
        (ended,) = living.neighbours.ended
        assert ended.participants == (ALICE, BOB)


async def test_a_node_that_comes_back_finds_its_stays_awaited(redis_url: str) -> None:
    async with open_house(redis_url) as house:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(ALICE, channel, guild)
        neighbours = house.neighbours
    async with open_house(redis_url) as house:
        house.neighbours.guilds, house.neighbours.members = neighbours.guilds, neighbours.members
        await house.ears.to(*(f"guild:{guild}",))  # type: ignore[arg-type]
        assert set(await house.states(guild)) == {ALICE}
        await house.passes(20)
        assert (await house.ears.hear(VoiceStateUpdate))[-1].channel_id is None


async def test_what_redis_lost_is_lost_and_people_can_join_anew(redis_server: RedisServer) -> None:
    async with open_house(redis_server.url) as house:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(ALICE, channel, guild)
        redis_server.command("FLUSHALL")
        assert await house.states(guild) == {}
        # The node says again and again that it lives.
        await until(lambda: house.gateway.ask(LocateNode(node="node-1")), lambda node: node.port)
        await house.joins(ALICE, channel, guild)
        assert set(await house.states(guild)) == {ALICE}


async def test_who_is_alone_in_a_call_is_let_go_and_nobody_is_rung_for_ever(redis_url: str) -> None:
    async with open_house(redis_url, pending_seconds=100_000) as house:
        pair, guild = await house.conversation(ALICE, BOB), await house.guild()
        await house.joins(ALICE, pair, None)
        await house.joins(CAROL, house.channel(guild), guild)
        await house.running.as_(ALICE).post(f"/channels/{pair}/call/ring")
        assert (await house.ears.hear(CallUpdate, count=2))[-1].ringing == (BOB,)
        await house.passes(46)
        assert (await house.ears.hear(CallUpdate, count=4))[-1].ringing == ()
        await house.passes(300)
        await house.ears.hear(CallDelete, count=2)
        await until(lambda: house.neighbours.ended)
        (ended,) = house.neighbours.ended
        assert ended.participants == (ALICE,)
        assert set(await house.states(guild)) == {CAROL}, "communities do not put out who waits"
