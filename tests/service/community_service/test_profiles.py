"""What members call themselves is held against the rule about names."""

from __future__ import annotations

import itertools
from typing import Any

from contracts import topics
from contracts.events.user import FaceChanged
from contracts.ids import UserId
from contracts.objects.user import User
from contracts.permissions import Permission
from tests.fixtures.patience import until
from tests.service.community_service.house import ALICE, BOB, CAROL, House

QUARANTINED = 1 << 7
_numbers = itertools.count(1 << 41)


def form(**how: Any) -> dict[str, Any]:
    return {
        "name": "No bad names",
        "event_type": 2,
        "trigger_type": 6,
        "trigger_metadata": {"keyword_filter": ["*bad*"]},
        "enabled": True,
        **how,
    }


async def ruled(house: House, guild: str, **how: Any) -> str:
    path = f"/guilds/{guild}/auto-moderation/rules"
    made = await house.does(ALICE, "POST", path, json=form(**how))
    return f"{path}/{made['id']}"


def called(house: House, who: int, name: str) -> None:
    """Somebody takes another name everywhere."""
    assert house.running.ears is not None
    user, number = User(id=UserId(who), username="someone", global_name=name), next(_numbers)
    record = FaceChanged(user=user).record(number)
    house.running.ears.bus.publish(topics.FACES, record, number)


async def is_blocked(house: House, guild: str, who: int) -> bool:
    member = await house.does(ALICE, "GET", f"/guilds/{guild}/members/{who}")
    return bool(member["flags"] & QUARANTINED)


async def test_who_takes_a_forbidden_nickname_can_do_nothing_but_take_another(
    house: House,
) -> None:
    guild = await house.guild(BOB)
    rule = await ruled(house, guild)
    shown = await house.does(ALICE, "GET", rule)
    assert (shown["event_type"], shown["actions"]) == (2, [{"type": 4, "metadata": {}}])
    mine = f"/guilds/{guild}/members/@me"
    member = await house.does(BOB, "PATCH", mine, json={"nick": "Sinbad"})
    assert member["flags"] & QUARANTINED
    invite = f"/channels/{(await house.channel(guild))['id']}/invites"
    assert await house.refused(BOB, "POST", invite, json={}) == (403, 50013)
    member = await house.does(BOB, "PATCH", mine, json={"nick": "Sindbad the good"})
    assert member["flags"] & QUARANTINED
    member = await house.does(BOB, "PATCH", mine, json={"nick": "Ali"})
    assert not member["flags"] & QUARANTINED
    await house.does(BOB, "POST", invite, json={})
    told = await house.heard(topics.guild(int(guild)))
    done = [body for name, body in told if name == "AutoModActionExecution"]
    assert [one["content"] for one in done] == ["Sinbad", "Sindbad the good"]
    assert {(one["action"]["type"], one["rule_trigger_type"]) for one in done} == {(4, 6)}
    assert {(one["user_id"], one["matched_keyword"]) for one in done} == {(str(BOB), "*bad*")}
    log = await house.does(ALICE, "GET", f"/guilds/{guild}/audit-logs?action_type=146")
    assert [one["user_id"] for one in log["audit_log_entries"]] == [str(BOB)] * 2


async def test_who_comes_is_judged_and_free_when_the_rule_goes(house: House) -> None:
    guild = await house.guild()
    rule = await ruled(house, guild, trigger_metadata={"regex_patterns": ["."]})
    await house.join(BOB, guild)
    assert await is_blocked(house, guild, BOB)
    changed = await house.does(ALICE, "PATCH", rule, json={"enabled": False})
    assert changed["enabled"] is False
    assert not await is_blocked(house, guild, BOB)
    await house.does(ALICE, "PATCH", rule, json={"enabled": True})
    await house.join(CAROL, guild)
    assert await is_blocked(house, guild, CAROL)
    await house.does(ALICE, "DELETE", rule)
    assert not await is_blocked(house, guild, CAROL)


async def test_exempt_is_who_manages_the_guild_or_holds_an_exempt_role(house: House) -> None:
    guild = await house.guild(BOB, CAROL)
    free = await house.role(guild, "free")
    boss = await house.role(guild, "boss", int(Permission.MANAGE_GUILD))
    await ruled(house, guild, exempt_roles=[free])
    for who, role in ((BOB, free), (CAROL, boss)):
        held = f"/guilds/{guild}/members/{who}/roles/{role}"
        await house.does(ALICE, "PUT", held)
        await house.does(who, "PATCH", f"/guilds/{guild}/members/@me", json={"nick": "bad"})
        assert not await is_blocked(house, guild, who)
        await house.does(ALICE, "DELETE", held)
        assert await is_blocked(house, guild, who)
        await house.does(ALICE, "PUT", held)
        assert not await is_blocked(house, guild, who)


async def test_an_alert_is_left_to_who_writes_messages(house: House) -> None:
    guild = await house.guild(BOB)
    channel = (await house.channel(guild))["id"]
    alert = {"type": 2, "metadata": {"channel_id": channel}}
    await ruled(house, guild, actions=[alert])
    mine = f"/guilds/{guild}/members/@me"
    member = await house.does(BOB, "PATCH", mine, json={"nick": "bad"})
    assert not member["flags"] & QUARANTINED
    told = await house.heard(topics.guild(int(guild)))
    (flagged,) = [body for name, body in told if name == "ProfileFlagged"]
    assert (flagged["user"]["id"], flagged["content"]) == (str(BOB), "bad")
    assert flagged["action"] == alert


async def test_a_name_taken_everywhere_is_judged_in_every_guild(house: House) -> None:
    strict, lax = await house.guild(BOB), await house.guild(BOB)
    await ruled(house, strict)
    called(house, BOB, "badger")
    await until(lambda: is_blocked(house, strict, BOB))
    assert not await is_blocked(house, lax, BOB)
