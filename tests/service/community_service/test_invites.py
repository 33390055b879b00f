"""Invites over HTTP: made, looked at, redeemed by many at once, revoked."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx
import pytest

from contracts import limits, topics
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House
from tests.service.community_service.test_guilds import FULL

MANY = """
INSERT INTO invites (code, guild_id, channel_id, inviter_id, max_age, max_uses, is_temporary, uses,
  created_at)
SELECT 'many' || n, $1, $2, 12, 0, 0, false, 0, now() FROM generate_series(1, $3) n
"""


def _is_busy(answer: httpx.Response) -> bool:
    return answer.status_code >= 500


class TestMaking:
    async def test_without_terms_it_lasts_a_day(self, house: House) -> None:
        guild = await house.guild()
        general = (await house.channels(guild))["general"]["id"]
        made = await house.does(ALICE, "POST", f"/channels/{general}/invites")
        assert (made["max_age"], made["max_uses"], made["uses"]) == (86_400, 0, 0)
        assert made["guild"]["name"] == "Book club"
        assert made["channel"] == {"id": general, "name": "general", "type": 0}
        assert made["inviter"]["id"] == str(ALICE)
        assert made["expires_at"] is not None
        told = await house.told(topics.guild(int(guild)))
        assert [name for name, _ in told] == ["MemberAdd", "InviteCreate"]
        assert told[1][1]["code"] == made["code"]

    async def test_a17_codes_are_long_random_and_differ_in_case(self, house: House) -> None:
        guild = await house.guild()
        codes = [await house.invite(guild) for _ in range(5)]
        assert len({code.lower() for code in codes}) == 5
        assert {len(code) for code in codes} == {11}
        other = codes[0].swapcase()
        assert await house.refused(BOB, "GET", f"/invites/{other}") == (404, 10006)

    async def test_the_same_terms_give_the_same_invite_unless_it_is_unique(
        self, house: House
    ) -> None:
        guild = await house.guild(BOB)
        first = await house.invite(guild, unique=False)
        assert await house.invite(guild, unique=False) == first
        assert await house.invite(guild, unique=True) != first
        assert await house.invite(guild, unique=False, max_uses=1) != first
        assert await house.invite(guild, BOB, unique=False) != first

    @pytest.mark.parametrize(
        "form",
        [{"max_age": -1}, {"max_age": 604_801}, {"max_uses": -1}, {"max_uses": 101}],
    )
    async def test_terms_have_bounds(self, house: House, form: dict[str, int]) -> None:
        guild = await house.guild()
        general = (await house.channels(guild))["general"]["id"]
        refused = await house.refused(ALICE, "POST", f"/channels/{general}/invites", json=form)
        assert refused == (400, 50035)

    async def test_it_takes_the_permission_and_a_channel_to_arrive_in(self, house: House) -> None:
        guild = await house.guild(BOB)
        channels = await house.channels(guild)
        path = f"/channels/{channels['general']['id']}/invites"
        assert await house.refused(MALLORY, "POST", path, json={}) == (404, 10003)
        category = f"/channels/{channels['Text channels']['id']}/invites"
        assert await house.refused(ALICE, "POST", category, json={}) == (403, 50024)
        await house.grant(guild, int(Permission.VIEW_CHANNEL))
        assert await house.refused(BOB, "POST", path, json={}) == (403, 50013)

    async def test_a_guild_has_only_so_many(self, house: House) -> None:
        guild = await house.guild()
        general = (await house.channels(guild))["general"]["id"]
        await house.rows(MANY, int(guild), int(general), limits.INVITES_PER_GUILD)
        full = await house.refused(ALICE, "POST", f"/channels/{general}/invites", json={})
        assert full == (400, 30016)


class TestLooking:
    async def test_whoever_has_the_code_sees_where_it_leads(self, house: House) -> None:
        guild = await house.guild(BOB)
        house.neighbours.online = {BOB}
        code = await house.invite(guild)
        answer = await house.running.nobody.get(f"/invites/{code}?with_counts=true")
        seen = answer.json()
        assert seen["guild"]["id"] == seen["guild_id"] == guild
        assert (seen["approximate_member_count"], seen["approximate_presence_count"]) == (2, 1)
        assert "owner_id" not in seen["guild"]

    async def test_a_block_on_either_side_hides_who_invites(self, house: House) -> None:
        code = await house.invite(await house.guild())

        async def inviter(who: int) -> str | None:
            seen = await house.does(who, "GET", f"/invites/{code}")
            return seen.get("inviter", {}).get("username")

        assert await inviter(BOB) == f"user{ALICE}"
        for block in ((ALICE, BOB), (BOB, ALICE)):
            house.neighbours.blocks = {block}
            assert await inviter(BOB) is None
        assert await inviter(CAROL) == await inviter(ALICE) == f"user{ALICE}"
        joined = await house.does(BOB, "POST", f"/invites/{code}")
        assert "inviter" not in joined
        house.neighbours.is_away = True
        assert await inviter(CAROL) is None

    async def test_counts_are_told_only_to_those_who_ask(self, house: House) -> None:
        code = await house.invite(await house.guild())
        seen = await house.does(BOB, "GET", f"/invites/{code}?with_expiration=true")
        assert not {name for name in seen if name.startswith("approximate")}

    async def test_lists_are_for_those_who_manage(self, house: House) -> None:
        guild = await house.guild(BOB)
        codes = {await house.invite(guild), await house.invite(guild, BOB)}
        general = (await house.channels(guild))["general"]["id"]
        for path, needs in [
            (f"/channels/{general}/invites", Permission.MANAGE_CHANNELS),
            (f"/guilds/{guild}/invites", Permission.MANAGE_GUILD),
        ]:
            await house.grant(guild, int(EVERYONE_DEFAULT))
            assert await house.refused(BOB, "GET", path) == (403, 50013)
            await house.grant(guild, int(EVERYONE_DEFAULT | needs))
            found = await house.does(BOB, "GET", path)
            assert {one["code"] for one in found} >= codes
            assert {one["inviter"]["id"] for one in found} == {str(ALICE), str(BOB)}

    async def test_a12_the_list_keeps_quiet_about_channels_one_can_not_see(
        self, house: House
    ) -> None:
        guild = await house.guild(BOB)
        await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD))
        rule = {"id": guild, "type": 0, "deny": int(Permission.VIEW_CHANNEL)}
        hidden = await house.channel(guild, permission_overwrites=[rule])
        made = await house.does(ALICE, "POST", f"/channels/{hidden['id']}/invites", json={})
        found = await house.does(BOB, "GET", f"/guilds/{guild}/invites")
        assert made["code"] not in {one["code"] for one in found}
        found = await house.does(ALICE, "GET", f"/guilds/{guild}/invites")
        assert made["code"] in {one["code"] for one in found}


class TestRedeeming:
    async def test_who_joins_is_told_and_so_is_everybody_once(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild)
        joined = await house.does(BOB, "POST", f"/invites/{code}", json={})
        assert joined["new_member"] is True
        assert joined["guild"]["id"] == guild
        told = await house.told(topics.guild(int(guild)), topics.user(BOB))
        assert [name for name, _ in told][2:] == ["InviteCreate", "MemberAdd", "GuildJoined"] or [
            name for name, _ in told
        ] == ["MemberAdd", "InviteCreate", "MemberAdd", "GuildJoined"]
        assert told[-2][1]["user"]["id"] == str(BOB)

    async def test_a_member_comes_in_again_without_using_anything_up(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild, max_uses=1)
        await house.does(BOB, "POST", f"/invites/{code}")
        again = await house.does(BOB, "POST", f"/invites/{code}")
        assert again["new_member"] is False
        names = await house.names(guild, BOB)
        assert names.count("GuildJoined") == 1
        assert await house.refused(CAROL, "POST", f"/invites/{code}") == (404, 10006)
        assert await house.refused(CAROL, "GET", f"/invites/{code}") == (404, 10006)

    async def test_fifty_at_once_through_an_invite_for_one_admit_exactly_one(
        self, house: House
    ) -> None:
        guild = await house.guild()
        code = await house.invite(guild, max_uses=1)
        came: Counter[int] = Counter()
        waiting = list(range(1_000, 1_050))
        while waiting:
            answers = await asyncio.gather(
                *(house.asks(one, "POST", f"/invites/{code}", json={}) for one in waiting)
            )
            # Who is turned away because all connections are busy comes again, as clients do.
            busy = [one for one, said in zip(waiting, answers, strict=True) if _is_busy(said)]
            came.update(said.status_code for said in answers if not _is_busy(said))
            waiting = busy
        assert came == {200: 1, 404: 49}
        assert await house.rows("SELECT uses FROM invites") == [{"uses": 1}]
        names = await house.names(guild)
        assert names == ["MemberAdd", "InviteCreate", "MemberAdd"]

    async def test_a_person_who_clicks_often_joins_once_and_uses_one(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild, max_uses=5)
        answers = await asyncio.gather(
            *(house.does(BOB, "POST", f"/invites/{code}") for _ in range(10))
        )
        assert sum(one["new_member"] for one in answers) == 1
        assert await house.rows("SELECT uses FROM invites") == [{"uses": 1}]

    async def test_an_expired_one_lets_nobody_in(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild, max_age=60)
        await house.rows("UPDATE invites SET expires_at = now() - interval '1 s'")
        for method in ("GET", "POST"):
            assert await house.refused(BOB, method, f"/invites/{code}") == (404, 10006)
        for nonsense in ("nonsense", "old00000001", "%00", "%ED%A0%80", "x" * 2_000):
            for method in ("GET", "POST", "DELETE"):
                refused = await house.refused(BOB, method, f"/invites/{nonsense}")
                assert refused == (404, 10006), nonsense

    async def test_bots_are_let_in_by_others(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild)
        answer = await house.asks(5, "POST", f"/invites/{code}", is_bot=True)
        assert (answer.status_code, answer.json()["code"]) == (403, 20001)

    async def test_who_is_in_too_many_guilds_uses_nothing_up(self, house: House) -> None:
        await house.guild(owner=BOB)
        await house.rows(FULL, BOB, limits.GUILDS_PER_USER - 1)
        guild = await house.guild()
        code = await house.invite(guild, max_uses=1)
        assert await house.refused(BOB, "POST", f"/invites/{code}") == (400, 30001)
        assert await house.rows("SELECT uses FROM invites") == [{"uses": 0}]

    async def test_joining_and_deleting_at_once_leave_no_member_without_a_guild(
        self, house: House
    ) -> None:
        guild = await house.guild()
        code = await house.invite(guild)
        answers = await asyncio.gather(
            *(house.asks(1_000 + n, "POST", f"/invites/{code}") for n in range(20)),
            house.asks(ALICE, "DELETE", f"/guilds/{guild}"),
            *(house.asks(1_020 + n, "POST", f"/invites/{code}") for n in range(20)),
        )
        assert {one.status_code for one in answers} <= {200, 204, 404}
        assert not await house.rows("SELECT 1 FROM members")
        joined = [n for n in range(40) if answers[n + (n >= 20)].status_code == 200]
        for n in joined:
            told = [name for name, _ in await house.told(topics.user(1_000 + n))]
            assert told == ["GuildJoined", "GuildLeft"]


class TestRevoking:
    async def test_its_maker_and_managers_revoke_it(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        mine, theirs = await house.invite(guild, BOB), await house.invite(guild)
        assert await house.refused(CAROL, "DELETE", f"/invites/{mine}") == (403, 50013)
        assert await house.refused(BOB, "DELETE", f"/invites/{theirs}") == (403, 50013)
        assert (await house.does(BOB, "DELETE", f"/invites/{mine}"))["code"] == mine
        await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD))
        await house.does(CAROL, "DELETE", f"/invites/{theirs}")
        assert await house.refused(MALLORY, "POST", f"/invites/{mine}") == (404, 10006)

    async def test_strangers_do_not_learn_that_it_exists(self, house: House) -> None:
        code = await house.invite(await house.guild())
        assert await house.refused(MALLORY, "DELETE", f"/invites/{code}") == (404, 10006)
        assert await house.refused(MALLORY, "DELETE", "/invites/nonsense") == (404, 10006)
