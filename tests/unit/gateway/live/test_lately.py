"""Devices that come one after the other: asked about once, and told what they would be told if they
were asked about each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberUpdate
from contracts.events.session import LoginEnded
from contracts.events.user import UserUpdate
from contracts.ids import ChannelId, GuildId, MessageId, RoleId, UserId
from contracts.objects.channel import ChannelType
from contracts.objects.private import PrivateChannel
from contracts.objects.reading import ReadState
from contracts.rpc import users
from contracts.topics import user as user_topic
from gateway.live.lately import FOR_S
from tests.unit.gateway.house import (
    GUILD,
    OTHER,
    Client,
    Gateway,
    World,
    member,
    message,
    settled,
    user,
)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    world = World()
    for guild_id in (GUILD, OTHER):
        world.guild(guild_id)
    for user_id in (2, 100):
        world.enrol(user_id)
    dm, newest = ChannelId(70), MessageId(1)
    world.conversations = [
        PrivateChannel(id=dm, type=ChannelType.DM, last_message_id=newest, recipients=(user(3),))
    ]
    world.read = [ReadState(id=ChannelId(each)) for each in (11, 70)]
    gateway = await Gateway(world).start()
    yield gateway
    await gateway.tasks.cancel()


def nothing(world: World) -> None:
    """Nobody says anything."""


def others_talk(world: World) -> None:
    world.redis.publish(message(9, author=3))


def a_role_is_given(world: World) -> None:
    world.enrol(2, GUILD, 50)
    world.redis.publish(MemberUpdate(guild_id=GuildId(GUILD), **member(2, 50).model_dump()))


def a_guild_is_renamed(world: World) -> None:
    world.guilds[GUILD] = world.guilds[GUILD].model_copy(update={"name": "new"})
    world.redis.publish(GuildUpdate(**world.guilds[GUILD].model_dump()))


def a_guild_is_joined(world: World) -> None:
    world.join(2, OTHER)


def a_guild_is_left(world: World) -> None:
    world.leave(2, GUILD)


def one_is_mentioned(world: World) -> None:
    world.read[0] = ReadState(id=ChannelId(11), mention_count=1)
    world.redis.publish(message(9, author=3, mentions=(user(2),)))


def one_is_mentioned_where_nothing_was_read(world: World) -> None:
    world.read.append(ReadState(id=ChannelId(12), mention_count=1))
    world.redis.publish(message(9, channel_id=12, author=3, mentions=(user(2),)))


def everybody_is_mentioned(world: World) -> None:
    world.read[0] = ReadState(id=ChannelId(11), mention_count=1)
    to_all = {"mention_everyone": True}
    world.redis.publish(message(9, author=3).model_copy(update=to_all))


def a_role_is_mentioned(world: World) -> None:
    world.read[0] = ReadState(id=ChannelId(11), mention_count=1)
    to_many = {"mention_roles": (RoleId(50),)}
    world.redis.publish(message(9, author=3).model_copy(update=to_many))


def somebody_writes(world: World) -> None:
    newest = {"last_message_id": MessageId(9)}
    world.conversations[0] = world.conversations[0].model_copy(update=newest)
    world.read[1] = ReadState(id=ChannelId(70), mention_count=1)
    private = message(9, channel_id=70, author=3).model_copy(update={"guild_id": None})
    world.redis.publish(private, user_topic(2))


def the_account_changes(world: World) -> None:
    world.redis.publish(UserUpdate(id=UserId(2), username="user2"))


FOLDED = [nothing, others_talk, a_role_is_given, a_guild_is_renamed, one_is_mentioned]
ASKED_ANEW = [
    *(a_guild_is_joined, a_guild_is_left, the_account_changes),
    *(one_is_mentioned_where_nothing_was_read, everybody_is_mentioned, a_role_is_mentioned),
]


@pytest.mark.parametrize("happens", [*FOLDED, somebody_writes, *ASKED_ANEW])
async def test_whoever_is_not_asked_about_is_told_the_same(
    gateway: Gateway, happens: Callable[[World], None]
) -> None:
    await gateway.connect().identify(2)
    happens(gateway.world)
    await settled()
    before = _asked(gateway)
    quick, asked = gateway.connect(), gateway.connect()
    await quick.identify(2)
    assert (_asked(gateway) > before) == (happens in ASKED_ANEW)
    gateway.clock.advance(FOR_S)
    before = _asked(gateway)
    await asked.identify(2)
    assert _asked(gateway) > before
    assert _told(quick) == _told(asked)


async def test_a_bot_is_always_asked_about(gateway: Gateway) -> None:
    """What its application may have changes without a word."""
    await gateway.connect().identify(100)
    before = _asked(gateway)
    await gateway.connect().identify(100)
    assert _asked(gateway) > before


async def test_a_login_that_ended_brings_nobody_in(gateway: Gateway) -> None:
    await gateway.connect().identify(2)
    late = gateway.connect()
    late.say(2, {"token": "2", "properties": {}})
    await asyncio.sleep(0)  # it is on its way in
    gateway.world.redis.publish(LoginEnded(user_id=UserId(2), login_id=7))
    await late.until(lambda: late.close_code is not None)
    assert (late.close_code, late.events) == (4004, [])


async def test_nothing_is_kept_of_who_came_long_ago(gateway: Gateway) -> None:
    await gateway.connect().identify(2)
    lately = gateway.lobby.hub.atlas.lately
    assert len(lately) == 1
    gateway.clock.advance(FOR_S)
    gateway.lobby.hub.sweep()
    assert len(lately) == 0


def _asked(gateway: Gateway) -> int:
    return sum(isinstance(one, users.GetArrivals) for one in gateway.world.asked)


def _told(client: Client) -> list[dict[str, Any]]:
    """READY and what belongs to it, but for what is this session's own."""
    (ready,) = client.all("READY")
    shared = {name: ready[name] for name in ready.keys() - {"session_id", "sessions"}}
    return [shared, *client.all("GUILD_CREATE")]
