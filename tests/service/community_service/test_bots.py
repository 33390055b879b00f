"""Bots over HTTP: let in by people who manage the guild, with no more than those hold."""

from __future__ import annotations

import asyncio
from typing import Any

from contracts import topics
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, House

ECHO = 501
SEND, BAN = int(Permission.SEND_MESSAGES), int(Permission.BAN_MEMBERS)


def let_in(guild: str, asked: int = 0, **form: Any) -> dict[str, Any]:
    """The request, as client libraries and the web client send it."""
    query = {"client_id": str(ECHO), "scope": "bot", "permissions": str(asked)}
    return {"params": query, "json": {"guild_id": guild, "authorize": True, **form}}


AUTHORIZE = ("POST", "/oauth2/authorize")


async def test_a_bot_comes_with_a_role_of_its_own(house: House) -> None:
    guild = await house.guild()
    house.neighbours.make_bot(ECHO, ALICE, "echo")
    answer = await house.does(ALICE, *AUTHORIZE, **let_in(guild, SEND | BAN))
    assert "location" in answer
    roles = await house.does(ALICE, "GET", f"/guilds/{guild}/roles")
    role = next(one for one in roles if one["id"] != guild)
    assert (role["name"], role["managed"], role["permissions"]) == ("echo", True, str(SEND | BAN))
    told = await house.told(topics.guild(int(guild)), topics.user(ECHO))
    assert [name for name, _ in told][1:] == ["RoleCreate", "MemberAdd", "GuildJoined"]
    assert told[1][1] == {"guild_id": guild, "role": role}
    assert told[2][1]["roles"] == [role["id"]]
    assert told[2][1]["user"]["bot"] is True
    assert [one["id"] for one in await house.does(ECHO, "GET", "/users/@me/guilds")] == [guild]


async def test_one_that_asks_for_nothing_gets_no_role(house: House) -> None:
    guild = await house.guild()
    house.neighbours.make_bot(ECHO, ALICE, "echo")
    await house.does(ALICE, *AUTHORIZE, **let_in(guild, SEND, permissions="0"))
    assert await house.names(guild, ECHO) == ["MemberAdd", "MemberAdd", "GuildJoined"]


async def test_one_that_is_in_already_stays_as_it_is(house: House) -> None:
    guild = await house.guild()
    house.neighbours.make_bot(ECHO, ALICE, "echo")
    await asyncio.gather(*(house.does(ALICE, *AUTHORIZE, **let_in(guild, SEND)) for _ in range(5)))
    names = await house.names(guild, ECHO)
    assert names == ["MemberAdd", "RoleCreate", "MemberAdd", "GuildJoined"]


async def test_it_gets_only_what_its_installer_holds(house: House) -> None:
    guild = await house.guild(BOB)
    house.neighbours.make_bot(ECHO, ALICE, "echo")
    assert await house.refused(BOB, *AUTHORIZE, **let_in(guild, BAN)) == (403, 50013)
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD))
    await house.does(BOB, *AUTHORIZE, **let_in(guild, SEND | BAN))
    roles = await house.does(ALICE, "GET", f"/guilds/{guild}/roles")
    assert [one["permissions"] for one in roles if one["managed"]] == [str(SEND)]


async def test_what_can_not_be_installed_is_not_there(house: House) -> None:
    guild = await house.guild(BOB)
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD))
    assert await house.refused(ALICE, *AUTHORIZE, **let_in(guild)) == (404, 10002)
    house.neighbours.make_bot(ECHO, ALICE, "private", is_public=False)
    assert await house.refused(BOB, *AUTHORIZE, **let_in(guild)) == (404, 10002)
    await house.does(ALICE, *AUTHORIZE, **let_in(guild))
    assert await house.refused(ALICE, *AUTHORIZE, **let_in("404")) == (404, 10004)


async def test_declining_changes_nothing(house: House) -> None:
    guild = await house.guild()
    house.neighbours.make_bot(ECHO, ALICE, "echo")
    answer = await house.does(ALICE, *AUTHORIZE, **let_in(guild, authorize=False))
    assert "access_denied" in answer["location"]
    assert await house.names(guild, ECHO) == ["MemberAdd"]


async def test_only_people_let_bots_in_and_only_as_bots(house: House) -> None:
    guild = await house.guild()
    house.neighbours.make_bot(ECHO, ALICE, "echo")
    assert await house.refused(ECHO, *AUTHORIZE, **let_in(guild)) == (403, 20001)
    request = let_in(guild)
    request["params"]["scope"] = "identify"
    assert await house.refused(ALICE, *AUTHORIZE, **request) == (400, 50035)


async def test_a_bot_that_leaves_takes_its_role_along(house: House) -> None:
    guild = await house.guild()
    house.neighbours.make_bot(ECHO, ALICE, "echo")
    await house.does(ALICE, *AUTHORIZE, **let_in(guild, SEND))
    await house.does(ECHO, "DELETE", f"/users/@me/guilds/{guild}")
    roles = await house.does(ALICE, "GET", f"/guilds/{guild}/roles")
    assert [one["id"] for one in roles] == [guild]
    assert (await house.names(guild, ECHO))[-3:] == ["RoleDelete", "MemberRemove", "GuildLeft"]


async def test_a_link_shows_what_would_be_let_in_and_where_to(house: House) -> None:
    mine, managed = await house.guild(), await house.guild(BOB, owner=ALICE)
    await house.guild(ALICE, owner=BOB)
    house.neighbours.make_bot(ECHO, ALICE, "echo", is_public=False)
    link = {"params": {"client_id": str(ECHO), "permissions": str(SEND)}}
    shown = await house.does(ALICE, "GET", "/oauth2/authorize", **link)
    assert (shown["bot"]["username"], shown["permissions"]) == ("echo", str(SEND))
    assert [guild["id"] for guild in shown["guilds"]] == [mine, managed]
    assert await house.refused(BOB, "GET", "/oauth2/authorize", **link) == (404, 10002)
