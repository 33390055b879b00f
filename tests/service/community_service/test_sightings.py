"""Who came and who went: temporary members leave with their last device, and those who have been
away for long can be pruned.
"""

from __future__ import annotations

import asyncio
from typing import Any

from contracts import topics
from contracts.ids import UserId
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.community import PersonSeen
from tests.fixtures.patience import PATIENCE, until
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House

AGED = "UPDATE members SET joined_at = now() - interval '8 days' WHERE user_id = ANY($1)"


async def seen(house: House, user_id: int, *, is_here: bool) -> None:
    """Presence tells, and it is written down."""
    before = await _last_seen(house, user_id)
    presence = await house.running.calls_from("presence")
    cast = PersonSeen(user_id=UserId(user_id), is_here=is_here)
    await until(lambda: presence.cast(cast))
    async with asyncio.timeout(PATIENCE):
        while await _last_seen(house, user_id) == before:
            await house.running.job("sightings")


async def _last_seen(house: House, user_id: int) -> Any:
    return await house.rows("SELECT last_seen_at FROM people WHERE user_id = $1", user_id)


async def temporary(house: House) -> str:
    """A guild with Bob, for as long as he is here."""
    guild = await house.guild()
    code = await house.invite(guild, temporary=True)
    await house.does(BOB, "POST", f"/invites/{code}")
    return guild


async def member_ids(house: House, guild: str) -> set[int]:
    found = await house.does(ALICE, "GET", f"/guilds/{guild}/members?limit=100")
    return {int(one["user"]["id"]) for one in found}


class TestTemporaryMembers:
    async def test_they_leave_when_they_go_and_everybody_is_told(self, house: House) -> None:
        guild = await temporary(house)
        await seen(house, BOB, is_here=True)
        assert await member_ids(house, guild) == {ALICE, BOB}
        await seen(house, BOB, is_here=False)
        names = [name for name, _ in await house.told(topics.guild(int(guild)), topics.user(BOB))]
        assert names[-2:] == ["MemberRemove", "GuildLeft"]
        assert await member_ids(house, guild) == {ALICE}

    async def test_who_was_given_a_role_stays_and_so_does_everybody_else(
        self, house: House
    ) -> None:
        guild = await temporary(house)
        await house.join(CAROL, guild)
        role = await house.role(guild, "regulars")
        await house.does(ALICE, "PUT", f"/guilds/{guild}/members/{BOB}/roles/{role}")
        for one in (BOB, CAROL):
            await seen(house, one, is_here=False)
        assert await member_ids(house, guild) == {ALICE, BOB, CAROL}

    async def test_whose_going_was_not_heard_of_leaves_later(self, house: House) -> None:
        guild = await temporary(house)
        await house.running.job("temporary")
        assert await member_ids(house, guild) == {ALICE, BOB}
        await house.rows(AGED, [BOB])
        house.neighbours.online = {BOB}
        await house.running.job("temporary")
        assert await member_ids(house, guild) == {ALICE, BOB}
        house.neighbours.online = set()
        await house.running.job("temporary")
        assert await member_ids(house, guild) == {ALICE}


class TestPruning:
    async def test_who_was_away_for_long_is_counted_and_goes(self, house: House) -> None:
        house.neighbours.make_bot(501, ALICE, "helper")
        guild = await house.guild(BOB, CAROL, MALLORY, 14)
        asked = {"client_id": "501", "scope": "bot"}
        await house.does(ALICE, "POST", "/oauth2/authorize", params=asked, json={"guild_id": guild})
        path = f"/guilds/{guild}/prune"
        assert await house.does(ALICE, "GET", path) == {"pruned": 0}
        await house.rows(AGED, [ALICE, BOB, CAROL, MALLORY, 501])
        # Carol was seen since, Mallory never left: both stay, and so do owner and bot.
        await seen(house, CAROL, is_here=False)
        house.neighbours.online = {MALLORY}
        assert await house.does(ALICE, "GET", path) == {"pruned": 1}
        assert await house.does(ALICE, "GET", f"{path}?days=9") == {"pruned": 0}
        form = {"days": 7, "compute_prune_count": "true"}
        assert await house.does(ALICE, "POST", path, json=form) == {"pruned": 1}
        assert await member_ids(house, guild) == {ALICE, CAROL, MALLORY, 14, 501}
        log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs?action_type=21")
        assert [one["options"] for one in log["audit_log_entries"]] == [
            {"delete_member_days": "7", "members_removed": "1"}
        ]
        quiet = {"compute_prune_count": False}
        assert await house.does(ALICE, "POST", path, json=quiet) == {"pruned": None}

    async def test_those_with_roles_stay_unless_their_roles_are_named(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        one, other = [await house.role(guild, name) for name in ("one", "other")]
        for user, held in ((BOB, one), (CAROL, one), (CAROL, other)):
            await house.does(ALICE, "PUT", f"/guilds/{guild}/members/{user}/roles/{held}")
        await house.rows(AGED, [BOB, CAROL])
        path = f"/guilds/{guild}/prune"
        for query, count in (
            ("", 0),
            (f"?include_roles={one}", 1),
            (f"?include_roles={one},%20{other}", 2),
            (f"?include_roles={one}&include_roles={other}", 2),
        ):
            assert await house.does(ALICE, "GET", path + query) == {"pruned": count}, query
        form = {"include_roles": f"{one}, {other}"}
        assert await house.does(ALICE, "POST", path, json=form) == {"pruned": 2}

    async def test_it_takes_both_permissions_and_height(self, house: House) -> None:
        guild = await house.guild(BOB)
        path = f"/guilds/{guild}/prune"
        high = await house.role(guild, "high")
        both = EVERYONE_DEFAULT | Permission.KICK_MEMBERS | Permission.MANAGE_GUILD
        for granted in (both & ~Permission.KICK_MEMBERS, both & ~Permission.MANAGE_GUILD, both):
            # With both, Bob still stands beside those without roles.
            await house.grant(guild, int(granted))
            assert await house.refused(BOB, "GET", path) == (403, 50013)
        mods = await house.role(guild, "mods", int(both))
        order = [{"id": mods, "position": 1}, {"id": high, "position": 2}]
        await house.does(ALICE, "PATCH", f"/guilds/{guild}/roles", json=order)
        await house.does(ALICE, "PUT", f"/guilds/{guild}/members/{BOB}/roles/{mods}")
        assert await house.does(BOB, "GET", path) == {"pruned": 0}
        named = await house.refused(BOB, "GET", f"{path}?include_roles={high}")
        assert named == (403, 50013)
        unknown = await house.refused(BOB, "GET", f"{path}?include_roles=404")
        assert unknown == (404, 10011)
        for bad in ("days=0", "days=31", "include_roles=x"):
            assert await house.refused(BOB, "GET", f"{path}?{bad}") == (400, 50035)
