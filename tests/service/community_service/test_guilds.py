"""Guilds over HTTP, on a real database, and what everybody is told."""

from __future__ import annotations

import asyncio

import pytest

from contracts import limits, topics
from contracts.permissions import EVERYONE_DEFAULT, EVERYTHING, Permission
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House

FULL = """
WITH made AS (
  INSERT INTO guilds (id, name, owner_id, system_channel_flags, afk_timeout, verification_level,
    default_message_notifications, explicit_content_filter, preferred_locale)
  SELECT g, 'x', $1, 0, 300, 0, 0, 0, 'en-US' FROM generate_series(1, $2::bigint) g RETURNING id
)
INSERT INTO members (guild_id, user_id, joined_at, deaf, mute, pending, flags)
SELECT id, $1, now(), false, false, false, 0 FROM made
"""
CROWD = """
WITH faces AS (
  INSERT INTO people (user_id, username, discriminator, public_flags, is_bot, refreshed_at)
  SELECT p, 'p' || p, '0', 0, false, now() FROM generate_series(1000, 999 + $2::bigint) p
  RETURNING user_id
)
INSERT INTO members (guild_id, user_id, joined_at, deaf, mute, pending, flags)
SELECT $1, user_id, now(), false, false, false, 0 FROM faces
"""


class TestFounding:
    async def test_a_new_guild_has_everything_to_begin_with(self, house: House) -> None:
        made = await house.does(
            ALICE, "POST", "/guilds", json={"name": " Book club ", "icon": None}
        )
        assert made["name"] == "Book club"
        assert made["owner_id"] == str(ALICE)
        (everyone,) = made["roles"]
        assert everyone["id"] == made["id"]
        assert everyone["permissions"] == str(int(EVERYONE_DEFAULT))
        channels = await house.channels(made["id"])
        assert {name: channel["type"] for name, channel in channels.items()} == {
            "Text channels": 4,
            "Voice channels": 4,
            "general": 0,
            "General": 2,
        }
        assert channels["general"]["id"] == made["system_channel_id"]
        assert channels["general"]["parent_id"] == channels["Text channels"]["id"]
        assert channels["General"]["bitrate"] == 64_000

    async def test_a_template_fills_it_in_the_founders_language(self, house: House) -> None:
        form = {"name": "책 모임", "template": "study_group"}
        korean = {"Accept-Language": "ko-KR,ko;q=0.9"}
        made = await house.does(ALICE, "POST", "/guilds", json=form, headers=korean)
        channels = await house.channels(made["id"])
        assert {"안내", "공지", "질문", "라운지"} <= channels.keys()
        assert channels["질문"]["available_tags"][1]["name"] == "해결됨"
        assert made["preferred_locale"] == "ko"
        leader = made["roles"][1]
        assert (leader["name"], leader["position"]) == ("스터디장", 1)
        rules = {one["id"]: one for one in channels["공지"]["permission_overwrites"]}
        assert rules[made["id"]]["deny"] == rules[leader["id"]]["allow"] != "0"
        listed = await house.does(BOB, "GET", "/guild-templates", params={"locale": "ko"})
        assert [one["id"] for one in listed] == [
            "gaming",
            "study_group",
            "class",
            "friends",
            "club",
        ]
        assert listed[1]["roles"] == ["스터디장"]
        unknown = {"name": "Us", "template": "party"}
        assert await house.refused(ALICE, "POST", "/guilds", json=unknown) == (400, 50035)

    async def test_it_can_be_planned_with_ids_of_ones_own(self, house: House) -> None:
        form = {
            "name": "Planned",
            "roles": [{"id": 0, "permissions": "1024"}, {"id": "7", "name": "mods", "color": 5}],
            "channels": [
                {"id": 1, "type": 4, "name": "Box"},
                {
                    "id": 2,
                    "name": "Plans",
                    "parent_id": 1,
                    "permission_overwrites": [{"id": 7, "type": 0, "deny": 1024}],
                },
                {"name": "loose"},
            ],
            "system_channel_id": "2",
        }
        made = await house.does(ALICE, "POST", "/guilds", json=form)
        channels = await house.channels(made["id"])
        assert channels.keys() == {"Box", "plans", "loose"}
        plans, mods = channels["plans"], made["roles"][1]
        assert plans["parent_id"] == channels["Box"]["id"]
        assert plans["permission_overwrites"][0]["id"] == mods["id"]
        assert made["system_channel_id"] == plans["id"]
        assert made["roles"][0]["permissions"] == "1024"
        form = {"name": "Ranks", "roles": form["roles"]}
        ranked = await house.does(ALICE, "POST", "/guilds", json=form)
        assert [one["name"] for one in ranked["roles"]] == ["@everyone", "mods"]
        assert "general" in await house.channels(ranked["id"])
        bare = await house.does(ALICE, "POST", "/guilds", json={"name": "Bare", "channels": []})
        assert await house.channels(bare["id"]) == {}

    async def test_its_founder_is_told_once_and_in_order(self, house: House) -> None:
        guild = await house.guild()
        told = await house.told(topics.guild(int(guild)), topics.user(ALICE))
        assert [name for name, _ in told] == ["MemberAdd", "GuildJoined"]
        assert told[0][1]["user"]["username"] == f"user{ALICE}"
        assert told[1][1] == {"user_id": str(ALICE), "guild_id": guild}

    @pytest.mark.parametrize("name", ["", "x", "  x  ", "x" * 101, "bad\0name", None, 7])
    async def test_a_name_has_two_to_a_hundred_letters(self, house: House, name: object) -> None:
        assert await house.refused(ALICE, "POST", "/guilds", json={"name": name}) == (400, 50035)

    async def test_bots_and_strangers_found_nothing(self, house: House) -> None:
        form = {"json": {"name": "Bots"}}
        answer = await house.asks(5, "POST", "/guilds", is_bot=True, **form)
        assert (answer.status_code, answer.json()["code"]) == (403, 20001)
        assert (await house.running.nobody.post("/guilds", **form)).status_code == 401

    async def test_the_limit_holds_however_many_try_at_once(self, house: House) -> None:
        await house.guild()
        await house.rows(FULL, ALICE, limits.GUILDS_PER_USER - 2)
        form = {"json": {"name": "One more"}}
        answers = await asyncio.gather(
            *(house.asks(ALICE, "POST", "/guilds", **form) for _ in range(5))
        )
        assert sorted(one.status_code for one in answers) == [201, 400, 400, 400, 400]
        assert await house.refused(ALICE, "POST", "/guilds", **form) == (400, 30001)

    async def test_without_user_service_nobody_unknown_founds_a_guild(self, house: House) -> None:
        house.neighbours.is_away = True
        status, _ = await house.refused(ALICE, "POST", "/guilds", json={"name": "Us"})
        assert status == 503
        assert not await house.rows("SELECT 1 FROM guilds")


class TestLooking:
    async def test_a10_to_strangers_a_guild_does_not_exist(self, house: House) -> None:
        guild = await house.guild()
        for method, path in [
            ("GET", ""),
            ("PATCH", ""),
            ("DELETE", ""),
            ("GET", "/channels"),
            ("GET", "/roles"),
            ("GET", "/members"),
            ("GET", f"/members/{ALICE}"),
            ("GET", "/invites"),
        ]:
            hidden = await house.refused(MALLORY, method, f"/guilds/{guild}{path}", json={})
            absent = await house.refused(MALLORY, method, f"/guilds/404{path}", json={})
            assert hidden == absent == (404, 10004), (method, path)
        form = {"name": "mine"}
        refused = await house.refused(MALLORY, "POST", f"/guilds/{guild}/channels", json=form)
        assert refused == (404, 10004)

    async def test_members_see_it_with_its_roles(self, house: House) -> None:
        guild = await house.guild(BOB)
        seen = await house.does(BOB, "GET", f"/guilds/{guild}")
        assert seen["id"] == guild
        assert [role["id"] for role in seen["roles"]] == [guild]
        assert "approximate_member_count" not in seen
        assert await house.does(BOB, "GET", f"/guilds/{guild}/roles") == seen["roles"]

    async def test_counts_come_when_asked_for(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        house.neighbours.online = {BOB, MALLORY}
        seen = await house.does(BOB, "GET", f"/guilds/{guild}?with_counts=true")
        assert seen["approximate_member_count"] == 3
        assert seen["approximate_presence_count"] == 1

    async def test_one_look_costs_three_statements(self, house: House) -> None:
        guild = await house.guild()
        with house.statements() as ran:
            await house.does(ALICE, "GET", f"/guilds/{guild}")
        assert len(ran) == 3

    async def test_an_id_that_is_none_is_a_form_error(self, house: House) -> None:
        assert await house.refused(ALICE, "GET", "/guilds/abc") == (400, 50035)


class TestChanging:
    async def test_a_change_is_kept_and_told_once(self, house: House) -> None:
        guild = await house.guild()
        form = {"name": "Film club", "description": "Fridays", "verification_level": None}
        changed = await house.does(ALICE, "PATCH", f"/guilds/{guild}", json=form)
        assert (changed["name"], changed["description"]) == ("Film club", "Fridays")
        assert await house.does(ALICE, "GET", f"/guilds/{guild}") == changed
        told = await house.told(topics.guild(int(guild)))
        assert [name for name, _ in told] == ["MemberAdd", "GuildUpdate"]
        assert told[1][1] == changed

    async def test_a_change_that_changes_nothing_is_not_told(self, house: House) -> None:
        guild = await house.guild()
        await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={"name": "Book club"})
        await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={})
        assert await house.names(guild) == ["MemberAdd"]

    async def test_members_without_the_permission_change_nothing(self, house: House) -> None:
        guild = await house.guild(BOB)
        form = {"json": {"name": "Mine now"}}
        assert await house.refused(BOB, "PATCH", f"/guilds/{guild}", **form) == (403, 50013)
        await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD))
        await house.does(BOB, "PATCH", f"/guilds/{guild}", **form)

    async def test_it_refers_only_to_channels_of_its_own(self, house: House) -> None:
        guild, other = await house.guild(), await house.guild()
        foreign = (await house.channels(other))["general"]["id"]
        form = {"system_channel_id": foreign}
        assert await house.refused(ALICE, "PATCH", f"/guilds/{guild}", json=form) == (404, 10003)
        own = (await house.channels(guild))["General"]["id"]
        seen = await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={"afk_channel_id": own})
        assert seen["afk_channel_id"] == own
        gone = await house.does(ALICE, "PATCH", f"/guilds/{guild}", json={"afk_channel_id": None})
        assert gone["afk_channel_id"] is None


class TestEnding:
    async def test_only_the_owner_ends_it_whatever_others_may(self, house: House) -> None:
        guild = await house.guild(BOB)
        await house.grant(guild, int(EVERYTHING))
        assert await house.refused(BOB, "DELETE", f"/guilds/{guild}") == (403, 50013)

    async def test_every_member_is_told_once_and_nothing_is_left(self, house: House) -> None:
        guild = await house.guild(BOB)
        await house.does(ALICE, "DELETE", f"/guilds/{guild}")
        assert await house.refused(ALICE, "GET", f"/guilds/{guild}") == (404, 10004)
        told = await house.told(topics.user(ALICE), topics.user(BOB))
        assert [name for name, _ in told].count("GuildLeft") == 2
        left = [body for name, body in told if name == "GuildLeft"]
        assert [body["user_id"] for body in left] == [str(ALICE), str(BOB)]
        assert all("unavailable" not in body for body in left)
        for table in ("guilds", "roles", "channels", "overwrites", "members", "invites"):
            assert not await house.rows(f"SELECT 1 FROM {table}"), table

    async def test_a_crowd_is_told_in_batches(self, house: House) -> None:
        guild = await house.guild()
        await house.rows(CROWD, int(guild), 1_200)
        await house.does(ALICE, "DELETE", f"/guilds/{guild}")
        await house.until_none_departs()
        for one in (1_000, 1_500, 2_199):
            assert [name for name, _ in await house.told(topics.user(one))] == ["GuildLeft"]


class TestOnesOwn:
    async def test_ones_guilds_come_in_pages_with_ones_permissions(self, house: House) -> None:
        guilds = [await house.guild(BOB) for _ in range(3)]
        await house.guild(owner=CAROL)
        await house.grant(guilds[0], int(Permission.VIEW_CHANNEL))
        first = await house.does(BOB, "GET", "/users/@me/guilds?limit=2")
        assert [one["id"] for one in first] == guilds[:2]
        assert first[0]["permissions"] == str(int(Permission.VIEW_CHANNEL))
        assert first[0]["owner"] is False
        rest = await house.does(BOB, "GET", f"/users/@me/guilds?after={guilds[1]}")
        assert [one["id"] for one in rest] == guilds[2:]
        back = await house.does(BOB, "GET", f"/users/@me/guilds?before={guilds[2]}&limit=1")
        assert [one["id"] for one in back] == [guilds[1]]
        own = await house.does(ALICE, "GET", "/users/@me/guilds")
        assert {one["permissions"] for one in own} == {str(int(EVERYTHING))}
        assert await house.does(MALLORY, "GET", "/users/@me/guilds") == []

    async def test_a_page_costs_one_statement(self, house: House) -> None:
        for _ in range(3):
            await house.guild()
        with house.statements() as ran:
            await house.does(ALICE, "GET", "/users/@me/guilds")
        assert len(ran) == 1

    async def test_counts_are_told_of_every_guild_if_they_are_wanted(self, house: House) -> None:
        """Hikari asks for them and can not do without."""
        small, large = await house.guild(), await house.guild(BOB, CAROL)
        house.neighbours.online = {BOB, ALICE}
        with house.statements() as ran:
            found = await house.does(ALICE, "GET", "/users/@me/guilds?with_counts=true")
        assert len(ran) == 3, "however many guilds they are"
        names = ("id", "approximate_member_count", "approximate_presence_count")
        assert [[one[name] for name in names] for one in found] == [[small, 1, 1], [large, 3, 2]]
