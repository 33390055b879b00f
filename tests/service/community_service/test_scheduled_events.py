"""Scheduled events over HTTP: planned by who may, seen with their channel, begun and ended by the
clock, and told to who is interested.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts import topics
from contracts.ids import GuildId, Snowflake
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.community import GetGuild, GetInterested
from contracts.wire import timestamp
from tests.service.community_service.house import ALICE, BOB, CAROL, DOT, MALLORY, House


def ahead(hours: float) -> str:
    return timestamp(datetime.now(UTC) + timedelta(hours=hours))


def form(**how: Any) -> dict[str, Any]:
    """An evening in a café."""
    return {
        "name": "Reading night",
        "privacy_level": 2,
        "scheduled_start_time": ahead(1),
        "scheduled_end_time": ahead(2),
        "entity_type": 3,
        "entity_metadata": {"location": "Café"},
        **how,
    }


async def stage(house: House, guild: str, **how: Any) -> str:
    """A voice channel and an event in it: where, and its form."""
    return str((await house.channel(guild, type=2, **how))["id"])


def voice(channel: str, **how: Any) -> dict[str, Any]:
    return form(entity_type=2, channel_id=channel, entity_metadata=None, **how)


async def told(house: House, guild: str) -> list[tuple[str, dict[str, Any]]]:
    heard = await house.heard(topics.guild(int(guild)))
    return [(name, body) for name, body in heard if name.startswith("Scheduled")]


async def pass_time(house: House) -> None:
    """Let the clock strike."""
    for name, _, work in house.running.service._jobs:
        if name == "events":
            await work()


async def due(house: House, event: str, hours: float = 0.01, length: float = 1) -> None:
    """Let it have been planned for so many hours ago."""
    await house.rows(
        "UPDATE scheduled_events SET starts = now() - $2 * interval '1 hour', due = now(),"
        " ends = now() + ($3::float8 - $2) * interval '1 hour' WHERE id = $1",
        int(event),
        hours,
        length,
    )


async def test_an_event_lives_from_being_planned_to_being_deleted(house: House) -> None:
    guild = await house.guild(BOB)
    path = f"/guilds/{guild}/scheduled-events"
    made = await house.does(ALICE, "POST", path, json=form(image=DOT, description="Bring books"))
    assert (made["status"], made["entity_metadata"]) == (1, {"location": "Café"})
    assert (made["channel_id"], made["entity_id"], made["recurrence_rule"]) == (None, None, None)
    assert made["creator"]["id"] == made["creator_id"] == str(ALICE)
    one = f"{path}/{made['id']}"
    assert await house.does(BOB, "GET", path) == [made]
    counted = await house.does(BOB, "GET", f"{one}?with_user_count=true")
    assert counted == {**made, "user_count": 0}
    changed = await house.does(ALICE, "PATCH", one, json={"name": "밤", "description": None})
    assert changed == {**made, "name": "밤", "description": None}
    calls = await house.running.calls_from("gateway")
    found = await calls.ask(GetGuild(guild_id=GuildId(int(guild))))
    assert found.snapshot is not None
    assert [each.dump() for each in found.snapshot.events] == [changed]
    await house.does(ALICE, "DELETE", one)
    assert await house.refused(BOB, "GET", one) == (404, 10070)
    steps = [("Create", made), ("Update", changed), ("Delete", changed)]
    assert await told(house, guild) == [(f"ScheduledEvent{step}", event) for step, event in steps]
    log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs")
    assert [each["action_type"] for each in log["audit_log_entries"]][:3] == [102, 101, 100]


async def test_it_is_for_who_sees_its_channel_and_changed_by_who_may(house: House) -> None:
    """seeds.md A12: what happens in private channels was told to all."""
    guild = await house.guild(BOB, CAROL)
    path, bit = f"/guilds/{guild}/scheduled-events", Permission.CREATE_EVENTS
    assert await house.refused(BOB, "POST", path, json=form()) == (403, 50013)
    assert await house.refused(MALLORY, "POST", path, json=form()) == (404, 10004)
    await house.grant(guild, int(EVERYONE_DEFAULT | bit))
    shut = [{"id": guild, "type": 0, "deny": str(int(Permission.VIEW_CHANNEL))}]
    hidden, public = (
        await stage(house, guild, permission_overwrites=shut),
        await stage(house, guild),
    )
    assert await house.refused(BOB, "POST", path, json=voice(hidden)) == (403, 50013)
    secret = await house.does(ALICE, "POST", path, json=voice(hidden))
    known = await house.does(BOB, "POST", path, json=voice(public))
    for who, seen in ((ALICE, [secret, known]), (CAROL, [known])):
        assert await house.does(who, "GET", path) == seen
    for method, rest in (("GET", ""), ("PUT", "/users/@me"), ("GET", "/users"), ("PATCH", "")):
        one = f"{path}/{secret['id']}{rest}"
        assert await house.refused(CAROL, method, one, json={}) == (404, 10070)
    assert await house.refused(CAROL, "PATCH", f"{path}/{known['id']}", json={"name": "mine"}) == (
        403,
        50013,
    )
    await house.does(BOB, "PATCH", f"{path}/{known['id']}", json={"name": "ours"})
    # Where others see it than before, it goes for the ones and comes for the others.
    moved = await house.does(ALICE, "PATCH", f"{path}/{known['id']}", json={"channel_id": hidden})
    assert await house.does(CAROL, "GET", path) == []
    names = [name for name, _ in await told(house, guild)]
    assert names[-2:] == ["ScheduledEventDelete", "ScheduledEventCreate"]
    # And nothing happens in a channel that is no more.
    await house.does(ALICE, "DELETE", f"/channels/{hidden}")
    assert await house.does(ALICE, "GET", path) == []
    gone = [body["id"] for name, body in (await told(house, guild))[-2:]]
    assert sorted(gone) == sorted([moved["id"], secret["id"]])


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 101},
        {"description": "x" * 1_001},
        {"privacy_level": 1},
        {"entity_type": 4},
        {"entity_metadata": {"location": "x" * 101}},
        {"entity_metadata": None},
        {"scheduled_end_time": None},
        {"scheduled_start_time": ahead(-1)},
        {"scheduled_start_time": ahead(24 * 366 * 6), "scheduled_end_time": ahead(24 * 366 * 7)},
        {"scheduled_end_time": ahead(0.5)},
        {"scheduled_start_time": "tomorrow"},
        {"entity_type": 2},
        {"entity_type": 2, "channel_id": "1"},
        {"channel_id": "1"},
        {"recurrence_rule": {"start": ahead(1), "frequency": 2, "by_month": [1]}},
        {
            "recurrence_rule": {
                "start": ahead(1),
                "frequency": 0,
                "by_month": [2],
                "by_month_day": [30],
            }
        },
    ],
)
async def test_an_event_that_can_not_be_is_refused(house: House, wrong: dict[str, Any]) -> None:
    guild = await house.guild()
    path = f"/guilds/{guild}/scheduled-events"
    assert await house.refused(ALICE, "POST", path, json=form(**wrong)) == (400, 50035)
    text = (await house.channels(guild))["general"]["id"]
    assert await house.refused(ALICE, "POST", path, json=voice(text)) == (400, 50035)


async def test_it_begins_and_ends_by_itself_and_what_comes_again_is_planned_anew(
    house: House,
) -> None:
    guild = await house.guild()
    path, rule = f"/guilds/{guild}/scheduled-events", {"start": ahead(1), "frequency": 3}
    once = await house.does(ALICE, "POST", path, json=form())
    daily = await house.does(ALICE, "POST", path, json=form(recurrence_rule=rule))
    missed = await house.does(ALICE, "POST", path, json=form())
    await pass_time(house)
    for each in (once, daily):
        await due(house, each["id"])
    await due(house, missed["id"], hours=3)
    await pass_time(house)
    found = await house.does(ALICE, "GET", path)
    assert {each["id"]: each["status"] for each in found} == {once["id"]: 2, daily["id"]: 2}
    later = {"scheduled_start_time": ahead(3), "scheduled_end_time": ahead(4)}
    one = f"{path}/{once['id']}"
    assert await house.refused(ALICE, "PATCH", one, json=later) == (400, 50035)
    for each in (once, daily):
        await due(house, each["id"], hours=2)
    await pass_time(house)
    (again,) = await house.does(ALICE, "GET", path)
    assert (again["id"], again["status"]) == (daily["id"], 1)
    assert again["scheduled_start_time"] > timestamp(datetime.now(UTC))
    assert again["recurrence_rule"]["interval"] == 1
    assert (await house.does(ALICE, "GET", one))["status"] == 3
    assert await house.refused(ALICE, "PATCH", one, json={"name": "x"}) == (400, 180000)
    # Of what was missed altogether nobody was told that it begins.
    steps = [(body["id"], body["status"]) for _, body in await told(house, guild)]
    assert (missed["id"], 2) not in steps
    assert steps.count((once["id"], 2)) == 1


async def test_it_is_begun_ended_and_called_off_by_hand(house: House) -> None:
    guild = await house.guild()
    path = f"/guilds/{guild}/scheduled-events"
    made = await house.does(ALICE, "POST", path, json=form())
    one = f"{path}/{made['id']}"
    assert await house.refused(ALICE, "PATCH", one, json={"status": 3}) == (400, 50035)
    for status in (2, 3):
        assert (await house.does(ALICE, "PATCH", one, json={"status": status}))["status"] == status
    other = await house.does(ALICE, "POST", path, json=form())
    off = await house.does(ALICE, "PATCH", f"{path}/{other['id']}", json={"status": 4})
    assert off["status"] == 4
    assert await house.does(ALICE, "GET", path) == []
    channel = await stage(house, guild)
    third = await house.does(ALICE, "POST", path, json=form())
    there = {"entity_type": 2, "channel_id": channel, "entity_metadata": None}
    moved = await house.does(ALICE, "PATCH", f"{path}/{third['id']}", json=there)
    assert (moved["channel_id"], moved["entity_metadata"]) == (channel, None)


async def test_who_is_interested_is_counted_listed_and_told_until_they_leave(house: House) -> None:
    guild = await house.guild(BOB, CAROL)
    path = f"/guilds/{guild}/scheduled-events"
    made = await house.does(ALICE, "POST", path, json=form())
    one, mine = f"{path}/{made['id']}", f"/users/@me/scheduled-events?guild_ids={guild}"
    for who in (BOB, BOB, CAROL):
        answer = await house.does(who, "PUT", f"{one}/users/@me")
        assert answer["user_id"] == str(who)
    assert [each["guild_scheduled_event_id"] for each in await house.does(BOB, "GET", mine)] == [
        made["id"]
    ]
    users = await house.does(ALICE, "GET", f"{one}/users?with_member=true")
    assert [each["user"]["id"] for each in users] == [str(BOB), str(CAROL)]
    assert users[0]["member"]["user"]["id"] == str(BOB)
    (last,) = await house.does(ALICE, "GET", f"{one}/users?limit=1&before={CAROL + 1}")
    assert last["user_id"] == str(CAROL)
    count = await house.does(ALICE, "GET", f"{one}/users/counts")
    assert count["guild_scheduled_event_count"] == 2
    await house.does(CAROL, "DELETE", f"{one}/users/@me")
    calls = await house.running.calls_from("notification")
    asked = GetInterested(event_id=Snowflake(int(made["id"])), limit=500)
    assert (await calls.ask(asked)).user_ids == (BOB,)
    await house.does(BOB, "DELETE", f"/users/@me/guilds/{guild}")
    assert (await calls.ask(asked)).user_ids == ()
    changes = [(name, body["user_id"]) for name, body in await told(house, guild) if "User" in name]
    assert changes == [
        ("ScheduledEventUserAdd", str(BOB)),
        ("ScheduledEventUserAdd", str(CAROL)),
        ("ScheduledEventUserRemove", str(CAROL)),
    ]


async def test_so_many_are_planned_at_once(house: House) -> None:
    guild = await house.guild()
    path = f"/guilds/{guild}/scheduled-events"
    made = await house.does(ALICE, "POST", path, json=form())
    await house.rows(
        "INSERT INTO scheduled_events (id, guild_id, creator_id, name, kind, starts, status, due)"
        " SELECT n, $1, $2, 'x', 3, now(), 1, now() + interval '1 day'"
        " FROM generate_series(1, 99) AS n",
        int(guild),
        ALICE,
    )
    assert await house.refused(ALICE, "POST", path, json=form()) == (400, 30038)
    await house.does(ALICE, "DELETE", f"{path}/{made['id']}")
    await house.does(ALICE, "POST", path, json=form())
