"""What events elsewhere do to messages: greetings, and removals that are real."""

from __future__ import annotations

from datetime import timedelta

from contracts.events.ban import MessagesUnwanted
from contracts.events.channel import ChannelDelete
from contracts.events.guild import GuildDeleted
from contracts.events.member import MemberAdd
from contracts.ids import ChannelId, GuildId, UserId
from tests.fixtures.patience import until
from tests.service.chat_service.house import ALICE, BOB, House


async def until_gone(house: House, room: int, left: list[int]) -> None:
    await until(lambda: house.stored(room), lambda stored: stored == left)


async def test_who_joins_is_greeted_once_where_the_guild_wants_it(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    facts = house.neighbours.guilds[guild]
    house.neighbours.guilds[guild] = facts.model_copy(update={"system_channel_id": ChannelId(room)})
    member = house.member(guild, house.newcomer())
    joined = MemberAdd.model_validate({**dict(member), "guild_id": guild})
    for _ in range(2):
        house.tell(joined)
    await until(lambda: house.stored(room))
    (said,) = await house.history(ALICE, room)
    assert (said["type"], said["content"], said["author"]) == (7, "", member.user.dump())
    quiet = house.guild()
    silent = int(house.channel(quiet).id)
    told = {"system_channel_id": ChannelId(silent), "system_channel_flags": 1}
    house.neighbours.guilds[quiet] = house.neighbours.guilds[quiet].model_copy(update=told)
    house.tell(MemberAdd.model_validate({**dict(member), "guild_id": quiet}))
    gone = int(house.channel(quiet).id)
    house.tell(ChannelDelete(id=ChannelId(gone), type=0, guild_id=GuildId(quiet), name="gone"))
    await until_gone(house, gone, [])
    assert await house.stored(silent) == []


async def test_what_a_banned_person_wrote_goes_and_is_told(house: House) -> None:
    guild = house.guild()
    room, other = (int(house.channel(guild).id) for _ in range(2))
    kept = await house.send(BOB, room, "mine stays")
    for where in (room, other):
        await house.sends(ALICE, where, 2)
    since = house.running.service.clock.now() - timedelta(hours=1)
    house.tell(MessagesUnwanted(guild_id=GuildId(guild), user_id=UserId(ALICE), since=since))
    await until_gone(house, other, [])
    await until_gone(house, room, [int(kept["id"])])
    told = [body for name, body in await house.told(guild) if name == "MessageDeleteBulk"]
    assert sorted(len(one["ids"]) for one in told) == [2, 2]


async def test_a_deleted_channel_and_guild_take_everything_along(house: House) -> None:
    guild = house.guild()
    channel = house.channel(guild)
    rooms = [int(house.channel(guild).id) for _ in range(2)]
    for room in (int(channel.id), *rooms):
        await house.sends(ALICE, room, 2)
    house.tell(ChannelDelete.model_validate(dict(channel)))
    await until_gone(house, int(channel.id), [])
    house.tell(GuildDeleted(guild_id=GuildId(guild), channel_ids=tuple(map(ChannelId, rooms))))
    for room in rooms:
        await until_gone(house, room, [])
    assert not [name for name, _ in await house.told(guild) if name == "MessageDeleteBulk"]
