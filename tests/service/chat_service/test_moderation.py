"""Rules of automatic moderation: what they stop was never said, and what they do is told."""

from __future__ import annotations

from typing import Any

from contracts.events.automod import ProfileFlagged
from contracts.ids import ApplicationId, GuildId
from contracts.objects.automod import AutoModRule
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal, user


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


async def test_a_webhook_is_judged_like_a_person_whose_name_nobody_has(house: House) -> None:
    guild = house.guild()
    channel, office = house.channel(guild), int(house.channel(guild).id)
    alert = {"type": 2, "metadata": {"channel_id": str(office)}}
    silence = {"type": 3, "metadata": {"duration_seconds": 60}}
    ruled(house, guild, {"type": 1, "metadata": {}}, alert, silence)
    webhook = house.webhook(channel)
    good = await house.posts(webhook, "POST", "?wait=true", json={"content": "good"})
    edit = f"/messages/{good.json()['id']}"
    bad: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "?wait=true", {"content": "bad", "username": "Weather"}),
        ("POST", "", {"embeds": [{"fields": [{"name": "so", "value": "it is bad"}]}]}),
        ("PATCH", edit, {"content": "bad"}),
        ("PATCH", edit, {"embeds": [{"title": "bad"}]}),
    ]
    for method, below, form in bad:
        answer = await house.posts(webhook, method, below, json=form)
        assert refusal(answer) == (400, 200000), form
    assert await house.stored(int(channel.id)) == [int(good.json()["id"])]
    alerts = await house.history(OWNER, office)
    assert [one["author"]["username"] for one in reversed(alerts)] == ["Weather", *["News"] * 3]
    own = await house.posts(webhook, "DELETE", f"/messages/{alerts[-1]['id']}")
    assert refusal(own) == (404, 10008)
    governed = await house.governed(guild)
    assert {one["action"] for one in governed} == {143, 144}
    assert {one["target_id"] for one in governed} == {str(webhook)}


async def test_applications_say_what_they_like_by_every_door(house: House) -> None:
    guild = house.guild()
    channel = house.channel(guild)
    ruled(house, guild)
    own = house.webhook(channel, application_id=ApplicationId(5))
    answer = await house.posts(own, "POST", "?wait=true", json={"content": "bad"})
    assert answer.status_code == 200
    bot, path = house.bot(guild), f"/channels/{channel.id}/messages"
    assert (await house.asks_as_bot(bot, "POST", path, json={"content": "bad"})).status_code == 200
    assert await house.refused(ALICE, int(channel.id), json={"content": "bad"}) == (400, 200000)


async def test_polls_components_and_what_is_shown_of_other_messages_are_judged(
    house: House,
) -> None:
    guild, elsewhere = house.guild(), house.room()
    room = int(house.channel(guild).id)
    ruled(house, guild)
    shown = await house.send(ALICE, elsewhere, "bad")
    answers = [{"poll_media": {"text": "good"}}, {"poll_media": {"text": "bad"}}]
    said: list[dict[str, Any]] = [
        {"poll": {"question": {"text": "How?"}, "answers": answers}},
        {"flags": 1 << 15, "components": [{"type": 10, "content": "bad"}]},
        {
            "message_reference": {
                "type": 1, "channel_id": str(elsewhere), "message_id": shown["id"]
            }
        },
    ]  # fmt: skip
    for form in said:
        assert await house.refused(ALICE, room, json=form) == (400, 200000), form
    threads = f"/channels/{room}/threads"
    begun = (await house.asks(ALICE, "POST", threads, json={"name": "good", "type": 11})).json()
    assert await house.refused(ALICE, int(begun["id"]), json={"content": "bad"}) == (400, 200000)


async def test_who_set_a_rule_off_can_not_delete_the_alert(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    ruled(house, guild, {"type": 2, "metadata": {"channel_id": str(room)}})
    await house.send(ALICE, room, "bad")
    [said, alert] = await house.history(ALICE, room)
    if said["type"] != 0:
        said, alert = alert, said
    path = f"/channels/{room}/messages"
    refused = await house.asks(ALICE, "DELETE", f"{path}/{alert['id']}")
    assert refusal(refused) == (403, 50013)
    assert (await house.asks(ALICE, "DELETE", f"{path}/{said['id']}")).status_code == 204
    assert (await house.asks(OWNER, "DELETE", f"{path}/{alert['id']}")).status_code == 204


async def test_a_name_that_set_off_a_rule_is_told_where_the_rule_says(house: House) -> None:
    guild = house.guild()
    office = int(house.channel(guild).id)
    alert = {"type": 2, "metadata": {"channel_id": str(office)}}
    ruled(house, guild, {"type": 4, "metadata": {}}, alert, trigger_type=6, event_type=2)
    await house.send(ALICE, office, "bad words are no bad names")
    facts = house.neighbours.guilds[GuildId(guild)]
    flagged = ProfileFlagged(
        guild_id=GuildId(guild),
        user=user(BOB),
        rule=facts.rules[0],
        action=facts.rules[0].actions[1],
        content="Sinbad",
        matched_keyword="*bad*",
        matched_content="bad",
    )
    house.tell(flagged)

    async def is_told() -> bool:
        return len(await house.history(OWNER, office)) == 2

    await house.until(is_told)
    shown = (await house.history(OWNER, office))[0]
    assert (shown["type"], shown["author"]["id"]) == (24, str(BOB))
    embed = {one["name"]: one["value"] for one in shown["embeds"][0]["fields"]}
    assert (embed["decision_outcome"], "channel_id" in embed) == ("blocked", False)
    (done,) = [body for name, body in await house.told(guild) if name == "AutoModActionExecution"]
    assert (done["alert_system_message_id"], done["rule_trigger_type"]) == (shown["id"], 6)
    assert "channel_id" not in done
    (deed,) = await house.governed(guild)
    assert (deed["action"], deed["target_id"]) == (144, str(BOB))


async def test_who_is_blocked_for_a_name_says_nothing(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    house.member(guild, ALICE, flags=1 << 7)
    assert await house.refused(ALICE, room) == (403, 50013)
    assert await house.history(ALICE, room) == []
    await house.send(BOB, room, "hi")
