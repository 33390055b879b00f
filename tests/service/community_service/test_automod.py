"""Rules of automatic moderation over HTTP: made by those who manage the guild, told to them, and
known to who goes by them.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts import topics
from contracts.events.audit import Governed
from contracts.ids import GuildId, Snowflake, UserId, floor_of
from contracts.objects.audit import AuditAction
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.community import GetGuildFacts
from tests.fixtures.patience import PATIENCE
from tests.service.community_service.house import ALICE, BOB, MALLORY, House

WORDS = {"keyword_filter": ["bad*"], "regex_patterns": [r"\d{4}-\d{4}"]}


def form(trigger: int = 1, **how: Any) -> dict[str, Any]:
    return {
        "name": "No bad words",
        "event_type": 1,
        "trigger_type": trigger,
        "trigger_metadata": WORDS if trigger == 1 else None,
        "enabled": True,
        **how,
    }


def block(text: str) -> dict[str, Any]:
    return {"type": 1, "metadata": {"custom_message": text}}


async def test_a_rule_lives_from_being_made_to_being_deleted(house: House) -> None:
    guild = await house.guild(BOB)
    path = f"/guilds/{guild}/auto-moderation/rules"
    channel = (await house.channel(guild))["id"]
    actions = [block("Mind your words"), {"type": 2, "metadata": {"channel_id": channel}}]
    made = await house.does(ALICE, "POST", path, json=form(actions=actions, exempt_roles=["5"]))
    assert made["trigger_metadata"] == {**WORDS, "allow_list": []}
    assert (made["actions"], made["exempt_roles"]) == (actions, ["5"])
    assert await house.does(ALICE, "GET", path) == [made]
    calls = await house.running.calls_from("chat")
    found = await calls.ask(GetGuildFacts(guild_id=GuildId(int(guild))))
    assert found.facts is not None
    assert [one.dump() for one in found.facts.rules] == [made]
    one = f"{path}/{made['id']}"
    changes = {"enabled": False, "trigger_metadata": {"keyword_filter": ["worse"]}}
    changed = await house.does(ALICE, "PATCH", one, json=changes)
    assert changed["trigger_metadata"]["regex_patterns"] == WORDS["regex_patterns"]
    assert await house.does(ALICE, "GET", one) == changed
    found = await calls.ask(GetGuildFacts(guild_id=GuildId(int(guild))))
    assert found.facts is not None
    assert found.facts.rules == ()
    await house.does(ALICE, "DELETE", one)
    assert await house.refused(ALICE, "GET", one) == (404, 0)
    told = await house.heard(topics.guild(int(guild)))
    rules = [(name, body) for name, body in told if name.startswith("AutoMod")]
    steps = [("Create", made), ("Update", changed), ("Delete", changed)]
    assert rules == [(f"AutoModRule{step}", rule) for step, rule in steps]
    log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs")
    done = [entry["action_type"] for entry in log["audit_log_entries"]]
    assert done[:3] == [142, 141, 140]


async def test_only_who_manages_the_guild_sees_and_makes_rules(house: House) -> None:
    guild = await house.guild(BOB)
    path = f"/guilds/{guild}/auto-moderation/rules"
    for method in ("GET", "POST"):
        assert await house.refused(BOB, method, path, json=form()) == (403, 50013)
        assert await house.refused(MALLORY, method, path, json=form()) == (404, 10004)
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD))
    timeout = [{"type": 3, "metadata": {"duration_seconds": 60}}]
    assert await house.refused(BOB, "POST", path, json=form(actions=timeout)) == (403, 50013)
    await house.does(BOB, "POST", path, json=form())


@pytest.mark.parametrize(
    "wrong",
    [
        {"trigger_type": 6},
        {"event_type": 2},
        {"name": " "},
        {"trigger_metadata": {"keyword_filter": []}},
        {"trigger_metadata": {"regex_patterns": ["(a"]}},
        {"trigger_metadata": {"regex_patterns": ["((a{0,100}){0,100}){0,100}"]}},
        {"trigger_metadata": {"keyword_filter": ["x" * 61]}},
        {"trigger_metadata": {"keyword_filter": ["책" * 60] * 1_000}},
        {"actions": []},
        {"actions": [block("a"), block("b")]},
        {"actions": [{"type": 2, "metadata": {"channel_id": "1"}}]},
        {"actions": [{"type": 4}]},
        {"trigger_type": 6, "event_type": 2, "actions": [block("a")]},
        {"trigger_type": 6, "event_type": 2, "trigger_metadata": None},
        {"exempt_channels": [str(n) for n in range(51)]},
    ],
)
async def test_a_rule_that_can_not_be_is_refused(house: House, wrong: dict[str, Any]) -> None:
    guild = await house.guild()
    path = f"/guilds/{guild}/auto-moderation/rules"
    assert await house.refused(ALICE, "POST", path, json=form(**wrong)) == (400, 50035)


async def test_there_are_so_many_rules_of_each_kind(house: House) -> None:
    guild = await house.guild()
    path = f"/guilds/{guild}/auto-moderation/rules"
    for trigger, most in ((1, 6), (3, 1), (4, 1), (5, 1)):
        for _ in range(most):
            await house.does(ALICE, "POST", path, json=form(trigger))
        assert await house.refused(ALICE, "POST", path, json=form(trigger)) == (400, 50035)


async def test_whom_a_rule_silences_is_silent_and_the_log_tells_of_the_rule(house: House) -> None:
    guild = await house.guild(BOB)
    deed = Governed(
        guild_id=GuildId(int(guild)),
        actor_id=UserId(BOB),
        action=AuditAction.AUTO_MODERATION_USER_COMM_DISABLED,
        target_id=Snowflake(BOB),
        options={"auto_moderation_rule_name": "No bad words"},
        silence_s=600,
    )
    event_id = floor_of(house.running.service.clock.now_ms())
    until = None
    async with asyncio.timeout(PATIENCE):
        for _ in range(2):
            await house.tell(deed, event_id)
        while until is None:
            member = await house.does(ALICE, "GET", f"/guilds/{guild}/members/{BOB}")
            until = member["communication_disabled_until"]
    told = await house.heard(topics.guild(int(guild)))
    updates = [body for name, body in told if name == "MemberUpdate"]
    assert [one["communication_disabled_until"] for one in updates] == [until]
    log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs")
    done = [entry["action_type"] for entry in log["audit_log_entries"]]
    assert done.count(145) == 1
