"""Bans over HTTP: who is shut out stays out, whichever way and however fast it comes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts import topics
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.wire import timestamp
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House

MODERATING = int(EVERYONE_DEFAULT | Permission.BAN_MEMBERS | Permission.MANAGE_GUILD)


async def banned(house: House, guild: str, query: str = "") -> list[str]:
    found = await house.does(ALICE, "GET", f"/guilds/{guild}/bans{query}")
    return [one["user"]["id"] for one in found]


class TestBanning:
    async def test_a_member_goes_is_told_and_stays_out(self, house: House) -> None:
        """A18: a ban takes effect, and B19: everybody hears of it at once."""
        guild = await house.guild(BOB)
        path, code = f"/guilds/{guild}/bans/{BOB}", await house.invite(guild)
        theirs = await house.invite(guild, BOB)
        why = {"X-Audit-Log-Reason": "spam"}
        await house.does(ALICE, "PUT", path, json={}, headers=why)
        names = await house.names(guild, BOB)
        assert names[-4:] == ["GuildBanAdd", "MemberRemove", "GuildLeft", "InviteDelete"]
        assert await house.refused(BOB, "POST", f"/invites/{code}") == (403, 40007)
        assert await house.refused(CAROL, "GET", f"/invites/{theirs}") == (404, 10006)
        ban = await house.does(ALICE, "GET", path)
        assert (ban["reason"], ban["user"]["id"]) == ("spam", str(BOB))
        await house.does(ALICE, "PUT", path)
        assert (await house.names(guild)).count("GuildBanAdd") == 1
        await house.does(ALICE, "DELETE", path)
        assert (await house.names(guild))[-1] == "GuildBanRemove"
        for method in ("GET", "DELETE"):
            assert await house.refused(ALICE, method, path) == (404, 10026)
        await house.does(BOB, "POST", f"/invites/{code}")
        log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs?target_id={BOB}")
        assert [one["action_type"] for one in log["audit_log_entries"]] == [23, 22]
        assert log["audit_log_entries"][1]["reason"] == "spam"

    async def test_strangers_are_banned_before_they_come(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild)
        await house.does(ALICE, "PUT", f"/guilds/{guild}/bans/{MALLORY}")
        assert await house.refused(MALLORY, "POST", f"/invites/{code}") == (403, 40007)
        assert "MemberRemove" not in await house.names(guild)
        nobody = await house.refused(ALICE, "PUT", f"/guilds/{guild}/bans/{10**10}")
        assert nobody == (404, 10013)

    @pytest.mark.parametrize(
        "said",
        [
            {"json": {"delete_message_seconds": 86_400}},
            {"json": {"delete_message_days": 1}},
            {"params": {"delete_message_seconds": 86_400}},
            {"params": {"delete_message_days": 1}, "json": {}},
        ],
    )
    async def test_what_they_wrote_goes_with_them(self, house: House, said: Any) -> None:
        guild = await house.guild(BOB)
        await house.does(ALICE, "PUT", f"/guilds/{guild}/bans/{BOB}", **said)
        [told] = [
            body
            for name, body in await house.told(topics.guild(int(guild)))
            if name == "MessagesUnwanted"
        ]
        now = timestamp(house.running.service.clock.now())
        assert told["user_id"] == str(BOB)
        assert told["since"] < now

    async def test_only_from_above_and_by_those_who_may(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        path = f"/guilds/{guild}/bans"
        for way in ("GET", "PUT", "DELETE"):
            assert await house.refused(BOB, way, f"{path}/{CAROL}") == (403, 50013)
            assert await house.refused(MALLORY, way, f"{path}/{CAROL}") == (404, 10004)
        await house.grant(guild, MODERATING)
        for other in (ALICE, BOB, CAROL):
            assert await house.refused(BOB, "PUT", f"{path}/{other}") == (403, 50013)
        await house.does(BOB, "PUT", f"{path}/{MALLORY}")

    async def test_who_joins_while_being_banned_is_out_afterwards(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild)
        people = range(1_000, 1_010)
        answers = await asyncio.gather(
            *(
                house.asks(one, *request)
                for one in people
                for request in (("POST", f"/invites/{code}"),)
            ),
            *(house.asks(ALICE, "PUT", f"/guilds/{guild}/bans/{one}") for one in people),
        )
        assert {one.status_code for one in answers} <= {200, 204, 403}
        left = await house.does(ALICE, "GET", f"/guilds/{guild}/members?limit=100")
        assert [one["user"]["id"] for one in left] == [str(ALICE)]
        assert len(await banned(house, guild)) == len(people)


class TestManyAtOnce:
    async def test_those_who_can_be_are_banned_and_the_others_named(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        form = {"user_ids": [str(BOB), str(MALLORY), str(10**10), str(ALICE)]}
        path = f"/guilds/{guild}/bulk-ban"
        said = await house.does(ALICE, "POST", path, json={**form, "delete_message_seconds": 60})
        assert said == {
            "banned_users": [str(BOB), str(MALLORY)],
            "failed_users": [str(10**10), str(ALICE)],
        }
        names = await house.names(guild)
        assert [names.count(one) for one in ("GuildBanAdd", "MemberRemove")] == [2, 1]
        assert names.count("MessagesUnwanted") == 2
        assert await house.refused(ALICE, "POST", path, json=form) == (400, 500000)
        for bad in ([], [str(n) for n in range(201)], "12"):
            refused = await house.refused(ALICE, "POST", path, json={"user_ids": bad})
            assert refused == (400, 50035)
        assert await house.refused(CAROL, "POST", path, json=form) == (403, 50013)

    async def test_it_costs_the_same_however_many_they_are(self, house: House) -> None:
        guild = await house.guild()
        costs = []
        for first, count in ((2_000, 2), (3_000, 20)):
            form = {"user_ids": [str(first + n) for n in range(count)]}
            with house.statements() as ran:
                await house.does(ALICE, "POST", f"/guilds/{guild}/bulk-ban", json=form)
            costs.append(len(ran))
        assert costs[0] == costs[1]


async def test_bans_come_by_id_in_pages(house: House) -> None:
    guild = await house.guild()
    await house.does(
        ALICE, "POST", f"/guilds/{guild}/bulk-ban", json={"user_ids": ["21", "22", "23"]}
    )
    assert await banned(house, guild) == ["21", "22", "23"]
    assert await banned(house, guild, "?limit=1&after=21") == ["22"]
    assert await banned(house, guild, "?limit=1&before=23") == ["22"]
    path = f"/guilds/{guild}/bans?limit=1001"
    assert await house.refused(ALICE, "GET", path) == (400, 50035)
