"""What neighbours hear over a real link."""

from __future__ import annotations

from datetime import UTC, datetime

from contracts import limits
from contracts.guild_facts import permissions_in
from contracts.ids import ChannelId, GuildId, UserId
from contracts.permissions import EVERYONE_DEFAULT, EVERYTHING, NONE
from contracts.rpc.community import (
    GetArrivals,
    GetGuild,
    GetGuildFacts,
    GetMembers,
    GetMemberships,
    GetWhereabouts,
    ListMembers,
    LocateChannel,
    SearchMembers,
)
from tests.service.community_service.house import ALICE, BOB, MALLORY, House
from tests.service.community_service.test_guilds import CROWD

NOWHERE = GuildId(404)


async def test_memberships_name_every_guild_of_a_person(house: House) -> None:
    guilds = [await house.guild(BOB), await house.guild(BOB)]
    await house.guild()
    calls = await house.running.calls_from("gateway")
    with house.statements() as ran:
        found = await calls.ask(GetArrivals(user_ids=(UserId(BOB), UserId(MALLORY))))
    (person,) = found.people
    assert [str(int(guild_id)) for guild_id in person.guilds] == guilds
    assert {member["user"]["id"] for member in person.guilds.values()} == {str(BOB)}
    assert len(ran) == 1
    chat = await house.running.calls_from("chat")
    same = (await chat.ask(GetMemberships(user_id=UserId(BOB)))).memberships
    assert {one.guild_id: one.member.dump() for one in same} == person.guilds
    presence = await house.running.calls_from("presence")
    asked = GetWhereabouts(user_ids=(UserId(BOB), UserId(MALLORY)))
    (where,) = (await presence.ask(asked)).people
    assert where.user_id == BOB
    assert {str(int(guild_id)) for guild_id in where.guild_ids} == set(guilds)


async def test_a_guild_comes_whole(house: House) -> None:
    guild = GuildId(int(await house.guild(BOB)))
    calls = await house.running.calls_from("gateway")
    with house.statements() as ran:
        found = (await calls.ask(GetGuild(guild_id=guild))).snapshot
    assert found is not None
    assert found.guild.id == guild
    assert [role.id for role in found.guild.roles] == [guild]
    assert {channel.name for channel in found.channels} >= {"general", "General"}
    assert found.member_count == 2
    assert {member.user.id for member in found.members} == {ALICE, BOB}
    assert len(ran) == 6
    assert (await calls.ask(GetGuild(guild_id=NOWHERE))).snapshot is None


async def test_a_large_guild_comes_without_its_members(house: House) -> None:
    guild = await house.guild()
    await house.rows(CROWD, int(guild), limits.LARGE_GUILD)
    calls = await house.running.calls_from("gateway")
    found = (await calls.ask(GetGuild(guild_id=GuildId(int(guild))))).snapshot
    assert found is not None
    assert found.member_count == limits.LARGE_GUILD + 1
    assert found.members == ()


async def test_faces_that_grew_old_are_asked_for_again_all_at_once(house: House) -> None:
    guild = GuildId(int(await house.guild(BOB)))
    await house.rows("UPDATE people SET refreshed_at = now() - interval '2 hours'")
    house.neighbours.names = {ALICE: "alice", BOB: "bob"}
    house.neighbours.asked.clear()
    calls = await house.running.calls_from("gateway")
    for _ in range(2):
        found = (await calls.ask(GetGuild(guild_id=guild))).snapshot
        assert found is not None
        assert {member.user.username for member in found.members} == {"alice", "bob"}
    assert house.neighbours.asked == [(ALICE, BOB)]


async def test_old_faces_serve_while_user_service_is_away(house: House) -> None:
    guild = GuildId(int(await house.guild()))
    await house.rows("UPDATE people SET refreshed_at = now() - interval '2 hours'")
    house.neighbours.is_away = True
    calls = await house.running.calls_from("gateway")
    found = (await calls.ask(GetGuild(guild_id=guild))).snapshot
    assert found is not None
    assert [member.user.username for member in found.members] == [f"user{ALICE}"]


async def test_members_are_those_who_are(house: House) -> None:
    guild = GuildId(int(await house.guild(BOB)))
    calls = await house.running.calls_from("chat")
    asked = (UserId(BOB), UserId(MALLORY))
    with house.statements() as ran:
        found = await calls.ask(GetMembers(guild_id=guild, user_ids=asked))
    assert [member.user.id for member in found.members] == [BOB]
    assert len(ran) == 1
    assert not (await calls.ask(GetMembers(guild_id=NOWHERE, user_ids=asked))).members


async def test_neighbours_decide_as_community_does(house: House) -> None:
    guild = GuildId(int(await house.guild(BOB)))
    rule = {"id": str(guild), "type": 0, "deny": str(int(EVERYONE_DEFAULT))}
    hidden = await house.channel(str(int(guild)), permission_overwrites=[rule])
    calls = await house.running.calls_from("chat")
    with house.statements() as ran:
        facts = (await calls.ask(GetGuildFacts(guild_id=guild))).facts
    assert len(ran) == 4
    assert facts is not None
    members = (await calls.ask(GetMembers(guild_id=guild, user_ids=(UserId(BOB),)))).members
    bob, now, channel = members[0].face(), datetime.now(UTC), int(hidden["id"])
    assert permissions_in(facts, BOB, bob, now) == EVERYONE_DEFAULT
    assert permissions_in(facts, BOB, bob, now, channel_id=channel) is NONE
    assert permissions_in(facts, ALICE, bob, now, channel_id=channel) == EVERYTHING
    assert (await calls.ask(GetGuildFacts(guild_id=NOWHERE))).facts is None


async def test_a_channel_is_located(house: House) -> None:
    guild = await house.guild()
    general = (await house.channels(guild))["general"]["id"]
    calls = await house.running.calls_from("chat")
    found = await calls.ask(LocateChannel(channel_id=ChannelId(int(general))))
    assert found.guild_id == int(guild)
    assert (await calls.ask(LocateChannel(channel_id=ChannelId(404)))).guild_id is None


async def test_everybody_is_listed_in_pages_and_found_by_name(house: House) -> None:
    guild = GuildId(int(await house.guild(BOB)))
    calls = await house.running.calls_from("gateway")
    first = await calls.ask(ListMembers(guild_id=guild, limit=1))
    (one,) = first.members
    rest = await calls.ask(ListMembers(guild_id=guild, after=one.user.id, limit=1_000))
    assert {one.user.id, *(member.user.id for member in rest.members)} == {ALICE, BOB}
    found = await calls.ask(SearchMembers(guild_id=guild, query=f"USER{BOB}", limit=5))
    assert [member.user.id for member in found.members] == [BOB]
