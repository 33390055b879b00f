"""RESUME at every cut point, on the gateway that had the session and on another: exactly what was
missed, in order, or a refusal after which a fresh IDENTIFY works on the same socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts import topics
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.session import LoginEnded
from contracts.events.settings import StatusChosen
from contracts.events.user import UserUpdate
from contracts.ids import Snowflake, UserId
from contracts.intents import Intent
from contracts.objects.channel import ChannelOverwrite, OverwriteType
from contracts.objects.presence import Status
from contracts.permissions import Permission
from contracts.rpc.community import GetArrivals, GetGuild
from gateway.live.replay import Ring
from tests.unit.gateway.house import (
    GUILD,
    OTHER,
    Client,
    Gateway,
    World,
    channel,
    message,
    settled,
)

HIDDEN = (
    ChannelOverwrite(
        id=Snowflake(GUILD), type=OverwriteType.ROLE, deny=int(Permission.VIEW_CHANNEL)
    ),
)


class House:
    """Two gateways that share a world."""

    def __init__(self, world: World, one: Gateway, two: Gateway) -> None:
        self.world, self.one, self.two = world, one, two
        self.redis = world.redis

    async def enter(self, user_id: int = 2, **more: Any) -> Client:
        client = self.one.connect(**more)
        await client.identify(user_id)
        return client


@pytest.fixture
async def house() -> AsyncIterator[House]:
    world = World()
    world.guild()
    world.enrol(2)
    world.enrol(100)
    world.guild(OTHER, owner=3)
    one, two = await Gateway(world, 1).start(), await Gateway(world, 2).start()
    yield House(world, one, two)
    await one.tasks.cancel()
    await two.tasks.cancel()


def a_life(world: World) -> None:
    """Everything that can happen to a session, twice."""
    redis = world.redis
    redis.publish(message(1))
    redis.publish(message(2, channel_id=21, guild_id=OTHER))
    redis.publish(UserUpdate(id=UserId(2), username="new"))
    world.join(2, OTHER)
    redis.publish(message(3))
    redis.publish(message(4, channel_id=21, guild_id=OTHER))
    redis.publish(ChannelCreate(**channel(13).model_dump()))
    world.channels[GUILD].append(channel(13))
    redis.publish(message(5, channel_id=13))
    world.leave(2, OTHER)
    redis.publish(message(6, channel_id=21, guild_id=OTHER))
    redis.publish(message(7))
    world.join(2, OTHER)
    redis.publish(message(8, channel_id=21, guild_id=OTHER))
    redis.publish(message(9))


def outline(events: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Number and what it is, without what is said to one session alone."""
    return [
        (e["s"], e["d"].get("content") or f"{e['t']} {e['d'].get('id', '')}")
        for e in events
        if e["t"] not in ("RESUMED", "READY")
    ]


async def the_whole_stream(house: House) -> list[dict[str, Any]]:
    """What a session hears that never drops."""
    client = await house.enter()
    a_life(house.world)
    await settled(300)
    client.read()
    return client.events


def shrink(ring: Ring) -> None:
    """Make it forget the older half."""
    for _ in range(len(ring) // 2):
        ring.forgotten = ring._entries.popleft().s


CUTS = range(2, 15)


class TestEveryCut:
    """The stream is cut behind its first `cut` events: the rest comes, once and in order."""

    async def cut(
        self, house: House, cut: int, at: Gateway, *, is_late: bool = False, is_half: bool = False
    ) -> None:
        witness = await house.enter()
        client = await house.enter()
        await settled()
        if is_late:
            client.drop()
        a_life(house.world)
        await settled(300)
        witness.read()
        if not is_late:
            client.drop()
        whole = outline(witness.events)
        if is_half:
            shrink(at.lobby.hub.ring)
        seq = witness.events[cut - 1]["s"]
        if at is house.two:
            await house.one.die()
        client.events = witness.events[:cut]
        assert await client.resume(seq, at=at)
        assert outline(client.events) == whole
        numbers = [e["s"] for e in client.events]
        assert numbers == sorted(numbers)
        house.redis.publish(message(99))
        await settled()
        client.read()
        assert client.contents().count("message 99") == 1
        assert client.events[-1]["s"] > numbers[-1]

    @pytest.mark.parametrize("cut", CUTS)
    async def test_on_the_ring(self, house: House, cut: int) -> None:
        await self.cut(house, cut, house.one)

    @pytest.mark.parametrize("cut", CUTS)
    async def test_on_the_streams(self, house: House, cut: int) -> None:
        await self.cut(house, cut, house.two)
        assert house.two.bus.replays

    async def test_on_the_ring_while_it_was_away(self, house: House) -> None:
        await self.cut(house, CUTS[0], house.one, is_late=True)

    async def test_on_the_streams_while_it_was_away(self, house: House) -> None:
        await self.cut(house, CUTS[0], house.two, is_late=True)

    @pytest.mark.parametrize("cut", CUTS)
    async def test_on_half_a_ring(self, house: House, cut: int) -> None:
        await self.cut(house, cut, house.one, is_half=True)

    def test_there_is_a_cut_before_everything_and_behind_everything(self) -> None:
        async def count() -> int:
            world = World()
            world.guild()
            world.enrol(2)
            world.guild(OTHER, owner=3)
            one = await Gateway(world, 1).start()
            events = await the_whole_stream(House(world, one, one))
            await one.tasks.cancel()
            return len(events)

        assert asyncio.run(count()) == CUTS[-1] + 1 == max(CUTS) + 1

    @pytest.mark.parametrize("query", ["compress=zlib-stream", "compress=zstd-stream"])
    async def test_in_every_encoding(self, house: House, query: str) -> None:
        client = await house.enter(query=query)
        a_life(house.world)
        client.drop()
        assert await client.resume(at=house.two)
        assert client.contents()[-1] == "message 9"

    async def test_events_that_come_while_it_is_answered(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        numbers = iter(range(1, 1000))
        house.world.on_ask = lambda call: house.redis.publish(message(next(numbers))) and None
        assert await client.resume(at=house.two)
        house.world.on_ask = lambda call: None
        house.redis.publish(message(next(numbers)))
        await settled()
        client.read()
        said = client.contents()
        assert said == [f"message {number}" for number in range(1, len(said) + 1)]
        assert len(said) > 3

    async def test_again_and_again_to_and_fro(self, house: House) -> None:
        client = await house.enter()
        number = 0
        for turn in range(8):
            for _ in range(3):
                number += 1
                house.redis.publish(message(number))
                await settled(turn % 3)
            client.drop()
            assert await client.resume(at=(house.one, house.two)[turn % 2])
        assert client.contents() == [f"message {n}" for n in range(1, number + 1)]


class TestReadyBlock:
    """The connection breaks between READY and the last of its guilds."""

    @pytest.mark.parametrize("told", [1, 2, 3])
    @pytest.mark.parametrize("is_other", [False, True])
    async def test_the_rest_of_it_comes(self, house: House, told: int, is_other: bool) -> None:
        house.world.enrol(2, OTHER)
        client = await house.enter()
        block = client.events[:]
        assert len(block) == 3
        client.drop()
        house.redis.publish(message(1))
        client.events = block[:told]
        assert await client.resume(at=house.two if is_other else house.one)
        assert outline(client.events)[:2] == outline(block)
        assert all(g["unavailable"] is False for g in client.all("GUILD_CREATE"))
        assert client.contents() == ["message 1"]
        numbers = [e["s"] for e in client.events]
        assert numbers == sorted(numbers)


class TestRefused:
    async def refused(self, client: Client, seq: int | None = None) -> None:
        """Op 9, and the same socket takes an IDENTIFY."""
        assert not await client.resume(seq)
        assert client.other[-1] == {"t": None, "s": None, "op": 9, "d": False}
        client.events.clear()
        await client.identify(int(client.token) if client.token.isdigit() else 2)
        client.gateway.world.redis.publish(message(50))
        await settled()
        client.read()
        assert client.contents() == ["message 50"]

    async def test_an_unknown_session(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        client.session_id = "unknown"
        await self.refused(client)

    async def test_a_session_of_somebody_else(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        client.token = "100"
        await self.refused(client)

    async def test_a_number_from_the_future(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        await self.refused(client, house.redis.stamp + 1)

    @pytest.mark.parametrize("seq", [None, 0, -1])
    async def test_no_number(self, house: House, seq: int | None) -> None:
        client = await house.enter()
        client.drop()
        client.events.clear()
        await self.refused(client, seq)

    async def test_a_number_from_before_ready(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        await self.refused(client, client.events[0]["s"] - 1)

    async def test_another_epoch(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        house.redis.epoch = "two"
        await self.refused(client)

    async def test_streams_that_do_not_reach_back(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        for number in range(5):
            house.redis.publish(message(number))
        house.redis.trim(topics.guild(GUILD), house.redis.stamp - 15)
        await house.one.die()
        client.gateway = house.two
        await self.refused(client)

    async def test_a_session_that_was_given_up(self, house: House) -> None:
        for code in (1000, 1001):
            client = await house.enter()
            client.socket.data_received(_close(code))
            await settled()
            client.drop()
            await self.refused(client)

    async def test_a_session_that_was_invalidated(self, house: House) -> None:
        client = await house.enter()
        house.one.lobby.hub.lost(topics.guild(GUILD))
        await settled()
        client.drop()
        await self.refused(client)


@pytest.mark.parametrize("code", [3000, 4000, 4200, 4900, 1006, None])
async def test_other_closes_leave_the_session(house: House, code: int | None) -> None:
    client = await house.enter()
    if code is None:
        client.socket.data_received(_close(None))
    elif code != 1006:
        client.socket.data_received(_close(code))
    await settled()
    client.drop()
    house.redis.publish(message(1))
    assert await client.resume(at=house.two)
    assert client.contents() == ["message 1"]


def _close(code: int | None) -> bytes:
    payload = b"" if code is None else code.to_bytes(2, "big")
    return b"\x88" + bytes((0x80 | len(payload),)) + bytes(4) + payload


class TestTakingOver:
    async def test_the_former_socket_is_closed_on_another_gateway(self, house: House) -> None:
        client = await house.enter()
        former, transport = client.socket, client.transport
        assert await client.resume(at=house.two)
        assert former.is_over
        assert b"resumed elsewhere" in transport.take()
        assert house.one.lobby.hub.viewers == {}
        assert house.one.presence.seats == {}
        assert list(house.two.presence.seats) == [client.session_id]

    async def test_the_former_socket_is_closed_on_the_same_gateway(self, house: House) -> None:
        client = await house.enter()
        former = client.socket
        house.redis.publish(message(1))
        assert await client.resume()
        assert former.is_over
        assert client.contents() == ["message 1"]
        assert len(house.one.lobby.hub.viewers) == 1
        assert list(house.one.presence.seats) == [client.session_id]

    async def test_one_of_two_at_once_wins(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        rival = Client(house.two)
        rival.token, rival.session_id = client.token, client.session_id
        rival.events = client.events[:]
        outcomes = await asyncio.gather(client.resume(at=house.one), rival.resume(at=house.two))
        assert any(outcomes)
        alive = len(house.one.lobby.hub.viewers) + len(house.two.lobby.hub.viewers)
        assert alive == 1

    async def test_what_the_former_gateway_writes_later_counts_no_more(self, house: House) -> None:
        client = await house.enter()
        (former,) = house.one.lobby.hub.viewers.values()
        assert await client.resume(at=house.two)
        await settled()
        claim = house.redis.hashes[topics.session_key(client.session_id)][b"claim"]
        house.one.lobby._records.put(former)
        house.one.lobby._records.drop(former)
        await settled()
        held = house.redis.hashes[topics.session_key(client.session_id)]
        assert held[b"claim"] == claim != former.claim.encode()

    async def test_intents_shard_and_presence_come_along(self, house: House) -> None:
        client = house.one.connect()
        presence = {"status": "dnd", "activities": [{"name": "x", "type": 0}]}
        await client.identify(100, int(Intent.GUILDS), shard=[0, 1], presence=presence)
        client.drop()
        house.redis.publish(message(1))
        assert await client.resume(at=house.two)
        assert client.contents() == []
        seat = house.two.presence.seats[client.session_id]
        assert (seat.status, seat.activities[0]["name"]) == ("dnd", "x")
        (viewer,) = house.two.lobby.hub.viewers.values()
        assert viewer.shard == (0, 1)


class TestWhatMayBeSeenNow:
    async def test_a_channel_hidden_meanwhile_is_taken_away_and_left_out(
        self, house: House
    ) -> None:
        client = await house.enter()
        client.drop()
        house.redis.publish(message(1))
        house.redis.publish(message(2, channel_id=12))
        hidden = channel(11, overwrites=HIDDEN)
        house.world.channels[GUILD][0] = hidden
        house.redis.publish(ChannelUpdate(**hidden.model_dump()))
        assert await client.resume()
        assert client.contents() == ["message 2"]
        assert client.all("CHANNEL_UPDATE") == []
        (gone,) = client.all("CHANNEL_DELETE")
        assert (gone["id"], gone["name"]) == ("11", "")

    async def test_a_status_chosen_meanwhile_is_how_it_is_shown(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        house.redis.publish(StatusChosen(user_id=UserId(2), status=Status.DND))
        assert await client.resume(at=house.two)
        (seat,) = house.two.presence.seats.values()
        assert seat.status is Status.DND

    async def test_the_former_gateway_is_asked_what_was_seen_before(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        hidden = channel(11, overwrites=HIDDEN)
        house.world.channels[GUILD][0] = hidden
        house.redis.publish(ChannelUpdate(**hidden.model_dump()))
        assert await client.resume(at=house.two)
        assert [gone["id"] for gone in client.all("CHANNEL_DELETE")] == ["11"]

    async def test_nobody_guesses_what_was_seen_before(self, house: House) -> None:
        """A gateway that did not hear the change can not know what it took from whom."""
        client = await house.enter()
        client.drop()
        await house.one.die()
        hidden = channel(11, overwrites=HIDDEN)
        house.world.channels[GUILD][0] = hidden
        house.redis.publish(ChannelUpdate(**hidden.model_dump()))
        assert not await client.resume(at=house.two)
        assert client.other[-1]["op"] == 9
        client.events.clear()
        await client.identify(2)
        assert [c["id"] for c in client.all("GUILD_CREATE")[0]["channels"]] == ["12"]

    async def test_a_channel_gone_meanwhile_is_told_if_it_was_open(self, house: House) -> None:
        house.world.channels[GUILD][1] = channel(12, overwrites=HIDDEN)
        client = await house.enter()
        client.drop()
        for gone in (channel(11), channel(12, overwrites=HIDDEN)):
            house.redis.publish(ChannelDelete(**gone.model_dump()))
        house.world.channels[GUILD].clear()
        assert await client.resume(at=house.two)
        assert [c["id"] for c in client.all("CHANNEL_DELETE")] == ["11"]

    async def test_content_stays_withheld(self, house: House) -> None:
        client = house.one.connect()
        await client.identify(100, int(Intent.GUILDS | Intent.GUILD_MESSAGES))
        client.drop()
        house.redis.publish(message(1))
        house.redis.publish(message(2, author=100))
        assert await client.resume(at=house.two)
        assert client.contents() == ["", "message 2"]

    async def test_a_membership_that_ended_unheard_is_told(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        del house.world.members[GUILD][2]
        assert await client.resume(at=house.two)
        assert [g["id"] for g in client.all("GUILD_DELETE")] == [str(GUILD)]

    async def test_a_dead_login_gets_nothing(self, house: House) -> None:
        client = await house.enter()
        client.drop()
        house.redis.publish(message(1))
        ended = LoginEnded(user_id=UserId(2), login_id=7)
        house.world.on_ask = lambda call: house.redis.publish(ended) and None
        assert not await client.resume(at=house.two)
        assert client.close_code == 4004
        assert client.contents() == []


class TestProof:
    """A client that may see little has an old number; an echo proves how far it has got."""

    async def quiet(self, house: House, *, echoes: bool) -> Client:
        client = house.one.connect()
        await client.identify(100, int(Intent.GUILDS))
        for number in range(5):
            house.redis.publish(message(number))
        await settled()
        house.one.clock.advance(60)
        client.say(1, None)
        await settled()
        client.read()
        (ping,) = client.pings
        if echoes:
            client.socket.data_received(b"\x8a\x88" + bytes(4) + ping)
        await settled()
        house.redis.trim(topics.guild(GUILD), house.redis.stamp - 1)
        client.drop()
        return client

    async def test_lets_it_go_on_where_the_streams_no_longer_reach(self, house: House) -> None:
        client = await self.quiet(house, echoes=True)
        house.world.channels[GUILD].append(channel(13))
        house.redis.publish(ChannelCreate(**channel(13).model_dump()))
        assert await client.resume(at=house.two)
        assert len(client.all("CHANNEL_CREATE")) == 1

    async def test_is_needed(self, house: House) -> None:
        client = await self.quiet(house, echoes=False)
        assert not await client.resume(at=house.two)

    async def test_can_not_be_of_the_future(self, house: House) -> None:
        client = await house.enter()
        payload = (house.redis.stamp + 100).to_bytes(8, "big")
        client.socket.data_received(b"\x8a\x88" + bytes(4) + payload)
        client.socket.data_received(b"\x8a\x80" + bytes(4))
        (viewer,) = house.one.lobby.hub.viewers.values()
        assert viewer.seen == 0

    async def test_is_asked_for_once_a_minute(self, house: House) -> None:
        client = await house.enter()
        for _ in range(6):
            house.one.clock.advance(20)
            client.say(1, None)
            await settled()
        client.read()
        assert len(client.pings) == 2


@pytest.mark.parametrize("call", [GetArrivals, GetGuild])
async def test_a_neighbour_away_closes_and_the_next_try_goes_on(house: House, call: type) -> None:
    client = await house.enter()
    client.drop()
    house.redis.publish(message(1))
    house.world.away.add(call)
    assert not await client.resume(at=house.two)
    assert client.close_code == 4000
    assert all(said["op"] != 9 for said in client.other)
    house.world.away.clear()
    assert await client.resume(at=house.two)
    assert client.contents() == ["message 1"]


async def test_a_token_that_is_dead_now_is_told_so(house: House) -> None:
    client = await house.enter()
    client.drop()
    client.token = "dead"
    assert not await client.resume()
    assert client.close_code == 4004


async def test_dropping_while_it_is_answered_leaves_nothing_behind(house: House) -> None:
    client = await house.enter()
    client.drop()
    for turns in range(30):
        client.connect(house.two)
        d = {"token": "2", "session_id": client.session_id, "seq": client.seq}
        client.say(6, d)
        await settled(turns)
        client.socket.connection_lost(None)
    await settled(60)
    hub = house.two.lobby.hub
    assert hub.viewers == {}
    assert not [place for place in hub.atlas._places.values() if place.pins]
    assert len(house.two.tasks) == 0
    house.redis.publish(message(1))
    assert await client.resume(at=house.two)
    assert client.contents() == ["message 1"]


class TestSeveralServers:
    """Topics of a cluster have clocks of their own: a later event may have the lower stamp."""

    async def late(self, house: House) -> Client:
        """A session that was told of two events, the second of which has the lower stamp."""
        house.redis.blur = 1_000
        client = await house.enter()
        await settled()
        house.redis.publish(message(1))
        house.redis.stamp -= 500
        house.redis.publish(UserUpdate(id=UserId(2), username="late"))
        house.redis.stamp += 500
        await settled()
        client.read()
        return client

    async def test_numbers_rise_all_the_same(self, house: House) -> None:
        numbers = [event["s"] for event in (await self.late(house)).events]
        assert numbers == sorted(set(numbers))

    async def test_the_gateway_that_had_the_session_tells_exactly_the_rest(
        self, house: House
    ) -> None:
        client = await self.late(house)
        client.drop()
        client.events, had = client.events[:-1], client.events[-2]["s"]
        assert await client.resume(had, at=house.one)
        assert [event["t"] for event in client.events[-3:]] == [
            "MESSAGE_CREATE",
            "USER_UPDATE",
            "RESUMED",
        ]

    async def test_another_one_rather_tells_twice_than_never(self, house: House) -> None:
        client = await self.late(house)
        await house.one.die()
        client.events, had = client.events[:-1], client.events[-2]["s"]
        assert await client.resume(had, at=house.two)
        told = [event for event in client.events if event["s"] > had]
        assert "USER_UPDATE" in [event["t"] for event in told]
        assert client.contents().count("message 1") == 2
