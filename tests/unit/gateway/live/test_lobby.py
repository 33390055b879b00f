"""What all sockets of a process share: goodbyes in waves, records, presence, members in chunks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisAway

from chassis.metrics import Metrics
from contracts.identity import Identity
from contracts.intents import Intent
from contracts.rpc.community import GetMembers, ListMembers
from contracts.rpc.edge import ReleaseSession
from contracts.topics import session_key
from gateway.live.atlas import LINGER_S
from gateway.live.lobby import ARRIVALS
from gateway.live.records import decode
from tests.unit.gateway.house import GUILD, OTHER, Client, Gateway, World, message, settled


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    world = World()
    world.guild()
    for user_id in (2, 3, 100):
        world.enrol(user_id)
    world.guild(OTHER, owner=9)
    gateway = await Gateway(world).start()
    yield gateway
    await gateway.tasks.cancel()


async def entered(gateway: Gateway, user_id: int = 2) -> Client:
    client = gateway.connect()
    await client.identify(user_id)
    return client


async def passing(gateway: Gateway, seconds: float, step: float = 0.05) -> None:
    """Let time go by in small steps."""
    for _ in range(int(seconds / step)):
        gateway.clock.advance(step)
        await settled(3)


async def test_who_resumes_does_not_wait_behind_a_storm_of_those_who_arrive(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = await entered(gateway)
    back.drop()
    storm_is_over = asyncio.Event()

    async def slowly(token: str) -> Identity | None:
        if token != back.token:
            await storm_is_over.wait()
        return await gateway.authenticate(token)

    monkeypatch.setattr(gateway.lobby, "_authenticate", slowly)
    arriving = [gateway.connect() for _ in range(ARRIVALS + 5)]
    for each in arriving:
        each.say(2, {"token": "3", "intents": 1, "properties": {}})
    assert await back.resume()
    storm_is_over.set()
    for each in arriving:
        await each.until(lambda each=each: each.has("READY"))


class TestDrain:
    async def test_asks_in_waves_and_waits_for_who_goes(self, gateway: Gateway) -> None:
        clients = [await entered(gateway) for _ in range(8)]
        draining = asyncio.ensure_future(gateway.lobby.drain(2.0))
        asked = []
        for _ in range(40):
            await passing(gateway, 0.05)
            for client in clients:
                client.read()
            told = [client for client in clients if client.other[-1]["op"] == 7]
            asked.append(len(told))
            for client in told:
                if client.socket in gateway.lobby.sockets:
                    client.drop()
        assert len(set(asked)) > 3
        assert draining.done()
        assert [client.close_code for client in clients] == [None] * 8

    async def test_hangs_up_on_who_stays(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        draining = asyncio.ensure_future(gateway.lobby.drain(2.0))
        await passing(gateway, 3.0)
        await draining
        client.read()
        assert client.other[-1]["op"] == 7
        assert client.close_code == 1012
        assert client.transport.is_closed

    async def test_leaves_sessions_that_others_go_on_with(self, gateway: Gateway) -> None:
        other = await Gateway(gateway.world, 2).start()
        client = await entered(gateway)
        draining = asyncio.ensure_future(gateway.lobby.drain(1.0))
        await passing(gateway, 2.0)
        await draining
        client.drop()
        gateway.world.redis.publish(message(1))
        assert await client.resume(at=other)
        assert client.contents() == ["message 1"]
        await other.tasks.cancel()

    async def test_of_nobody_takes_no_time(self, gateway: Gateway) -> None:
        draining = asyncio.ensure_future(gateway.lobby.drain(20.0))
        await passing(gateway, 0.1)
        assert draining.done()

    async def test_stop_hangs_up_at_once(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        await gateway.lobby.stop()
        client.read()
        assert client.close_code == 1012


class TestRecords:
    async def test_hold_what_another_gateway_needs(self, gateway: Gateway) -> None:
        client = await entered(gateway, 100)
        await settled()
        record = decode(gateway.world.redis.hashes[session_key(client.session_id)])
        assert (record.user_id, record.kind, record.node) == (100, "bot", "gateway:1")
        assert record.first == client.events[0]["s"]
        assert record.order == (GUILD,)
        assert record.stays == ((GUILD, record.high, 0),)
        assert record.epoch == "one"

    async def test_follow_the_presence(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.say(3, {"status": "dnd", "activities": [{"name": "x"}]})
        await settled()
        record = decode(gateway.world.redis.hashes[session_key(client.session_id)])
        assert (record.shown.status, record.shown.activities) == ("dnd", ({"name": "x"},))

    async def test_wait_while_redis_is_away(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        redis = gateway.world.redis

        async def away(*words: Any) -> int:
            del words
            raise RedisAway

        monkeypatch.setattr(redis, "eval", away)
        client = await entered(gateway)
        await settled()
        assert redis.hashes == {}
        monkeypatch.undo()
        await gateway.lobby._records.flush()
        assert session_key(client.session_id) in redis.hashes

    async def test_are_written_in_one_go_for_many(
        self, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clients = [await entered(gateway) for _ in range(20)]
        await settled()
        pipes = 0
        pipeline = gateway.world.redis.pipeline

        def counted(transaction: bool = True) -> Any:
            nonlocal pipes
            pipes += 1
            return pipeline(transaction)

        monkeypatch.setattr(gateway.world.redis, "pipeline", counted)
        gateway.clock.advance(60)
        for client in clients:
            client.say(1, None)
        await settled()
        assert pipes == 1


class TestPresence:
    async def test_hears_of_every_session(self, gateway: Gateway) -> None:
        first, second = await entered(gateway), await entered(gateway)
        seats = gateway.presence.seats
        assert set(seats) == {first.session_id, second.session_id}
        assert {int(seat.user_id) for seat in seats.values()} == {2}
        first.drop()
        assert set(seats) == {second.session_id}

    async def test_hears_of_none_that_never_got_ready(self, gateway: Gateway) -> None:
        client = gateway.connect()
        client.say(2, {"token": "2", "properties": {}})
        await settled(2)
        client.drop()
        await settled()
        assert gateway.presence.seats == {}


class TestMembers:
    async def chunk(self, gateway: Gateway, **asked: Any) -> Any:
        client = await entered(gateway)
        client.say(8, {"guild_id": str(GUILD), **asked})
        await client.until(lambda: client.has("GUILD_MEMBERS_CHUNK"))
        (chunk,) = client.all("GUILD_MEMBERS_CHUNK")
        return chunk

    async def test_are_told_all_at_once(self, gateway: Gateway) -> None:
        chunk = await self.chunk(gateway, query="", limit=0, nonce="n", presences=True)
        assert {m["user"]["id"] for m in chunk["members"]} == {"1", "2", "3", "100"}
        assert (chunk["chunk_index"], chunk["chunk_count"], chunk["nonce"]) == (0, 1, "n")
        assert chunk["presences"] == chunk["not_found"] == []

    async def test_are_found_by_the_beginning_of_a_name(self, gateway: Gateway) -> None:
        chunk = await self.chunk(gateway, query="USER10", limit=5)
        assert [m["user"]["id"] for m in chunk["members"]] == ["100"]
        assert "nonce" not in chunk

    async def test_are_found_by_id(self, gateway: Gateway) -> None:
        chunk = await self.chunk(gateway, user_ids=["3", 77])
        assert [m["user"]["id"] for m in chunk["members"]] == ["3"]
        assert chunk["not_found"] == ["77"]

    async def test_come_in_order_with_events(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.say(8, {"guild_id": str(GUILD), "query": "", "limit": 0})
        for number in range(20):
            gateway.world.redis.publish(message(number))
            await settled(1)
        await settled()
        client.read()
        assert client.has("GUILD_MEMBERS_CHUNK")
        numbers = [event["s"] for event in client.events]
        assert numbers == sorted(numbers)

    async def test_are_many_in_several_chunks(self, gateway: Gateway) -> None:
        for user_id in range(1_000, 3_200):
            gateway.world.enrol(user_id)
        client = await entered(gateway)
        client.say(8, {"guild_id": str(GUILD), "query": "", "limit": 0})
        await client.until(lambda: len(client.all("GUILD_MEMBERS_CHUNK")) == 3)
        chunks = client.all("GUILD_MEMBERS_CHUNK")
        assert [c["chunk_index"] for c in chunks] == [0, 1, 2]
        assert sum(len(c["members"]) for c in chunks) == 2_204

    @pytest.mark.parametrize(
        ("intents", "asked", "told"),
        [
            (Intent.GUILDS, {"query": "", "limit": 0}, 100),
            (Intent.GUILDS | Intent.GUILD_MEMBERS, {"query": "", "limit": 0}, 305),
            (Intent.GUILDS, {"query": "user11", "limit": 0}, 100),
            (Intent.GUILDS | Intent.GUILD_MEMBERS, {"query": "user11", "limit": 7}, 7),
            (Intent.GUILDS, {"user_ids": ["1001", "1002"]}, 2),
        ],
    )
    async def test_of_a_large_guild_are_as_many_as_the_session_may_have(
        self, gateway: Gateway, intents: int, asked: dict[str, Any], told: int
    ) -> None:
        for user_id in range(1_000, 1_301):
            gateway.world.enrol(user_id)
        bot = gateway.connect()
        await bot.identify(100, int(intents))
        bot.say(8, {"guild_id": str(GUILD), "presences": True, **asked})
        await bot.until(lambda: bot.has("GUILD_MEMBERS_CHUNK"))
        (chunk,) = bot.all("GUILD_MEMBERS_CHUNK")
        assert len(chunk["members"]) == told
        assert "presences" not in chunk, "it has no GUILD_PRESENCES"

    async def test_wait_for_who_does_not_read_them(self, gateway: Gateway) -> None:
        """Else each request would keep a copy of all members."""
        for user_id in range(1_000, 3_200):
            gateway.world.enrol(user_id)
        client = await entered(gateway)
        client.socket.pause_writing()
        for _ in range(3):
            client.say(8, {"guild_id": str(GUILD), "query": "", "limit": 0})
        await settled()
        assert not [call for call in gateway.world.asked if isinstance(call, ListMembers)]
        client.socket.resume_writing()
        gateway.clock.advance(1)
        await client.until(lambda: len(client.all("GUILD_MEMBERS_CHUNK")) == 9)
        assert [c["chunk_index"] for c in client.all("GUILD_MEMBERS_CHUNK")] == [0, 1, 2] * 3

    async def test_of_a_foreign_guild_are_not_told(self, gateway: Gateway) -> None:
        client = await entered(gateway)
        client.say(8, {"guild_id": str(OTHER), "query": "", "limit": 0})
        await settled()
        client.read()
        assert not client.has("GUILD_MEMBERS_CHUNK")

    async def test_are_not_told_while_a_neighbour_is_away(self, gateway: Gateway) -> None:
        for user_id in range(1_000, 1_300):
            gateway.world.enrol(user_id)
        client = await entered(gateway)
        gateway.world.away.add(GetMembers)
        client.say(8, {"guild_id": str(GUILD), "user_ids": ["3"]})
        await settled()
        client.read()
        assert client.close_code is None
        assert not client.has("GUILD_MEMBERS_CHUNK")


async def test_a_session_is_released_when_asked_for(gateway: Gateway) -> None:
    client = await entered(gateway)
    await gateway.lobby.release(ReleaseSession(session_id="unknown"))
    await gateway.lobby.release(ReleaseSession(session_id=client.session_id))
    client.read()
    assert client.close_code == 4000
    await settled()
    assert session_key(client.session_id) in gateway.world.redis.hashes


async def test_the_wheel_and_the_sweep_turn_by_themselves(gateway: Gateway) -> None:
    await gateway.lobby.start()
    client = gateway.connect()
    person = await entered(gateway)
    person.drop()
    for seconds in (*(1,) * 60, LINGER_S, *(1,) * 10):
        await settled(3)
        gateway.clock.advance(seconds)
    await settled()
    client.read()
    assert client.close_code == 4009
    assert len(gateway.lobby.hub.atlas) == 0


async def test_how_many_there_are_can_be_seen(gateway: Gateway) -> None:
    metrics = Metrics()
    gateway.lobby.measure(metrics)
    await entered(gateway)
    shown = metrics.render().decode()
    assert "moim_gateway_sockets 1.0" in shown
    assert "moim_gateway_sessions 1.0" in shown
    assert gateway.lobby.trouble() is None
