"""Channels over HTTP: in what order they stand, and in which category."""

from __future__ import annotations

import asyncio
from typing import Any

from contracts import limits, topics
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, MALLORY, House

VIEW = int(Permission.VIEW_CHANNEL)
MANAGER = int(EVERYONE_DEFAULT | Permission.MANAGE_CHANNELS)


async def shelf(house: House, *names: str, owner: int = ALICE) -> tuple[str, dict[str, Any]]:
    """A guild with a category `box` that holds these channels; everything by name."""
    guild = await house.guild(owner=owner)
    box = await house.channel(guild, by=owner, name="box", type=4)
    for name in names:
        await house.channel(guild, by=owner, name=name, parent_id=box["id"])
    return guild, await house.channels(guild, owner)


def inside(channels: dict[str, Any], category: str) -> list[str]:
    """Names of what is in a category, in order."""
    there = [one for one in channels.values() if one["parent_id"] == channels[category]["id"]]
    return [one["name"] for one in sorted(there, key=lambda one: (one["position"], int(one["id"])))]


async def updates(house: House, guild: str) -> list[str]:
    told = await house.told(topics.guild(int(guild)))
    return [body["name"] for name, body in told if name == "ChannelUpdate"]


async def test_one_call_moves_many_and_tells_each_that_changed_once(house: House) -> None:
    guild, before = await shelf(house, "a", "b", "c", "d")
    moves = [
        {"id": before["d"]["id"], "position": 0},
        {"id": int(before["general"]["id"]), "position": 1, "parent_id": int(before["box"]["id"])},
        {"id": before["a"]["id"], "parent_id": None, "lock_permissions": False},
        {"id": None, "position": None},
    ]
    path = f"/guilds/{guild}/channels"
    with house.statements() as ran:
        answer = await house.asks(ALICE, "PATCH", path, json=moves)
    assert (answer.status_code, answer.content) == (204, b"")
    assert len(ran) == 6, "hold, decide, read, place, write down, tell"
    after = await house.channels(guild)
    assert inside(after, "box") == ["d", "general", "b", "c"]
    assert after["a"]["parent_id"] is None
    changed = sorted(name for name, one in after.items() if one != before[name])
    assert sorted(await updates(house, guild)) == changed == ["a", "b", "c", "d", "general"]
    entries = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs?action_type=11")
    named = {entry["target_id"] for entry in entries["audit_log_entries"]}
    assert named == {before[name]["id"] for name in ("a", "d", "general")}


async def test_moving_and_syncing_takes_the_overwrites_of_the_category(house: House) -> None:
    guild, channels = await shelf(house, "a")
    rule = {"id": guild, "type": 0, "allow": "0", "deny": str(VIEW)}
    form = {"permission_overwrites": [rule]}
    await house.does(ALICE, "PATCH", f"/channels/{channels['box']['id']}", json=form)
    place = {"id": channels["general"]["id"], "parent_id": channels["box"]["id"]}
    path = f"/guilds/{guild}/channels"
    await house.does(ALICE, "PATCH", path, json=[{**place, "lock_permissions": None}])
    assert (await house.channels(guild))["general"]["permission_overwrites"] == []
    await house.does(ALICE, "PATCH", path, json=[{**place, "lock_permissions": True}])
    assert (await house.channels(guild))["general"]["permission_overwrites"] == [rule]


async def test_an_edit_of_one_channel_moves_it_among_its_siblings(house: House) -> None:
    guild, before = await shelf(house, "a", "b", "c")
    moved = await house.does(
        ALICE, "PATCH", f"/channels/{before['c']['id']}", json={"position": 0, "topic": "t"}
    )
    assert (moved["position"], moved["topic"]) == (0, "t")
    assert inside(await house.channels(guild), "box") == ["c", "a", "b"]
    made = await house.channel(guild, name="d", parent_id=before["box"]["id"], position=1)
    assert made["position"] == 1
    assert inside(await house.channels(guild), "box") == ["c", "d", "a", "b"]


async def test_a11_nothing_of_another_guild_is_moved_or_entered(house: House) -> None:
    """A11: a move checked the target alone, so foreign channels could be pulled away."""
    guild, mine = await shelf(house, "a")
    _, theirs = await shelf(house, "b", owner=MALLORY)
    path = f"/guilds/{guild}/channels"
    stolen = {"id": theirs["b"]["id"], "parent_id": mine["box"]["id"], "position": 0}
    given = {"id": mine["a"]["id"], "parent_id": theirs["box"]["id"]}
    assert await house.refused(ALICE, "PATCH", path, json=[stolen]) == (404, 10003)
    assert await house.refused(ALICE, "PATCH", path, json=[given]) == (400, 50035)
    assert await house.refused(MALLORY, "PATCH", path, json=[]) == (404, 10004)


async def test_managers_move_what_they_see_to_where_they_manage(house: House) -> None:
    guild, channels = await shelf(house, "a", "hidden")
    await house.join(BOB, guild)
    path = f"/guilds/{guild}/channels"
    there = channels["Text channels"]["id"]
    away = [{"id": channels["a"]["id"], "parent_id": there}]
    assert await house.refused(BOB, "PATCH", path, json=away) == (403, 50013)
    await house.grant(guild, MANAGER)
    overwrites = f"/channels/{{}}/permissions/{BOB}"
    deny = {"type": 1, "deny": str(VIEW)}
    await house.does(ALICE, "PUT", overwrites.format(channels["hidden"]["id"]), json=deny)
    secret = [{"id": channels["hidden"]["id"], "parent_id": there}]
    assert await house.refused(BOB, "PATCH", path, json=secret) == (403, 50001)
    deny = {"type": 1, "deny": str(int(Permission.MANAGE_CHANNELS))}
    await house.does(ALICE, "PUT", overwrites.format(there), json=deny)
    assert await house.refused(BOB, "PATCH", path, json=away) == (403, 50013)
    await house.does(ALICE, "DELETE", overwrites.format(there))
    await house.does(BOB, "PATCH", path, json=away)


async def test_a10_categories_are_made_moved_and_ended_by_managers_alone(house: House) -> None:
    """A10: anybody could make, rename, move and delete the categories of any community."""
    guild, channels = await shelf(house)
    await house.join(BOB, guild)
    box = channels["box"]["id"]
    for method, path, form in (
        ("POST", f"/guilds/{guild}/channels", {"name": "mine", "type": 4}),
        ("PATCH", f"/guilds/{guild}/channels", [{"id": box, "position": 0}]),
        ("PATCH", f"/channels/{box}", {"name": "mine"}),
        ("DELETE", f"/channels/{box}", None),
    ):
        assert await house.refused(BOB, method, path, json=form) == (403, 50013), method
        status, _ = await house.refused(MALLORY, method, path, json=form)
        assert status == 404, method
    assert (await house.channels(guild))["box"] == channels["box"]


async def test_b19_whatever_changes_in_a_guild_is_told_at_once(house: House) -> None:
    """B19: others saw changes of a community only after they loaded it again."""
    guild, channels = await shelf(house, "a", "b")
    role = await house.does(ALICE, "POST", f"/guilds/{guild}/roles", json={})
    a, box, one = channels["a"]["id"], channels["box"]["id"], role["id"]
    heard = len(await house.told(topics.guild(int(guild))))
    for method, path, form, names in (
        ("PATCH", f"/channels/{a}", {"topic": "t"}, {"ChannelUpdate"}),
        ("PATCH", f"/channels/{box}", {"name": "chest"}, {"ChannelUpdate"}),
        ("PATCH", f"/guilds/{guild}/channels", [{"id": a, "position": 9}], {"ChannelUpdate"}),
        ("PUT", f"/channels/{a}/permissions/{one}", {"deny": "1024"}, {"ChannelUpdate"}),
        ("DELETE", f"/channels/{a}/permissions/{one}", None, {"ChannelUpdate"}),
        ("POST", f"/channels/{a}/clone", {}, {"ChannelCreate"}),
        ("PATCH", f"/guilds/{guild}/roles/{one}", {"name": "x"}, {"RoleUpdate"}),
        ("PUT", f"/guilds/{guild}/members/{ALICE}/roles/{one}", None, {"MemberUpdate"}),
        ("DELETE", f"/guilds/{guild}/roles/{one}", None, {"RoleDelete"}),
        ("DELETE", f"/channels/{box}", None, {"ChannelUpdate", "ChannelDelete"}),
    ):
        await house.does(ALICE, method, path, json=form)
        told = await house.told(topics.guild(int(guild)))
        assert {name for name, _ in told[heard:]} == names, (method, path)
        heard = len(told)


async def test_a_category_takes_fifty_channels(house: House) -> None:
    guild, channels = await shelf(house)
    await house.rows(
        "INSERT INTO channels (id, guild_id, type, name, position, nsfw, rate_limit_per_user,"
        " flags, parent_id) SELECT g, $1, 0, 'x', g, false, 0, 0, $2"
        " FROM generate_series(1, $3::bigint) g",
        int(guild),
        int(channels["box"]["id"]),
        limits.CHANNELS_PER_CATEGORY,
    )
    there = {"parent_id": channels["box"]["id"]}
    for method, path, form in (
        ("POST", f"/guilds/{guild}/channels", {"name": "x", **there}),
        ("PATCH", f"/channels/{channels['general']['id']}", there),
        ("PATCH", f"/guilds/{guild}/channels", [{"id": channels["general"]["id"], **there}]),
        ("POST", "/channels/1/clone", {}),
    ):
        assert await house.refused(ALICE, method, path, json=form) == (400, 50035), path


async def test_b18_moves_at_the_same_time_lose_no_channel_and_leave_no_ties(house: House) -> None:
    """B18: order by pointers lost whole chains when two moved at once."""
    guild, channels = await shelf(house, *"abcdef")
    path = f"/guilds/{guild}/channels"
    await asyncio.gather(
        *(
            house.insists(
                ALICE,
                "PATCH",
                path,
                json=[{"id": channels[name]["id"], "position": (place * 5) % 7}],
            )
            for place, name in enumerate("fedca")
        ),
        house.insists(
            ALICE,
            "POST",
            path,
            json={"name": "g", "parent_id": channels["box"]["id"], "position": 2},
        ),
    )
    after = await house.channels(guild)
    assert sorted(inside(after, "box")) == list("abcdefg")
    places = [one["position"] for one in after.values() if one["name"] in "abcdefg"]
    assert len(set(places)) == 7
