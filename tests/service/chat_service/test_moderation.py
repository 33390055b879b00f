"""Rules of automatic moderation: what they stop was never said, and what they do is told."""

from __future__ import annotations

from typing import Any

from contracts.ids import GuildId
from contracts.objects.automod import AutoModRule
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal


def ruled(house: House, guild: int, *actions: dict[str, Any], **how: Any) -> None:
    """Let a rule against "bad" stand in a guild; no event tells it."""
    rule = {
        "id": 7,
        "guild_id": guild,
        "creator_id": OWNER,
        "name": "No bad words",
        "trigger_type": 1,
        "trigger_metadata": {"keyword_filter": ["bad"], "allow_list": [], "regex_patterns": []},
        "actions": actions or ({"type": 1, "metadata": {}},),
        "enabled": True,
        **how,
    }
    facts = house.neighbours.guilds[GuildId(guild)]
    rules = (AutoModRule.model_validate(rule),)
    house.neighbours.guilds[GuildId(guild)] = facts.model_copy(update={"rules": rules})


async def test_what_a_rule_stops_is_neither_stored_nor_told(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    ruled(house, guild, {"type": 1, "metadata": {"custom_message": "Mind your words"}})
    path = f"/channels/{room}/messages"
    forms: list[dict[str, Any]] = [
        {"content": "so ｂａｄ"},
        {"content": "bad", "embeds": [{"title": "t"}]},
        {"content": f"<@{BOB}> is bad", "nonce": "1"},
    ]
    for form in forms:
        answer = await house.asks(ALICE, "POST", path, json=form)
        assert refusal(answer) == (400, 200000)
        assert answer.json()["message"] == "Mind your words"
    sent = await house.send(ALICE, room, "good")
    edit = f"{path}/{sent['id']}"
    assert refusal(await house.asks(ALICE, "PATCH", edit, json={"content": "bad"})) == (400, 200000)
    assert await house.stored(room) == [int(sent["id"])]
    told = await house.told(guild)
    assert [name for name, _ in told] == [
        *["AutoModActionExecution"] * 3,
        "MessageCreate",
        "AutoModActionExecution",
    ]
    done = [body for name, body in told if name == "AutoModActionExecution"]
    assert {one["matched_content"] for one in done} == {"bad"}
    assert [one.get("message_id") for one in done] == [None, None, None, sent["id"]]
    governed = await house.governed(guild)
    assert {(one["action"], one["target_id"]) for one in governed} == {(143, str(ALICE))}
    assert governed[0]["options"]["auto_moderation_rule_name"] == "No bad words"


async def test_a_rule_alerts_and_silences(house: House) -> None:
    guild = house.guild()
    room, office = int(house.channel(guild).id), int(house.channel(guild).id)
    ruled(
        house,
        guild,
        {"type": 2, "metadata": {"channel_id": str(office)}},
        {"type": 3, "metadata": {"duration_seconds": 60}},
    )
    sent = await house.send(BOB, room, "that is bad")
    told = await house.told(guild)
    names = [name for name, _ in told]
    assert names == ["MessageCreate", *["AutoModActionExecution"] * 2, "MessageCreate"]
    [alert] = await house.history(OWNER, office)
    assert (alert["type"], alert["author"]["id"]) == (24, str(BOB))
    assert alert["embeds"][0]["description"] == "that is bad"
    assert told[1][1]["alert_system_message_id"] == alert["id"]
    assert (await house.history(OWNER, room))[0]["id"] == sent["id"]
    governed = await house.governed(guild)
    assert [(one["action"], one["silence_s"]) for one in governed] == [(144, 0), (145, 60)]


async def test_who_manages_the_guild_and_who_is_exempt_says_what_they_like(house: House) -> None:
    guild = house.guild()
    room = house.channel(guild)
    ruled(house, guild)
    await house.send(OWNER, int(room.id), "bad")
    assert await house.refused(ALICE, int(room.id), json={"content": "bad"}) == (400, 200000)
    other = house.guild(int(PLAIN | Permission.MANAGE_GUILD))
    free = int(house.channel(other).id)
    ruled(house, other)
    await house.send(ALICE, free, "bad")
    third = house.guild()
    exempt, strict = int(house.channel(third).id), int(house.channel(third).id)
    ruled(house, third, exempt_channels=[exempt])
    await house.send(ALICE, exempt, "bad")
    assert await house.refused(ALICE, strict, json={"content": "bad"}) == (400, 200000)


async def test_titles_and_what_is_said_in_threads_are_judged(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    ruled(house, guild)
    threads = f"/channels/{room}/threads"
    titled = {"name": "bad", "type": 11}
    assert refusal(await house.asks(ALICE, "POST", threads, json=titled)) == (400, 200001)
    begun = (await house.asks(ALICE, "POST", threads, json={**titled, "name": "good"})).json()
    inside = int(begun["id"])
    assert await house.refused(ALICE, inside, json={"content": "bad"}) == (400, 200000)
    sent = await house.send(ALICE, room, "fine")
    at_message = f"/channels/{room}/messages/{sent['id']}/threads"
    assert refusal(await house.asks(ALICE, "POST", at_message, json=titled)) == (400, 200001)
