"""Who hears what: intents, permissions, content, shards, and what changes them."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from contracts import limits
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.emoji import GuildEmojisUpdate
from contracts.events.guild import GuildUpdate
from contracts.events.invite import InviteCreate
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.presence import PresenceUpdate
from contracts.events.role import RoleDelete, RoleUpdate
from contracts.events.session import LoginEnded
from contracts.events.user import UserUpdate
from contracts.ids import ChannelId, EmojiId, GuildId, RoleId, Snowflake, UserId
from contracts.intents import Intent
from contracts.objects.channel import ChannelOverwrite, OverwriteType
from contracts.objects.emoji import Emoji
from contracts.objects.presence import PresenceUser, Status
from contracts.objects.role import Role
from contracts.permissions import Permission
from contracts.topics import IDENTITY, guild
from contracts.topics import user as user_topic
from gateway.live.atlas import LINGER_S
from tests.fixtures.clock import START
from tests.unit.gateway.house import (
    GUILD,
    OTHER,
    Client,
    Gateway,
    World,
    channel,
    member,
    message,
    settled,
    user,
)

VIEW = int(Permission.VIEW_CHANNEL)
HIDDEN = (ChannelOverwrite(id=Snowflake(GUILD), type=OverwriteType.ROLE, deny=VIEW),)


@dataclasses.dataclass
class House:
    world: World
    gateway: Gateway

    async def enter(self, user_id: int, intents: int = (1 << 26) - 1, **more: Any) -> Client:
        client = self.gateway.connect()
        await client.identify(user_id, intents, **more)
        return client

    async def publish(self, *events: Any) -> None:
        for event in events:
            self.world.redis.publish(event)
        await settled()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    world = World()
    world.guild(r50=VIEW, r51=int(Permission.MANAGE_CHANNELS))
    for user_id in (2, 3, 100, 101):
        world.enrol(user_id)
    gateway = await Gateway(world).start()
    yield House(world, gateway)
    await gateway.tasks.cancel()


def told(client: Client, t: str) -> int:
    client.read()
    return len(client.all(t))


@pytest.mark.parametrize(
    ("intents", "hears"),
    [
        (Intent.GUILD_MESSAGES, 1),
        (Intent.GUILD_MESSAGES | Intent.GUILDS, 1),
        (Intent.GUILDS, 0),
        (Intent.DIRECT_MESSAGES, 0),
        (0, 0),
        (1 << 17, 0),
    ],
)
async def test_a_bot_hears_what_its_intents_cover(house: House, intents: int, hears: int) -> None:
    bot = await house.enter(100, int(intents))
    await house.publish(message(1))
    assert told(bot, "MESSAGE_CREATE") == hears


async def test_a_person_hears_everything_whatever_it_asks_for(house: House) -> None:
    person = await house.enter(2, 0)
    await house.publish(message(1))
    assert told(person, "MESSAGE_CREATE") == 1


async def test_one_object_of_bytes_is_written_to_everybody(house: House) -> None:
    clients = [await house.enter(user_id) for user_id in (2, 3, 2)]
    await house.publish(message(1))
    first, *rest = [client.transport.written[-1] for client in clients]
    assert all(data is first for data in rest)


async def test_who_may_not_see_the_channel_hears_nothing_of_it(house: House) -> None:
    person = await house.enter(2)
    await house.publish(ChannelCreate(**channel(13, overwrites=HIDDEN).model_dump()))
    await house.publish(message(1, channel_id=13), message(2))
    assert person.read()
    assert person.contents() == ["message 2"]
    assert told(person, "CHANNEL_CREATE") == 0


async def test_the_owner_sees_what_is_hidden(house: House) -> None:
    owner = await house.enter(1)
    await house.publish(ChannelCreate(**channel(13, overwrites=HIDDEN).model_dump()))
    await house.publish(message(1, channel_id=13))
    assert told(owner, "CHANNEL_CREATE") == told(owner, "MESSAGE_CREATE") == 1


async def test_hiding_a_channel_counts_from_the_next_event_on(house: House) -> None:
    person = await house.enter(2)
    await house.publish(message(1))
    await house.publish(ChannelUpdate(**channel(11, overwrites=HIDDEN).model_dump()))
    await house.publish(message(2))
    await house.publish(ChannelUpdate(**channel(11).model_dump()))
    await house.publish(message(3))
    person.read()
    assert person.contents() == ["message 1", "message 3"]
    told_of = [(e["t"], e["d"]["id"]) for e in person.events if e["t"].startswith("CHANNEL")]
    assert told_of == [("CHANNEL_DELETE", "11"), ("CHANNEL_CREATE", "11")]


async def test_a_role_given_and_taken_counts_from_the_next_event_on(house: House) -> None:
    person = await house.enter(2)
    allowed = (*HIDDEN, ChannelOverwrite(id=Snowflake(50), type=OverwriteType.ROLE, allow=VIEW))
    await house.publish(ChannelUpdate(**channel(11, overwrites=allowed).model_dump()))
    await house.publish(message(1))
    for roles, number in (((50,), 2), ((), 3)):
        changed = MemberUpdate(guild_id=GuildId(GUILD), **member(2, *roles).model_dump())
        await house.publish(changed, message(number))
    person.read()
    assert person.contents() == ["message 2"]


async def test_a_role_deleted_or_changed_counts_at_once(house: House) -> None:
    house.world.enrol(2, GUILD, 50)
    person = await house.enter(2)
    nothing = Role(id=RoleId(GUILD), name="@everyone", permissions=0)
    await house.publish(RoleUpdate(guild_id=GuildId(GUILD), role=nothing), message(1))
    await house.publish(RoleDelete(guild_id=GuildId(GUILD), role_id=RoleId(50)), message(2))
    person.read()
    assert person.contents() == ["message 1"]


async def test_a_new_owner_sees_everything(house: House) -> None:
    person = await house.enter(2)
    changed = house.world.guilds[GUILD].model_dump() | {"owner_id": UserId(2)}
    await house.publish(ChannelUpdate(**channel(11, overwrites=HIDDEN).model_dump()), message(1))
    await house.publish(GuildUpdate(**changed), message(2))
    person.read()
    assert person.contents() == ["message 2"]


async def test_a_channel_that_goes_is_told_to_those_who_saw_it(house: House) -> None:
    person = await house.enter(2)
    hidden = channel(12, overwrites=HIDDEN)
    await house.publish(ChannelUpdate(**hidden.model_dump()))
    await house.publish(ChannelDelete(**hidden.model_dump()))
    await house.publish(ChannelDelete(**channel(11).model_dump()), message(1))
    person.read()
    assert [channel["id"] for channel in person.all("CHANNEL_DELETE")] == ["12", "11"]
    assert person.contents() == []


async def test_whose_membership_ended_hears_nothing_more_even_before_they_are_told(
    house: House,
) -> None:
    person = await house.enter(2)
    await house.publish(MemberRemove(guild_id=GuildId(GUILD), user=user(2)), message(1))
    person.read()
    assert person.contents() == []


async def test_rights_that_a_timeout_takes_come_back_when_it_ends(house: House) -> None:
    house.world.members[GUILD][2] = member(2, 51).model_copy(
        update={"communication_disabled_until": START + timedelta(seconds=60)}
    )
    person = await house.enter(2)
    invite = InviteCreate(
        guild_id=GuildId(GUILD),
        channel_id=ChannelId(11),
        code="abc",
        created_at=START,
        max_age=0,
        max_uses=0,
    )
    await house.publish(invite, message(1))
    assert told(person, "INVITE_CREATE") == 0
    assert told(person, "MESSAGE_CREATE") == 1
    house.gateway.clock.advance(61)
    await house.publish(invite)
    assert told(person, "INVITE_CREATE") == 1


class TestContent:
    BARE = int(Intent.GUILDS | Intent.GUILD_MESSAGES)

    async def test_is_withheld_from_bots_without_the_intent(self, house: House) -> None:
        bare = await house.enter(100, self.BARE)
        full = await house.enter(101, self.BARE | Intent.MESSAGE_CONTENT)
        await house.publish(message(1))
        bare.read()
        full.read()
        assert (bare.contents(), full.contents()) == ([""], ["message 1"])

    async def test_is_told_to_the_author_and_to_the_mentioned(self, house: House) -> None:
        first, second = await house.enter(100, self.BARE), await house.enter(101, self.BARE)
        await house.publish(message(1, author=100), message(2, mentions=(user(101),)))
        first.read()
        second.read()
        assert first.contents() == ["message 1", ""]
        assert second.contents() == ["", "message 2"]


async def test_ones_own_roles_are_told_whatever_the_intents(house: House) -> None:
    bot = await house.enter(100, int(Intent.GUILDS))
    other = await house.enter(101, int(Intent.GUILDS))
    await house.publish(MemberUpdate(guild_id=GuildId(GUILD), **member(100, 50).model_dump()))
    assert (told(bot, "GUILD_MEMBER_UPDATE"), told(other, "GUILD_MEMBER_UPDATE")) == (1, 0)


async def test_a_shard_hears_its_guilds_and_the_first_one_what_is_private(house: House) -> None:
    house.world.guild(OTHER)
    house.world.enrol(100, OTHER)
    of = {(g >> 22) % 2: g for g in (GUILD, OTHER)}
    assert len(of) == 1  # both fall into one shard of two
    mine = await house.enter(100, shard=[next(iter(of)), 2])
    others = await house.enter(100, shard=[1 - next(iter(of)), 2])
    assert told(mine, "GUILD_CREATE") == 2
    assert told(others, "GUILD_CREATE") == 0
    await house.publish(message(1))
    assert (told(mine, "MESSAGE_CREATE"), told(others, "MESSAGE_CREATE")) == (1, 0)
    await house.publish(UserUpdate(id=UserId(100), username="new"))
    assert told(mine, "USER_UPDATE") + told(others, "USER_UPDATE") == 1


async def test_numbers_rise_and_are_the_stamps(house: House) -> None:
    person = await house.enter(2)
    stamps = [house.world.redis.publish(message(n)) for n in range(1, 6)]
    await settled()
    person.read()
    assert [e["s"] for e in person.events if e["t"] == "MESSAGE_CREATE"] == stamps
    numbers = [e["s"] for e in person.events]
    assert numbers == sorted(set(numbers))


async def test_presence_is_told_and_shown_to_who_comes_later(house: House) -> None:
    first = await house.enter(2)
    online = PresenceUpdate(
        user=PresenceUser(id=UserId(3)), guild_id=GuildId(GUILD), status=Status.DND
    )
    await house.publish(online)
    assert told(first, "PRESENCE_UPDATE") == 1
    later = await house.enter(3)
    (shown,) = later.all("GUILD_CREATE")[0]["presences"]
    assert shown["user"] == {"id": "3"}
    assert shown["status"] == "dnd"
    assert "guild_id" not in shown


async def test_in_a_large_guild_only_bots_are_told_who_comes(house: House) -> None:
    """Two thousand who come would else be told of two thousand each; people look at lists."""
    for user_id in range(1_000, 1_000 + limits.LARGE_GUILD):
        house.world.enrol(user_id)
    person, bot = await house.enter(2), await house.enter(100, int(Intent.GUILD_PRESENCES))
    other = await house.enter(101, int(Intent.GUILDS))
    online = PresenceUpdate(
        user=PresenceUser(id=UserId(3)), guild_id=GuildId(GUILD), status=Status.DND
    )
    seq = person.seq
    await house.publish(online)
    assert [told(one, "PRESENCE_UPDATE") for one in (person, bot, other)] == [0, 1, 0]
    person.drop()
    assert await person.resume(seq)
    assert told(person, "PRESENCE_UPDATE") == 0


async def test_the_view_follows_what_happens(house: House) -> None:
    await house.enter(2)
    renamed = house.world.guilds[GUILD].model_dump() | {"name": "renamed"}
    await house.publish(
        GuildUpdate(**renamed),
        GuildEmojisUpdate(guild_id=GuildId(GUILD), emojis=(Emoji(id=EmojiId(70), name="wave"),)),
        ChannelCreate(**channel(14).model_dump()),
        ChannelDelete(**channel(12).model_dump()),
        MemberAdd(guild_id=GuildId(GUILD), **member(8, 50).model_dump()),
        MemberRemove(guild_id=GuildId(GUILD), user=user(101)),
        RoleDelete(guild_id=GuildId(GUILD), role_id=RoleId(50)),
    )
    created = (await house.enter(3)).all("GUILD_CREATE")[0]
    assert created["name"] == "renamed"
    assert [emoji["name"] for emoji in created["emojis"]] == ["wave"]
    assert [c["id"] for c in created["channels"]] == ["11", "14"]
    assert {m["user"]["id"] for m in created["members"]} == {"1", "2", "3", "100", "8"}
    assert created["member_count"] == 5
    assert {r["id"] for r in created["roles"]} == {str(GUILD), "51"}
    assert all("guild_id" not in m and m["roles"] == [] for m in created["members"])


async def test_two_guilds_do_not_mix(house: House) -> None:
    house.world.guild(OTHER)
    house.world.enrol(3, OTHER)
    one, both = await house.enter(2), await house.enter(3)
    await house.publish(message(1), message(2, channel_id=21, guild_id=OTHER))
    one.read()
    both.read()
    assert one.contents() == ["message 1"]
    assert both.contents() == ["message 1", "message 2"]


class TestTopics:
    async def test_are_entered_once_for_all(self, house: House) -> None:
        for user_id in (2, 3, 2):
            await house.enter(user_id)
        asked = [call for call in house.world.asked if type(call).__name__ == "GetGuild"]
        assert len(asked) == 1

    async def test_are_left_a_while_after_the_last_one_went(self, house: House) -> None:
        first, second = await house.enter(2), await house.enter(3)
        hub, bus = house.gateway.lobby.hub, house.gateway.bus
        first.drop()
        second.drop()
        hub.sweep()
        house.gateway.clock.advance(LINGER_S - 1)
        hub.sweep()
        assert guild(GUILD) in bus.listeners
        house.gateway.clock.advance(1)
        hub.sweep()
        assert set(bus.listeners) == {IDENTITY}

    async def test_stay_when_somebody_comes_back_in_time(self, house: House) -> None:
        person = await house.enter(2)
        hub = house.gateway.lobby.hub
        person.drop()
        hub.sweep()
        house.gateway.clock.advance(LINGER_S)
        await house.enter(2)
        hub.sweep()
        house.gateway.clock.advance(LINGER_S + 1)
        hub.sweep()
        assert hub.atlas.guild_at(GUILD) is not None

    async def test_lost_sends_its_sessions_back_to_the_start_and_no_others(
        self, house: House
    ) -> None:
        house.world.guild(OTHER, owner=9)
        person, other = await house.enter(2), await house.enter(9)
        house.gateway.lobby.hub.lost(guild(GUILD))
        person.read()
        other.read()
        assert [o["op"] for o in person.other] == [10, 9]
        assert person.other[-1]["d"] is False
        assert [o["op"] for o in other.other] == [10]
        person.events.clear()
        await person.identify(2)
        await house.publish(message(1))
        assert told(person, "MESSAGE_CREATE") == 1

    async def test_lost_logins_send_everybody_back(self, house: House) -> None:
        people = [await house.enter(user_id) for user_id in (2, 3)]
        house.gateway.lobby.hub.lost(IDENTITY)
        for person in people:
            person.read()
            assert person.other[-1]["op"] == 9

    async def test_of_a_person_lost_is_heard_again_by_the_next_session(self, house: House) -> None:
        person = await house.enter(2)
        house.gateway.lobby.hub.lost(user_topic(2))
        person.read()
        again = await house.enter(2)
        await house.publish(UserUpdate(id=UserId(2), username="new"))
        assert told(again, "USER_UPDATE") == 1


class TestLogins:
    async def test_that_end_close_their_sockets(self, house: House) -> None:
        person, other = await house.enter(2), await house.enter(3)
        await house.publish(LoginEnded(user_id=UserId(2), login_id=7))
        person.read()
        other.read()
        assert (person.close_code, other.close_code) == (4004, None)
        assert len(house.gateway.lobby.hub.viewers) == 1

    async def test_that_end_all_close_all(self, house: House) -> None:
        people = [await house.enter(2), await house.enter(2)]
        await house.publish(LoginEnded(user_id=UserId(2)))
        for person in people:
            person.read()
            assert person.close_code == 4004

    async def test_others_of_the_same_person_stay(self, house: House) -> None:
        person = await house.enter(2)
        await house.publish(LoginEnded(user_id=UserId(2), login_id=8))
        person.read()
        assert person.close_code is None
