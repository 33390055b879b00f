"""Channels over HTTP: who sees, makes, edits and deletes them."""

from __future__ import annotations

import asyncio

import pytest

from contracts import limits, topics
from contracts.ids import ChannelId, MessageId, UserId
from contracts.objects.channel import ChannelType
from contracts.objects.private import PrivateChannel
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, DOT, MALLORY, House

VIEW = int(Permission.VIEW_CHANNEL)
MANAGER = int(EVERYONE_DEFAULT | Permission.MANAGE_CHANNELS)
ARRANGER = MANAGER | int(Permission.MANAGE_ROLES)


def hidden_from_everyone(guild_id: str) -> list[dict[str, object]]:
    """As some libraries send it: ids and bits as numbers."""
    return [{"id": int(guild_id), "type": 0, "allow": 0, "deny": VIEW}]


class TestSeeing:
    async def test_a12_hidden_channels_are_not_even_listed(self, house: House) -> None:
        guild = await house.guild(BOB)
        rules = hidden_from_everyone(guild)
        await house.channel(guild, name="plans", permission_overwrites=rules)
        assert "plans" in await house.channels(guild, ALICE)
        assert "plans" not in await house.channels(guild, BOB)

    async def test_members_lack_access_and_strangers_find_nothing(self, house: House) -> None:
        guild = await house.guild(BOB)
        rules = hidden_from_everyone(guild)
        made = await house.channel(guild, permission_overwrites=rules)
        path = f"/channels/{made['id']}"
        for method in ("GET", "PATCH", "DELETE"):
            assert await house.refused(BOB, method, path, json={}) == (403, 50001)
            assert await house.refused(MALLORY, method, path, json={}) == (404, 10003)
            assert await house.refused(MALLORY, method, "/channels/404", json={}) == (404, 10003)
        assert await house.does(ALICE, "GET", path) == made

    async def test_one_look_costs_one_statement(self, house: House) -> None:
        guild = await house.guild(BOB)
        general = (await house.channels(guild))["general"]["id"]
        with house.statements() as ran:
            await house.does(BOB, "GET", f"/channels/{general}")
        assert len(ran) == 1

    async def test_the_list_costs_two_statements(self, house: House) -> None:
        guild = await house.guild()
        with house.statements() as ran:
            await house.channels(guild)
        assert len(ran) == 2


class TestMaking:
    async def test_a_channel_is_kept_and_told_as_it_is_answered(self, house: House) -> None:
        guild = await house.guild()
        parent = (await house.channels(guild))["Text channels"]["id"]
        made = await house.channel(
            guild, name="Film Nights", topic="영화", parent_id=int(parent), nsfw=True
        )
        assert made["name"] == "film-nights"
        assert (made["topic"], made["nsfw"], made["parent_id"]) == ("영화", True, parent)
        assert made["position"] == 1, "after general"
        assert (await house.channels(guild))["film-nights"] == made
        told = await house.told(topics.guild(int(guild)))
        assert told[1:] == [("ChannelCreate", made)]
        copied = await house.told(topics.facts(int(guild)))
        assert copied == told, "services that hold copies hear it as well"

    async def test_nulls_and_unknown_keys_are_taken(self, house: House) -> None:
        guild = await house.guild()
        made = await house.channel(
            guild,
            topic=None,
            parent_id=None,
            rate_limit_per_user=None,
            bitrate=None,
            type=None,
            permission_overwrites=[{"id": guild, "type": 0, "allow": None, "deny": None}],
            news=1,
        )
        assert made["rate_limit_per_user"] == 0
        assert "bitrate" not in made

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "   "),
            ("name", "x" * 101),
            ("type", 1),
            ("type", 99),
            ("topic", "x" * 1_025),
            ("rate_limit_per_user", 21_601),
            ("bitrate", 1),
            ("parent_id", "404"),
            ("position", -1),
            ("permission_overwrites", [{"id": "404", "type": 0, "deny": 1}]),
            ("permission_overwrites", [{"id": str(MALLORY), "type": 1, "deny": 1}]),
            ("permission_overwrites", [{"id": "x", "type": 0}]),
        ],
    )
    async def test_a_wrong_field_is_refused_by_name(
        self, house: House, field: str, value: object
    ) -> None:
        guild = await house.guild()
        form = {"name": "room", field: value}
        answer = await house.asks(ALICE, "POST", f"/guilds/{guild}/channels", json=form)
        assert (answer.status_code, answer.json()["code"]) == (400, 50035)
        assert field in answer.json()["errors"]
        assert await house.names(guild) == ["MemberAdd"]

    async def test_a10_members_without_the_permission_make_none(self, house: House) -> None:
        guild = await house.guild(BOB)
        form = {"json": {"name": "mine", "type": 4}}
        refused = await house.refused(BOB, "POST", f"/guilds/{guild}/channels", **form)
        assert refused == (403, 50013)

    async def test_nobody_grants_or_denies_what_they_do_not_hold(self, house: House) -> None:
        guild = await house.guild(BOB)
        await house.grant(guild, MANAGER)
        path = f"/guilds/{guild}/channels"
        for effect in ("allow", "deny"):
            rule = {"id": guild, "type": 0, effect: str(int(Permission.BAN_MEMBERS))}
            form = {"name": "trap", "permission_overwrites": [rule]}
            assert await house.refused(BOB, "POST", path, json=form) == (403, 50013)
        rules = hidden_from_everyone(guild)
        made = await house.channel(guild, by=BOB, permission_overwrites=rules)
        assert made["permission_overwrites"] == [
            {"id": guild, "type": 0, "allow": "0", "deny": str(VIEW)}
        ]

    async def test_in_a_hidden_category_a_channel_is_hidden_too(self, house: House) -> None:
        guild = await house.guild(BOB)
        rules = hidden_from_everyone(guild)
        box = await house.channel(guild, name="box", type=4, permission_overwrites=rules)
        made = await house.channel(guild, name="inside", parent_id=box["id"])
        assert made["permission_overwrites"] == box["permission_overwrites"]
        empty = {"parent_id": box["id"], "permission_overwrites": []}
        as_libraries_send_it = await house.channel(guild, name="inside too", **empty)
        assert as_libraries_send_it["permission_overwrites"] == box["permission_overwrites"]
        assert "inside" not in await house.channels(guild, BOB)
        await house.grant(guild, MANAGER)
        form = {"name": "spy", "parent_id": box["id"]}
        refused = await house.refused(BOB, "POST", f"/guilds/{guild}/channels", json=form)
        assert refused == (400, 50035), "to Bob the category does not exist"

    async def test_b18_channels_made_at_once_all_have_a_place(self, house: House) -> None:
        guild = await house.guild()
        made = await asyncio.gather(*(house.channel(guild, name=f"r{n}") for n in range(12)))
        assert sorted(one["position"] for one in made) == list(range(2, 14))
        assert len(await house.channels(guild)) == 16

    async def test_a_full_guild_takes_no_more(self, house: House) -> None:
        guild = await house.guild()
        await house.rows(
            "INSERT INTO channels (id, guild_id, type, name, position, nsfw, rate_limit_per_user,"
            " flags) SELECT g, $1, 0, 'x', 0, false, 0, 0 FROM generate_series(1, $2::bigint) g",
            int(guild),
            limits.CHANNELS_PER_GUILD - 4,
        )
        form = {"json": {"name": "more"}}
        refused = await house.refused(ALICE, "POST", f"/guilds/{guild}/channels", **form)
        assert refused == (400, 30013)


class TestKinds:
    async def test_a_forum_keeps_what_forums_have(self, house: House) -> None:
        guild = await house.guild()
        asked = {
            "topic": "규칙",
            "flags": 1 << 4,
            "default_sort_order": 1,
            "default_forum_layout": 2,
            "default_tag_setting": "match_all",
            "default_auto_archive_duration": 1_440,
            "default_thread_rate_limit_per_user": 5,
        }
        tags = [{"name": "solved", "moderated": True, "emoji_name": "✅"}, {"name": "ask"}]
        emoji = {"emoji_id": None, "emoji_name": "👍"}
        made = await house.channel(
            guild, type=15, available_tags=tags, default_reaction_emoji=emoji, **asked
        )
        assert made.items() >= {**asked, "default_reaction_emoji": emoji}.items()
        first, second = made["available_tags"]
        assert (first["moderated"], second["moderated"]) == (True, False)
        path = f"/channels/{made['id']}"
        form = {"available_tags": [{**second, "name": "question"}], "flags": None}
        edited = await house.does(ALICE, "PATCH", path, json=form)
        assert edited["available_tags"] == [{**second, "name": "question"}]
        assert edited["flags"] == 0
        assert await house.does(ALICE, "GET", path) == edited
        assert (await house.channels(guild))["room"] == edited

    async def test_each_kind_shows_only_what_it_has(self, house: House) -> None:
        guild = await house.guild()
        heard = {"bitrate", "user_limit", "rtc_region", "video_quality_mode"}
        posted = {
            "available_tags",
            "default_reaction_emoji",
            "default_forum_layout",
            "default_tag_setting",
        }
        for kind in (0, 2, 4, 5, 13, 15):
            made = await house.channel(guild, name=f"k{kind}", type=kind)
            assert made["type"] == kind
            assert heard <= made.keys() if kind in {2, 13} else heard.isdisjoint(made)
            assert posted <= made.keys() if kind == 15 else posted.isdisjoint(made)
            told = await house.told(topics.guild(int(guild)))
            assert told[-1] == ("ChannelCreate", made)
        for kind in (1, 3, 10, 11, 14, 99):
            path, form = f"/guilds/{guild}/channels", {"name": "x", "type": kind}
            assert await house.refused(ALICE, "POST", path, json=form) == (400, 50035)

    async def test_voice_is_spoken_where_there_is_a_region(self, house: House) -> None:
        guild = await house.guild()
        made = await house.channel(guild, name="talk", type=2, rtc_region="home")
        path = f"/channels/{made['id']}"
        elsewhere = {"rtc_region": "atlantis"}
        assert await house.refused(ALICE, "PATCH", path, json=elsewhere) == (400, 50035)
        assert (await house.does(ALICE, "GET", path))["rtc_region"] == "home"
        anywhere = await house.does(ALICE, "PATCH", path, json={"rtc_region": None})
        assert anywhere["rtc_region"] is None

    async def test_text_turns_into_announcements_and_back(self, house: House) -> None:
        guild = await house.guild()
        path = f"/channels/{(await house.channels(guild))['general']['id']}"
        for kind in (5, 0):
            assert (await house.does(ALICE, "PATCH", path, json={"type": kind}))["type"] == kind
        assert await house.refused(ALICE, "PATCH", path, json={"type": 2}) == (400, 50035)

    async def test_a_copy_is_made_beside_the_original(self, house: House) -> None:
        guild = await house.guild(BOB)
        parent = (await house.channels(guild))["Text channels"]["id"]
        rules = [{"id": guild, "type": 0, "allow": "0", "deny": str(1 << 11)}]
        one = await house.channel(
            guild, topic="t", nsfw=True, parent_id=parent, permission_overwrites=rules
        )
        path = f"/channels/{one['id']}/clone"
        copy = await house.does(ALICE, "POST", path, json={"name": "room 2"})
        place = {"id": copy["id"], "position": copy["position"], "name": "room-2"}
        assert copy == {**one, **place}
        assert (await house.does(ALICE, "POST", path))["name"] == "room"
        assert await house.refused(BOB, "POST", path) == (403, 50013)
        assert await house.refused(MALLORY, "POST", path) == (404, 10003)


class TestEditing:
    async def test_b20_what_is_set_is_what_everybody_reads(self, house: House) -> None:
        guild = await house.guild(BOB)
        general = (await house.channels(guild))["general"]["id"]
        form = {"topic": "News", "rate_limit_per_user": 5, "position": 3, "parent_id": None}
        edited = await house.does(ALICE, "PATCH", f"/channels/{general}", json=form)
        assert edited.items() >= form.items()
        assert await house.does(BOB, "GET", f"/channels/{general}") == edited
        told = await house.told(topics.guild(int(guild)))
        assert [body for name, body in told if name == "ChannelUpdate"] == [edited]

    async def test_an_edit_that_changes_nothing_is_not_told(self, house: House) -> None:
        guild = await house.guild()
        general = (await house.channels(guild))["general"]["id"]
        form = {"name": "General", "topic": None, "bitrate": 8_000}
        await house.does(ALICE, "PATCH", f"/channels/{general}", json=form)
        assert "ChannelUpdate" not in await house.names(guild)

    async def test_members_without_the_permission_edit_nothing(self, house: House) -> None:
        guild = await house.guild(BOB)
        general = (await house.channels(guild))["general"]["id"]
        form = {"json": {"name": "mine"}}
        assert await house.refused(BOB, "PATCH", f"/channels/{general}", **form) == (403, 50013)

    async def test_a11_a_channel_stays_in_its_guild(self, house: House) -> None:
        guild, other = await house.guild(), await house.guild(owner=MALLORY)
        theirs = (await house.channels(other, MALLORY))["Text channels"]["id"]
        mine = (await house.channels(guild))["general"]["id"]
        form = {"json": {"parent_id": theirs}}
        assert await house.refused(ALICE, "PATCH", f"/channels/{mine}", **form) == (400, 50035)
        assert await house.refused(MALLORY, "PATCH", f"/channels/{mine}", **form) == (404, 10003)

    async def test_b14_a_private_channel_takes_in_one_more_member(self, house: House) -> None:
        guild = await house.guild(BOB)
        rules = hidden_from_everyone(guild)
        made = await house.channel(guild, name="plans", permission_overwrites=rules)
        more = [*made["permission_overwrites"], {"id": str(BOB), "type": 1, "allow": str(VIEW)}]
        await house.does(
            ALICE, "PATCH", f"/channels/{made['id']}", json={"permission_overwrites": more}
        )
        assert "plans" in await house.channels(guild, BOB)

    async def test_overwrites_need_their_own_permission_and_only_bits_one_holds(
        self, house: House
    ) -> None:
        guild = await house.guild(BOB)
        general = (await house.channels(guild))["general"]["id"]
        path = f"/channels/{general}"

        def rule(bits: Permission) -> dict[str, object]:
            overwrite = {"id": str(BOB), "type": 1, "allow": str(int(bits))}
            return {"permission_overwrites": [overwrite]}

        await house.grant(guild, MANAGER)
        own = rule(Permission.SEND_MESSAGES)
        assert await house.refused(BOB, "PATCH", path, json=own) == (403, 50013)
        await house.grant(guild, ARRANGER)
        more = rule(Permission.MANAGE_WEBHOOKS)
        assert await house.refused(BOB, "PATCH", path, json=more) == (403, 50013)
        await house.does(BOB, "PATCH", path, json=own)

    async def test_edits_at_once_leave_one_of_them_whole(self, house: House) -> None:
        guild = await house.guild()
        general = (await house.channels(guild))["general"]["id"]
        rules = [
            {"permission_overwrites": [{"id": guild, "type": 0, "deny": 1 << n}]} for n in range(8)
        ]
        edited = await asyncio.gather(
            *(house.does(ALICE, "PATCH", f"/channels/{general}", json=form) for form in rules)
        )
        now = await house.does(ALICE, "GET", f"/channels/{general}")
        assert now in edited
        assert (await house.names(guild)).count("ChannelUpdate") == 8


class TestDeleting:
    async def test_it_is_told_once_and_gone(self, house: House) -> None:
        guild = await house.guild()
        made = await house.channel(guild)
        assert await house.does(ALICE, "DELETE", f"/channels/{made['id']}") == made
        assert await house.refused(ALICE, "GET", f"/channels/{made['id']}") == (404, 10003)
        told = await house.told(topics.guild(int(guild)))
        assert told[2:] == [("ChannelDelete", made)]

    async def test_members_without_the_permission_delete_nothing(self, house: House) -> None:
        guild = await house.guild(BOB)
        general = (await house.channels(guild))["general"]["id"]
        assert await house.refused(BOB, "DELETE", f"/channels/{general}") == (403, 50013)

    async def test_b15_what_was_in_a_category_stands_by_itself(self, house: House) -> None:
        guild = await house.guild()
        channels = await house.channels(guild)
        await house.does(ALICE, "DELETE", f"/channels/{channels['Text channels']['id']}")
        after = await house.channels(guild)
        assert after["general"] == {**channels["general"], "parent_id": None}
        told = await house.told(topics.guild(int(guild)))
        assert told[1:] == [
            ("ChannelUpdate", after["general"]),
            ("ChannelDelete", channels["Text channels"]),
        ]

    async def test_the_guild_forgets_it_and_its_invites_die(self, house: House) -> None:
        guild = await house.guild()
        code = await house.invite(guild)
        general = (await house.channels(guild))["general"]["id"]
        await house.does(ALICE, "DELETE", f"/channels/{general}")
        assert (await house.does(ALICE, "GET", f"/guilds/{guild}"))["system_channel_id"] is None
        assert (await house.names(guild))[-2:] == ["ChannelDelete", "GuildUpdate"]
        assert await house.refused(BOB, "POST", f"/invites/{code}") == (404, 10006)


async def test_a_conversation_is_asked_for_next_door(house: House) -> None:
    """What no guild has is chat_service's, for those who are in it."""
    group = PrivateChannel(
        id=ChannelId(77),
        type=ChannelType.GROUP_DM,
        recipients=(house.neighbours.user(ALICE),),
        owner_id=UserId(ALICE),
    )
    house.neighbours.private[77] = group
    assert (await house.does(ALICE, "GET", "/channels/77"))["type"] == 3
    assert await house.refused(BOB, "GET", "/channels/77") == (404, 10003)
    form = {"name": "friends", "owner": str(BOB), "topic": "none"}
    edited = await house.does(ALICE, "PATCH", "/channels/77", json=form)
    assert (edited["name"], edited["owner_id"]) == ("friends", str(BOB))
    form = {"icon": "data:image/png;base64,not a picture"}
    assert await house.refused(BOB, "PATCH", "/channels/77", json=form) == (404, 10003)
    assert await house.refused(ALICE, "PATCH", "/channels/77", json=form) == (400, 50035)
    with_icon = await house.does(ALICE, "PATCH", "/channels/77", json={"icon": DOT})
    assert len(with_icon["icon"]) == 32
    assert (await house.does(ALICE, "DELETE", "/channels/77"))["id"] == "77"
    assert await house.refused(ALICE, "GET", "/channels/77") == (404, 10003)


async def test_a_channel_names_its_newest_message(house: House) -> None:
    """B8: without it no client knows of what it has not read."""
    guild = await house.guild()
    channels = await house.does(ALICE, "GET", f"/guilds/{guild}/channels")
    spoken = next(one["id"] for one in channels if one["type"] == 0)
    house.neighbours.newest[int(spoken)] = MessageId(5)
    assert (await house.does(ALICE, "GET", f"/channels/{spoken}"))["last_message_id"] == "5"
    listed = await house.does(ALICE, "GET", f"/guilds/{guild}/channels")
    newest = {one["id"]: one["last_message_id"] for one in listed if one["type"] == 0}
    assert newest[spoken] == "5"
