"""Members over HTTP: looked at, and leaving."""

from __future__ import annotations

import pytest

from contracts import topics
from contracts.permissions import Permission
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House

pytestmark = pytest.mark.asyncio(loop_scope="module")

VIEW = int(Permission.VIEW_CHANNEL)


class TestLooking:
    async def test_members_come_by_id_in_pages(self, house: House) -> None:
        guild = await house.guild(CAROL, BOB)
        path = f"/guilds/{guild}/members"
        first = await house.does(ALICE, "GET", f"{path}?limit=2")
        assert [one["user"]["id"] for one in first] == [str(ALICE), str(BOB)]
        rest = await house.does(ALICE, "GET", f"{path}?limit=1000&after={BOB}")
        assert [one["user"]["id"] for one in rest] == [str(CAROL)]
        assert len(await house.does(ALICE, "GET", path)) == 1
        assert await house.refused(ALICE, "GET", f"{path}?limit=1001") == (400, 50035)

    async def test_a_page_costs_two_statements_however_long_it_is(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        with house.statements() as ran:
            await house.does(ALICE, "GET", f"/guilds/{guild}/members?limit=100")
        assert len(ran) == 2

    async def test_a_member_is_found_by_id(self, house: House) -> None:
        guild = await house.guild(BOB)
        bob = await house.does(ALICE, "GET", f"/guilds/{guild}/members/{BOB}")
        assert bob["user"]["username"] == f"user{BOB}"
        assert bob["roles"] == []
        assert bob["joined_at"].endswith("+00:00")
        assert await house.does(BOB, "GET", f"/users/@me/guilds/{guild}/member") == bob
        absent = await house.refused(ALICE, "GET", f"/guilds/{guild}/members/{MALLORY}")
        assert absent == (404, 10007)

    async def test_a_known_face_serves_while_user_service_is_away(self, house: House) -> None:
        guild = await house.guild(BOB)
        house.neighbours.is_away = True
        await house.does(ALICE, "POST", "/guilds", json={"name": "Another"})
        assert len(await house.does(ALICE, "GET", f"/guilds/{guild}/members?limit=9")) == 2


class TestLeaving:
    async def test_everybody_is_told_once_and_in_order(self, house: House) -> None:
        guild = await house.guild(BOB)
        await house.does(BOB, "DELETE", f"/users/@me/guilds/{guild}")
        told = await house.told(topics.guild(int(guild)), topics.user(BOB))
        assert [name for name, _ in told][-2:] == ["MemberRemove", "GuildLeft"]
        assert told[-2][1]["user"]["id"] == str(BOB)
        assert told[-1][1] == {"id": guild, "user_id": str(BOB)}
        assert await house.refused(BOB, "GET", f"/guilds/{guild}") == (404, 10004)
        assert await house.refused(BOB, "DELETE", f"/users/@me/guilds/{guild}") == (404, 10004)

    async def test_b16_the_owner_does_not_walk_away(self, house: House) -> None:
        guild = await house.guild(BOB)
        status, _ = await house.refused(ALICE, "DELETE", f"/users/@me/guilds/{guild}")
        assert status == 400
        assert await house.does(BOB, "GET", f"/guilds/{guild}/members/{ALICE}")

    async def test_b15_who_comes_back_finds_no_private_door_open(self, house: House) -> None:
        guild = await house.guild(BOB)
        private = await house.channel(
            guild,
            name="private",
            permission_overwrites=[
                {"id": guild, "type": 0, "deny": VIEW},
                {"id": str(BOB), "type": 1, "allow": str(VIEW)},
            ],
        )
        assert "private" in await house.channels(guild, BOB)
        await house.does(BOB, "DELETE", f"/users/@me/guilds/{guild}")
        told = await house.told(topics.guild(int(guild)))
        assert [name for name, _ in told][-2:] == ["ChannelUpdate", "MemberRemove"]
        assert [one["id"] for one in told[-2][1]["permission_overwrites"]] == [guild]
        await house.join(BOB, guild)
        assert "private" not in await house.channels(guild, BOB)
        assert await house.refused(BOB, "GET", f"/channels/{private['id']}") == (403, 50001)
