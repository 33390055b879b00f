"""Members over HTTP: looked at, searched, changed, removed, and leaving."""

from __future__ import annotations

from datetime import timedelta

from chassis.blobs import Blobs
from contracts import topics
from contracts.assets import MEMBER_AVATARS, MEMBER_BANNERS
from contracts.permissions import EVERYONE_DEFAULT, EVERYTHING, Permission
from contracts.rpc.signaling import Governing
from contracts.wire import timestamp
from tests.service.community_service.house import ALICE, BOB, CAROL, DOT, MALLORY, House

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
        assert await house.does(BOB, "GET", f"/users/@me/guilds/{guild}/member") == {
            **bob,
            "bio": "",
        }
        absent = await house.refused(ALICE, "GET", f"/guilds/{guild}/members/{MALLORY}")
        assert absent == (404, 10007)

    async def test_a_known_face_serves_while_user_service_is_away(self, house: House) -> None:
        guild = await house.guild(BOB)
        house.neighbours.is_away = True
        await house.does(ALICE, "POST", "/guilds", json={"name": "Another"})
        assert len(await house.does(ALICE, "GET", f"/guilds/{guild}/members?limit=9")) == 2


class TestSearching:
    async def test_any_name_finds_somebody_however_it_is_written(self, house: House) -> None:
        house.neighbours.names |= {BOB: "bob_the_reader", CAROL: "carol"}
        guild = await house.guild(BOB, CAROL)
        path = f"/guilds/{guild}/members"
        await house.does(CAROL, "PATCH", f"{path}/@me", json={"nick": "Ｂööks 각하"})

        async def finds(query: str, limit: int = 10) -> list[str]:
            asked = {"query": query, "limit": limit}
            found = await house.does(ALICE, "GET", f"{path}/search", params=asked)
            return [one["user"]["id"] for one in found]

        assert await finds("BOB_") == [str(BOB)]
        assert await finds("bÖÖk") == [str(CAROL)]
        assert await finds("b") == [str(BOB), str(CAROL)]
        assert await finds("b", 1) == [str(BOB)]
        assert await finds("ob") == []
        for wild in ("%", "_", "\\"):
            assert await finds(wild) == []
        for bad in ({"query": ""}, {}, {"query": "b", "limit": 1_001}):
            refused = await house.refused(ALICE, "GET", f"{path}/search", params=bad)
            assert refused == (400, 50035)


class TestEditing:
    async def test_a_change_is_kept_told_and_written_down(self, house: House) -> None:
        """B19: everybody hears of it at once."""
        guild = await house.guild(BOB)
        house.neighbours.in_voice.add(BOB)
        path = f"/guilds/{guild}/members/{BOB}"
        form = {"nick": "  Bobby ", "mute": True}
        changed = await house.does(ALICE, "PATCH", path, json=form)
        assert (changed["nick"], changed["mute"]) == ("Bobby", True)
        assert await house.does(BOB, "GET", path) == changed
        told = await house.told(topics.guild(int(guild)))
        assert told[-1] == ("MemberUpdate", {**changed, "guild_id": guild})
        assert (await house.does(ALICE, "PATCH", path, json=form)) == changed
        assert (await house.names(guild)).count("MemberUpdate") == 1
        log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs?action_type=24")
        [entry] = log["audit_log_entries"]
        assert [change["key"] for change in entry["changes"]] == ["nick", "mute"]
        assert [one["id"] for one in log["users"]] == [str(ALICE), str(BOB)]

    async def test_a_timeout_silences_at_once_and_ends_by_itself(self, house: House) -> None:
        guild = await house.guild(BOB)
        path = f"/guilds/{guild}/members/{BOB}"
        general = (await house.channels(guild))["general"]["id"]
        now = house.running.service.clock.now()
        until = timestamp(now + timedelta(days=1))
        form = {"communication_disabled_until": until}
        changed = await house.does(ALICE, "PATCH", path, json=form)
        assert changed["communication_disabled_until"] == until
        refused = await house.refused(BOB, "POST", f"/channels/{general}/invites", json={})
        assert refused == (403, 50013)
        await house.rows("UPDATE members SET timed_out_until = now() - interval '1 s'")
        await house.does(BOB, "POST", f"/channels/{general}/invites", json={})
        late = timestamp(now + timedelta(days=29))
        for bad in (late, "soon", "2030-01-01T00:00:00"):
            form = {"communication_disabled_until": bad}
            assert await house.refused(ALICE, "PATCH", path, json=form) == (400, 50035)

    async def test_roles_are_set_one_by_one_by_those_above_them(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        low, high = [await house.role(guild, name) for name in ("low", "high")]
        mods = await house.role(guild, "mods", Permission.MANAGE_ROLES)
        order = [{"id": low, "position": 1}, {"id": mods, "position": 2}]
        await house.does(ALICE, "PATCH", f"/guilds/{guild}/roles", json=order)
        bob, carol = (f"/guilds/{guild}/members/{one}" for one in (BOB, CAROL))
        await house.does(ALICE, "PATCH", bob, json={"roles": [mods]})
        both = await house.does(BOB, "PATCH", carol, json={"roles": [low, guild]})
        assert both["roles"] == [low]
        assert await house.refused(BOB, "PATCH", carol, json={"roles": [low, high]}) == (403, 50013)
        assert await house.refused(BOB, "PATCH", carol, json={"roles": ["404"]}) == (404, 10011)
        assert (await house.does(BOB, "PATCH", carol, json={"roles": []}))["roles"] == []

    async def test_what_it_takes(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        bob, carol = (f"/guilds/{guild}/members/{one}" for one in (BOB, CAROL))
        for form in ({"nick": "x"}, {"mute": True}, {"channel_id": "1"}, {"flags": 4}):
            assert await house.refused(BOB, "PATCH", carol, json=form) == (403, 50013)
        everything = int(EVERYTHING & ~Permission.ADMINISTRATOR)
        await house.grant(guild, everything)
        # Equals do not act on each other, and nobody acts on the owner.
        for path in (carol, f"/guilds/{guild}/members/{ALICE}"):
            assert await house.refused(BOB, "PATCH", path, json={"nick": "x"}) == (403, 50013)
        assert (await house.does(BOB, "PATCH", bob, json={"nick": "x"}))["nick"] == "x"
        moved = await house.refused(ALICE, "PATCH", carol, json={"channel_id": "1"})
        assert moved == (400, 40032)
        absent = f"/guilds/{guild}/members/{MALLORY}"
        assert await house.refused(ALICE, "PATCH", absent, json={"nick": "x"}) == (404, 10007)

    async def test_in_voice_is_moved_muted_and_put_out(self, house: House) -> None:
        neighbours = house.neighbours
        guild = await house.guild(BOB, CAROL)
        await house.grant(guild, int(Permission.MOVE_MEMBERS | Permission.MUTE_MEMBERS))
        path = f"/guilds/{guild}/members/{CAROL}"
        for form in ({"mute": True}, {"channel_id": "5"}, {"channel_id": None}):
            assert await house.refused(BOB, "PATCH", path, json=form) == (400, 40032)
        neighbours.in_voice.add(CAROL)
        assert (await house.does(BOB, "PATCH", path, json={"mute": True}))["mute"]
        await house.does(BOB, "PATCH", path, json={"channel_id": "5"})
        await house.does(BOB, "PATCH", path, json={"channel_id": None})
        assert [(one.what, one.channel_id) for one in neighbours.governed] == [
            (Governing.LOOK, None),
            (Governing.MOVE, 5),
            (Governing.DISCONNECT, None),
        ]
        log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs")
        entries = [(one["action_type"], one.get("options")) for one in log["audit_log_entries"]]
        assert (27, {"count": "1"}) in entries
        assert (26, {"channel_id": "5", "count": "1"}) in entries

    async def test_b20_how_one_is_shown_there_is_one_s_own_to_say(self, house: House) -> None:
        guild = await house.guild(BOB)
        path = f"/guilds/{guild}/members/@me"
        form = {"nick": "Bobby", "bio": "책을 읽는다"}
        shown = await house.does(BOB, "PATCH", path, json=form)
        assert (shown["nick"], shown["bio"]) == ("Bobby", "책을 읽는다")
        assert await house.does(BOB, "GET", f"/users/@me/guilds/{guild}/member") == shown
        await house.grant(guild, VIEW)
        assert await house.refused(BOB, "PATCH", path, json={"nick": None}) == (403, 50013)
        reset = await house.does(BOB, "PATCH", path, json={"bio": None})
        assert reset["bio"] == ""
        for bad in ({"nick": "x" * 33}, {"bio": "x" * 191}):
            assert await house.refused(BOB, "PATCH", path, json=bad) == (400, 50035)

    async def test_a_picture_for_one_guild_is_kept_and_told(self, house: House) -> None:
        guild = await house.guild(BOB)
        path = f"/guilds/{guild}/members/@me"
        shown = await house.does(BOB, "PATCH", path, json={"avatar": DOT, "banner": DOT})
        blobs = Blobs(house.running.service.settings)  # type: ignore[arg-type]
        for shelf, field in ((MEMBER_AVATARS, "avatar"), (MEMBER_BANNERS, "banner")):
            assert await blobs.get(shelf.key(guild, BOB, shown[field])), field
        name, body = (await house.told(topics.guild(int(guild))))[-1]
        assert (name, body["avatar"], body["banner"]) == (
            "MemberUpdate",
            shown["avatar"],
            shown["banner"],
        )
        assert (await house.does(BOB, "PATCH", path, json={"avatar": None}))["avatar"] is None
        for bad in ("data:image/png;base64,AAAA", "x"):
            assert await house.refused(BOB, "PATCH", path, json={"avatar": bad}) == (400, 50035)


class TestKicking:
    async def test_who_is_kicked_is_gone_and_may_come_again(self, house: House) -> None:
        """B16: nobody else is promoted by it."""
        guild = await house.guild(BOB)
        owner = (await house.running_guild(guild))["owner_id"]
        path = f"/guilds/{guild}/members/{BOB}"
        await house.does(ALICE, "DELETE", path)
        assert (await house.names(guild, BOB))[-2:] == ["MemberRemove", "GuildLeft"]
        assert await house.refused(BOB, "GET", f"/guilds/{guild}") == (404, 10004)
        assert await house.refused(ALICE, "DELETE", path) == (404, 10007)
        log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs?action_type=20")
        assert [one["target_id"] for one in log["audit_log_entries"]] == [str(BOB)]
        assert (await house.running_guild(guild))["owner_id"] == owner
        await house.join(BOB, guild)

    async def test_b15_nothing_is_left_of_who_was_kicked(self, house: House) -> None:
        guild = await house.guild(BOB)
        role = await house.role(guild, "readers")
        await house.does(ALICE, "PUT", f"/guilds/{guild}/members/{BOB}/roles/{role}")
        rule = {"id": str(BOB), "type": 1, "allow": str(VIEW)}
        private = await house.channel(guild, permission_overwrites=[rule])
        await house.does(ALICE, "DELETE", f"/guilds/{guild}/members/{BOB}")
        left = await house.does(ALICE, "GET", f"/channels/{private['id']}")
        assert left["permission_overwrites"] == []
        await house.join(BOB, guild)
        assert (await house.does(BOB, "GET", f"/guilds/{guild}/members/{BOB}"))["roles"] == []

    async def test_only_from_above(self, house: House) -> None:
        guild = await house.guild(BOB, CAROL)
        path = f"/guilds/{guild}/members"
        assert await house.refused(BOB, "DELETE", f"{path}/{CAROL}") == (403, 50013)
        await house.grant(guild, int(EVERYONE_DEFAULT | Permission.KICK_MEMBERS))
        for other in (CAROL, ALICE, BOB):
            assert await house.refused(BOB, "DELETE", f"{path}/{other}") == (403, 50013)
        await house.does(ALICE, "DELETE", f"{path}/{CAROL}")


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
