"""Faces that change while their owners are members."""

from __future__ import annotations

from itertools import count

from contracts import topics
from contracts.events.user import FaceChanged
from contracts.ids import UserId
from contracts.objects.user import User
from contracts.rpc.community import GetMutualGuilds
from tests.fixtures.patience import until
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House

_fresh = count(1 << 40)


def change(house: House, user: User) -> None:
    """As user_service tells it."""
    assert house.running.ears is not None
    number = next(_fresh)
    record = FaceChanged(user=user).record(number)
    house.running.ears.bus.publish(topics.FACES, record, number)


async def until_called(house: House, who: int, name: str) -> None:
    asked = "SELECT username FROM people WHERE user_id = $1"
    await until(lambda: house.rows(asked, who), lambda rows: rows[0]["username"] == name)


async def test_a_new_face_is_seen_at_once_in_every_guild_and_told_once_in_each(
    house: House,
) -> None:
    guilds = [await house.guild(BOB), await house.guild(BOB)]
    elsewhere = await house.guild(CAROL)
    face = User(id=UserId(BOB), username="bobby", avatar="0" * 32)
    for user in (face, face, User(id=UserId(MALLORY), username="nobody here")):
        change(house, user)
    await until_called(house, BOB, "bobby")
    last = User(id=UserId(BOB), username="robert")
    change(house, last)
    await until_called(house, BOB, "robert")
    for guild in guilds:
        told = await house.told(topics.guild(int(guild)))
        seen = [body["user"]["username"] for name, body in told if name == "MemberUpdate"]
        assert seen == ["bobby", "robert"]
        shown = await house.does(ALICE, "GET", f"/guilds/{guild}/members/{BOB}")
        assert shown["user"]["username"] == "robert"
    assert "MemberUpdate" not in await house.names(elsewhere)


async def test_neighbours_hear_where_two_people_meet(house: House) -> None:
    shared = [await house.guild(BOB, CAROL), await house.guild(BOB, CAROL)]
    await house.guild(BOB)
    await house.rows("UPDATE members SET nick = 'C' WHERE guild_id = $1", int(shared[0]))
    calls = await house.running.calls_from("user")
    found = await calls.ask(GetMutualGuilds(user_id=UserId(BOB), other_id=UserId(CAROL)))
    nicks = {str(int(one.id)): one.nick for one in found.guilds}
    assert nicks == {shared[0]: "C", shared[1]: None}
    asked = GetMutualGuilds(user_id=UserId(BOB), other_id=UserId(MALLORY))
    assert (await calls.ask(asked)).guilds == ()
