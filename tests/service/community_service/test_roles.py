"""Roles over HTTP: who makes, edits, orders, gives and deletes them."""

from __future__ import annotations

import asyncio
from typing import Any

from contracts import limits, topics
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, CAROL, DOT, MALLORY, House

KICK, BAN, ADMIN = (
    int(Permission.KICK_MEMBERS),
    int(Permission.BAN_MEMBERS),
    int(Permission.ADMINISTRATOR),
)
ARRANGER = int(EVERYONE_DEFAULT | Permission.MANAGE_ROLES | Permission.KICK_MEMBERS)
MISSING, INVALID, UNKNOWN_ROLE = (403, 50013), (400, 50028), (404, 10011)


async def role(house: House, guild: str, by: int = ALICE, **form: Any) -> dict[str, Any]:
    """A new role."""
    made: dict[str, Any] = await house.does(by, "POST", f"/guilds/{guild}/roles", json=form)
    return made


async def staffed(house: House) -> tuple[str, dict[str, dict[str, Any]]]:
    """A guild with the roles low < staff < high, of which Bob holds the middle one."""
    guild = await house.guild(BOB, CAROL)
    made = {name: await role(house, guild, name=name) for name in ("high", "staff", "low")}
    staff = f"/guilds/{guild}/roles/{made['staff']['id']}"
    await house.does(ALICE, "PATCH", staff, json={"permissions": str(ARRANGER)})
    path = f"/guilds/{guild}/members/{BOB}/roles/{made['staff']['id']}"
    await house.does(ALICE, "PUT", path)
    return guild, made


async def ladder(house: House, guild: str) -> list[tuple[str, int]]:
    """All but @everyone, from the lowest."""
    roles = await house.does(ALICE, "GET", f"/guilds/{guild}/roles")
    return [(one["name"], one["position"]) for one in roles[1:]]


class TestMaking:
    async def test_a_role_is_kept_and_told_as_it_is_answered(self, house: House) -> None:
        guild = await house.guild()
        form = {
            "name": "운영진",
            "permissions": str(KICK | 1 << 60),
            "colors": {"primary_color": 255, "secondary_color": 254},
            "hoist": True,
            "mentionable": None,
            "unicode_emoji": "🍀",
        }
        made = await role(house, guild, **form)
        assert (made["name"], made["permissions"], made["hoist"]) == ("운영진", str(KICK), True)
        assert (made["color"], made["position"], made["managed"]) == (255, 1, False)
        assert made["colors"] == {
            "primary_color": 255,
            "secondary_color": 254,
            "tertiary_color": None,
        }
        assert made["unicode_emoji"] == "🍀"
        assert await house.does(ALICE, "GET", f"/guilds/{guild}/roles/{made['id']}") == made
        told = await house.heard(topics.guild(int(guild)))
        assert told[-1] == ("RoleCreate", {"guild_id": guild, "role": made})
        assert told[-2][0] == "GuildAuditLogEntryCreate"
        assert (told[-2][1]["action_type"], told[-2][1]["target_id"]) == (30, made["id"])

    async def test_one_that_says_nothing_repeats_everyones_permissions(self, house: House) -> None:
        guild = await house.guild()
        made = await role(house, guild)
        assert (made["name"], made["permissions"]) == ("new role", str(int(EVERYONE_DEFAULT)))
        assert "tags" not in made

    async def test_its_icon_is_a_picture_that_can_be_shown(self, house: House) -> None:
        guild = await house.guild(BOB)
        made = await role(house, guild, icon=DOT)
        assert len(made["icon"]) == 32
        path = f"/guilds/{guild}/roles/{made['id']}"
        assert (await house.does(ALICE, "PATCH", path, json={"icon": None}))["icon"] is None
        broken = {"icon": "data:image/png;base64,AAAA"}
        assert await house.refused(ALICE, "PATCH", path, json=broken) == (400, 50035)
        assert await house.refused(BOB, "PATCH", path, json=broken) == MISSING, "not looked at"

    async def test_a_full_guild_takes_no_more_even_at_once(self, house: House) -> None:
        guild = await house.guild()
        await house.rows(
            "INSERT INTO roles SELECT g, $1, 'x', 0, 1, 0, false, false FROM"
            " generate_series(1, $2) g",
            int(guild),
            limits.ROLES_PER_GUILD - 2,
        )
        path = f"/guilds/{guild}/roles"
        answers = await asyncio.gather(
            *(house.asks(ALICE, "POST", path, json={}) for _ in range(3))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
        assert await house.refused(ALICE, "POST", path, json={}) == (400, 30005)


class TestHierarchy:
    async def test_nobody_touches_a_role_at_or_above_their_own(self, house: House) -> None:
        guild, made = await staffed(house)
        for name, outcome in (("high", 403), ("staff", 403), ("low", 200)):
            path = f"/guilds/{guild}/roles/{made[name]['id']}"
            answer = await house.asks(BOB, "PATCH", path, json={"name": f"{name}!"})
            assert answer.status_code == outcome, name
        for name, outcome in (("high", 403), ("staff", 403), ("low", 204)):
            for who in (BOB, CAROL):
                path = f"/guilds/{guild}/members/{who}/roles/{made[name]['id']}"
                assert (await house.asks(BOB, "PUT", path)).status_code == outcome, name
                assert (await house.asks(BOB, "DELETE", path)).status_code == outcome, name
        for name, outcome in (("high", 403), ("staff", 403), ("low", 204)):
            path = f"/guilds/{guild}/roles/{made[name]['id']}"
            assert (await house.asks(BOB, "DELETE", path)).status_code == outcome, name

    async def test_nobody_hands_on_what_they_do_not_hold(self, house: House) -> None:
        guild, made = await staffed(house)
        low = f"/guilds/{guild}/roles/{made['low']['id']}"
        for bits in (BAN, ADMIN, KICK | BAN):
            form = {"permissions": str(bits)}
            assert await house.refused(BOB, "POST", f"/guilds/{guild}/roles", json=form) == MISSING
            assert await house.refused(BOB, "PATCH", low, json=form) == MISSING
        await house.does(BOB, "PATCH", low, json={"permissions": str(KICK)})
        await house.does(ALICE, "PATCH", low, json={"permissions": str(KICK | BAN)})
        assert await house.refused(BOB, "PATCH", low, json={"permissions": "0"}) == MISSING
        holding = f"/guilds/{guild}/members/{CAROL}/roles/{made['low']['id']}"
        assert await house.refused(BOB, "PUT", holding) == MISSING, "what the role would let do"

    async def test_without_the_permission_nothing_is_arranged(self, house: House) -> None:
        guild, made = await staffed(house)
        one = f"/guilds/{guild}/roles/{made['low']['id']}"
        holding = f"/guilds/{guild}/members/{CAROL}/roles/{made['low']['id']}"
        for who, refusal in ((CAROL, MISSING), (MALLORY, (404, 10004))):
            for method, path, form in (
                ("POST", f"/guilds/{guild}/roles", {}),
                ("PATCH", f"/guilds/{guild}/roles", []),
                ("PATCH", one, {"name": "x"}),
                ("DELETE", one, None),
                ("PUT", holding, None),
                ("DELETE", holding, None),
            ):
                assert await house.refused(who, method, path, json=form) == refusal, (method, path)
        assert await house.refused(MALLORY, "GET", one) == (404, 10004)


class TestEveryoneAndBots:
    async def test_of_everyones_role_only_permissions_change(self, house: House) -> None:
        guild, _ = await staffed(house)
        path = f"/guilds/{guild}/roles/{guild}"
        for form in ({"name": "all"}, {"color": 5}, {"hoist": True}):
            assert await house.refused(ALICE, "PATCH", path, json=form) == INVALID
        assert await house.refused(ALICE, "DELETE", path) == INVALID
        holding = f"/guilds/{guild}/members/{BOB}/roles/{guild}"
        assert await house.refused(ALICE, "PUT", holding) == INVALID
        form = {"permissions": str(int(EVERYONE_DEFAULT) & ~1), "hoist": False}
        assert (await house.does(BOB, "PATCH", path, json=form))["permissions"] == form[
            "permissions"
        ]

    async def test_the_role_of_a_bot_can_be_edited_but_not_given_or_deleted(
        self, house: House
    ) -> None:
        guild = await house.guild(BOB)
        house.neighbours.make_bot(501, ALICE, "echo")
        asked = {"client_id": "501", "scope": "bot", "permissions": str(KICK)}
        await house.does(ALICE, "POST", "/oauth2/authorize", params=asked, json={"guild_id": guild})
        roles = await house.does(ALICE, "GET", f"/guilds/{guild}/roles")
        managed = roles[1]
        assert managed["tags"] == {"bot_id": "501"}
        path = f"/guilds/{guild}/roles/{managed['id']}"
        await house.does(ALICE, "PATCH", path, json={"color": 7})
        assert await house.refused(ALICE, "DELETE", path) == INVALID
        holding = f"/guilds/{guild}/members/{BOB}/roles/{managed['id']}"
        assert await house.refused(ALICE, "PUT", holding) == MISSING


class TestOrder:
    async def test_many_move_in_one_call_of_few_statements(self, house: House) -> None:
        guild, made = await staffed(house)
        moves = [
            {"id": made["low"]["id"], "position": 3},
            {"id": int(made["high"]["id"]), "position": 1},
            {"id": guild, "position": 0},
            {"id": made["staff"]["id"], "position": None},
        ]
        with house.statements() as ran:
            answer = await house.does(ALICE, "PATCH", f"/guilds/{guild}/roles", json=moves)
        assert len(ran) == 6, "hold, decide, read, place, write down, tell"
        expected = [("high", 1), ("staff", 2), ("low", 3)]
        assert [(one["name"], one["position"]) for one in answer[1:]] == expected
        assert await ladder(house, guild) == expected
        told = [
            body["role"]["name"]
            for name, body in await house.told(topics.guild(int(guild)))
            if name == "RoleUpdate"
        ]
        assert told[-3:] == ["high", "staff", "low"]

    async def test_nobody_moves_above_or_past_their_own(self, house: House) -> None:
        guild, made = await staffed(house)
        path = f"/guilds/{guild}/roles"
        spare = await role(house, guild, BOB, name="spare")
        for moves in (
            [{"id": made["low"]["id"], "position": 9}],
            [{"id": made["high"]["id"], "position": 1}],
            [{"id": made["staff"]["id"], "position": 9}],
        ):
            assert await house.refused(BOB, "PATCH", path, json=moves) == MISSING
        await house.does(BOB, "PATCH", path, json=[{"id": spare["id"], "position": 2}])
        order = ["low", "spare", "staff", "high"]
        assert [name for name, _ in await ladder(house, guild)] == order
        unknown = [{"id": "404", "position": 1}]
        assert await house.refused(ALICE, "PATCH", path, json=unknown) == UNKNOWN_ROLE

    async def test_b18_moves_at_the_same_time_lose_no_role(self, house: House) -> None:
        """B18: order by pointers lost whole chains when two moved at once."""
        guild, made = await staffed(house)
        ids = [one["id"] for one in made.values()]
        await asyncio.gather(
            *(
                house.insists(
                    ALICE,
                    "PATCH",
                    f"/guilds/{guild}/roles",
                    json=[{"id": ids[turn % 3], "position": turn % 4}],
                )
                for turn in range(4)
            ),
            *(
                house.insists(ALICE, "POST", f"/guilds/{guild}/roles", json={"name": "new"})
                for _ in range(2)
            ),
        )
        await house.does(
            ALICE, "PATCH", f"/guilds/{guild}/roles", json=[{"id": ids[0], "position": 1}]
        )
        assert [place for _, place in await ladder(house, guild)] == [1, 2, 3, 4, 5]


class TestHolding:
    async def test_giving_and_taking_is_told_once(self, house: House) -> None:
        guild, made = await staffed(house)
        held = f"/guilds/{guild}/members/{CAROL}/roles/{made['low']['id']}"
        for method in ("PUT", "PUT", "DELETE", "DELETE"):
            await house.does(BOB, method, held)
        told = await house.heard(topics.guild(int(guild)))
        ours = [
            body
            for name, body in told
            if name == "MemberUpdate" and body["user"]["id"] == str(CAROL)
        ]
        assert [body["roles"] for body in ours] == [[made["low"]["id"]], []]
        assert ours[0]["guild_id"] == guild
        entries = [body for name, body in told if name == "GuildAuditLogEntryCreate"][-2:]
        named = [{"id": made["low"]["id"], "name": "low"}]
        assert [entry["changes"] for entry in entries] == [
            [{"key": "$add", "new_value": named}],
            [{"key": "$remove", "new_value": named}],
        ]

    async def test_counts_name_every_role_but_everyones(self, house: House) -> None:
        guild, made = await staffed(house)
        counts = await house.does(CAROL, "GET", f"/guilds/{guild}/roles/member-counts")
        expected = {"high": 0, "staff": 1, "low": 0}
        assert counts == {made[name]["id"]: count for name, count in expected.items()}

    async def test_strangers_and_unknown_roles_are_not_found(self, house: House) -> None:
        guild, made = await staffed(house)
        path = f"/guilds/{guild}/members/{{}}/roles/{{}}"
        stranger = path.format(MALLORY, made["low"]["id"])
        assert await house.refused(ALICE, "PUT", stranger) == (404, 10007)
        assert await house.refused(ALICE, "PUT", path.format(BOB, 404)) == UNKNOWN_ROLE
        assert await house.refused(ALICE, "GET", f"/guilds/{guild}/roles/404") == UNKNOWN_ROLE

    async def test_a_deleted_role_leaves_members_and_channels(self, house: House) -> None:
        guild, made = await staffed(house)
        staff = made["staff"]["id"]
        rules = [{"id": staff, "type": 0, "allow": str(KICK)}]
        room = await house.channel(guild, permission_overwrites=rules)
        await house.does(ALICE, "DELETE", f"/guilds/{guild}/roles/{staff}")
        told = await house.told(topics.guild(int(guild)))
        assert [name for name, _ in told[-2:]] == ["RoleDelete", "ChannelUpdate"]
        assert told[-1][1] == {**room, "permission_overwrites": []}
        bob = await house.does(ALICE, "GET", f"/guilds/{guild}/members/{BOB}")
        assert bob["roles"] == []
        assert await house.refused(BOB, "POST", f"/guilds/{guild}/roles", json={}) == MISSING
