"""What is more than text: answers, forwards, mentions under rules, embeds, components, slowmode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from contracts.ids import RoleId
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal, user


class TestReplies:
    async def test_an_answer_shows_what_it_answers_and_mentions_its_author(
        self, house: House
    ) -> None:
        """B10: the author of what is answered is shown, not who answers."""
        guild = house.guild()
        room = int(house.channel(guild).id)
        first = await house.send(ALICE, room, "question")
        reply = await house.send(
            BOB, room, "answer", message_reference={"message_id": int(first["id"])}
        )
        assert reply["type"] == 19
        assert reply["referenced_message"] == first
        assert reply["mentions"] == [user(ALICE).dump()]
        where = {"channel_id": str(room), "guild_id": str(guild)}
        assert reply["message_reference"] == {"type": 0, "message_id": first["id"], **where}
        name, told = (await house.told(guild))[-1]
        assert name == "MessageCreate"
        assert {key: told[key] for key in reply} == reply
        assert (await house.history(ALICE, room))[0] == reply
        await house.asks(ALICE, "DELETE", f"/channels/{room}/messages/{first['id']}")
        assert (await house.history(ALICE, room))[0]["referenced_message"] is None

    async def test_a_quiet_answer_mentions_nobody(self, house: House) -> None:
        room = house.room()
        first = await house.send(ALICE, room, "question")
        quiet = {"parse": [], "replied_user": False}
        reference = {"message_id": first["id"], "channel_id": str(room)}
        reply = await house.send(
            BOB, room, f"<@{OWNER}>", message_reference=reference, allowed_mentions=quiet
        )
        assert reply["mentions"] == []
        assert (await house.history(ALICE, room))[0] == reply

    async def test_answering_nothing_is_refused_unless_that_is_fine(self, house: House) -> None:
        room, other = house.room(), house.room()
        elsewhere = await house.send(ALICE, other, "elsewhere")
        for missing in ({"message_id": "5"}, {"message_id": elsewhere["id"], "channel_id": other}):
            form = {"content": "hm", "message_reference": missing}
            assert await house.refused(BOB, room, json=form) == (400, 50035)
        fine = {"message_id": "5", "fail_if_not_exists": False}
        assert (await house.send(BOB, room, "hm", message_reference=fine))["type"] == 0

    async def test_a_forward_keeps_what_was_said(self, house: House) -> None:
        room, other = house.room(), house.room()
        first = await house.send(ALICE, other, "original", embeds=[{"title": "box"}])
        reference = {"type": 1, "message_id": first["id"], "channel_id": str(other)}
        answer = await house.asks(
            BOB, "POST", f"/channels/{room}/messages", json={"message_reference": reference}
        )
        forward = answer.json()
        assert (forward["type"], forward["content"], forward["flags"]) == (0, "", 1 << 14)
        assert forward["message_reference"]["type"] == 1
        snapshot = forward["message_snapshots"][0]["message"]
        assert (snapshot["content"], snapshot["embeds"]) == ("original", first["embeds"])
        assert "author" not in snapshot
        await house.asks(ALICE, "DELETE", f"/channels/{other}/messages/{first['id']}")
        assert await house.history(ALICE, room) == [forward]
        hidden = house.room(PLAIN & ~Permission.VIEW_CHANNEL)
        secret = await house.send(OWNER, hidden, "secret")
        reference = {"type": 1, "message_id": secret["id"], "channel_id": str(hidden)}
        form = {"message_reference": reference}
        assert await house.refused(BOB, room, json=form) == (403, 50001)


@dataclass
class Rule:
    says: str
    allowed: dict[str, Any] | None
    users: list[int]
    roles: list[int]
    everyone: bool = False


RULES = {
    "nothing said": Rule("<@13> <@&5> @everyone", None, [13], [5], True),
    "nothing allowed": Rule("<@13> <@&5> @everyone", {"parse": []}, [], []),
    "one kind": Rule("<@13> <@&5> @everyone", {"parse": ["roles"]}, [], [5]),
    "one person": Rule("<@13> <@12>", {"parse": [], "users": ["12"]}, [12], []),
    "nobody who is not named": Rule("hi", {"parse": [], "users": ["12"]}, [], []),
}


class TestMentions:
    @pytest.mark.parametrize("name", RULES)
    async def test_allowed_mentions_decide(self, house: House, name: str) -> None:
        rule, guild = RULES[name], house.guild()
        room = int(house.channel(guild).id)
        sent = await house.send(OWNER, room, rule.says, allowed_mentions=rule.allowed)
        assert [int(one["id"]) for one in sent["mentions"]] == rule.users
        assert [int(one) for one in sent["mention_roles"]] == rule.roles
        assert sent["mention_everyone"] is rule.everyone
        assert await house.history(ALICE, room) == [sent]

    async def test_a_role_is_mentioned_by_whoever_may(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        facts = house.neighbours.guilds[guild]
        house.neighbours.guilds[guild] = facts.model_copy(
            update={"mentionable": frozenset({RoleId(5)})}
        )
        said = "<@&5> <@&6>"
        assert (await house.send(ALICE, room, said))["mention_roles"] == ["5"]
        assert (await house.send(OWNER, room, said))["mention_roles"] == ["5", "6"]

    async def test_everybody_twice_is_everybody_once(self, house: House) -> None:
        guild = house.guild()
        sent = await house.send(OWNER, int(house.channel(guild).id), f"<@&{guild}> @everyone @here")
        assert (sent["mention_everyone"], sent["mention_roles"]) == (True, [str(guild)])

    async def test_two_ways_of_saying_it_exclude_each_other(self, house: House) -> None:
        form = {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["12"]}}
        assert await house.refused(ALICE, house.room(), json=form) == (400, 50035)


class TestEmbeds:
    async def test_an_embed_is_kept_as_libraries_read_it(self, house: House) -> None:
        room = house.room()
        embed = {
            "title": " box ",
            "color": 255,
            "timestamp": "2026-01-02T03:04:05Z",
            "fields": [{"name": "a", "value": "b"}],
            "footer": {"text": "below"},
            "image": {"url": None},
            "author": {"name": "A", "icon_url": "https://example.org/a.png"},
            "unknown": 1,
        }
        sent = await house.send(ALICE, room, "", embeds=[embed])
        assert sent["embeds"] == [
            {
                "type": "rich",
                "title": "box",
                "color": 255,
                "timestamp": "2026-01-02T03:04:05.000000+00:00",
                "fields": [{"name": "a", "value": "b", "inline": False}],
                "footer": {"text": "below"},
                "author": {"name": "A", "icon_url": "https://example.org/a.png"},
            }
        ]
        assert await house.history(BOB, room) == [sent]

    @pytest.mark.parametrize(
        ("embeds", "path"),
        [
            ([{"title": "x"}] * 11, ["embeds"]),
            ([{"title": "x" * 257}], ["embeds", "0", "title"]),
            ([{"description": "x" * 4096}, {"description": "x" * 1905}], ["embeds"]),
            ([{"title": "x", "url": "javascript:alert(1)"}], ["embeds", "0", "url"]),
            ([{}], ["embeds", "0"]),
            ([{"fields": [{"name": "", "value": "x"}]}], ["embeds", "0", "fields", "0", "name"]),
        ],
    )
    async def test_a_bad_embed_is_a_form_error_at_its_place(
        self, house: House, embeds: list[Any], path: list[str]
    ) -> None:
        answer = await house.asks(
            ALICE, "POST", f"/channels/{house.room()}/messages", json={"embeds": embeds}
        )
        assert refusal(answer) == (400, 50035)
        errors = answer.json()["errors"]
        for step in path:
            errors = errors[step]
        assert errors["_errors"]

    async def test_embeds_take_a_right_of_their_own(self, house: House) -> None:
        room = house.room(PLAIN & ~Permission.EMBED_LINKS)
        form = {"embeds": [{"title": "x"}]}
        assert await house.refused(ALICE, room, json=form) == (403, 50013)


class TestComponents:
    async def test_components_are_numbered_and_kept(self, house: House) -> None:
        room = house.room()
        button = {"type": 2, "style": 1, "label": "Press", "custom_id": "x", "emoji": None}
        sent = await house.send(
            ALICE, room, "press", components=[{"type": 1, "components": [button]}]
        )
        kept = {"type": 2, "style": 1, "label": "Press", "custom_id": "x", "id": 2}
        assert sent["components"] == [{"type": 1, "id": 1, "components": [kept]}]
        assert await house.history(BOB, room) == [sent]

    async def test_bad_components_are_refused(self, house: House) -> None:
        room, deep = house.room(), {"type": 1, "components": [{"type": 2}]}
        for _ in range(6):
            deep = {"type": 1, "components": [deep]}
        many = {"type": 1, "components": [{"type": 2, "style": 1}] * 41}
        for wrong in ([deep], [many], [{"type": 99}], ["x"], [{"type": 10, "content": "new"}]):
            form = {"content": "x", "components": wrong}
            assert await house.refused(ALICE, room, json=form) == (400, 50035)
        form = {"content": "no room for text", "flags": 1 << 15}
        assert await house.refused(ALICE, room, json=form) == (400, 50035)
        new = [{"type": 10, "content": "new"}]
        sent = await house.send(ALICE, room, "", components=new, flags=1 << 15)
        assert sent["flags"] == 1 << 15


async def test_slowmode_tells_when_it_is_ones_turn_again(house: House) -> None:
    guild = house.guild()
    room = house.channel(guild)
    facts = house.neighbours.guilds[guild]
    slow = room.model_copy(update={"rate_limit_per_user": 60})
    house.neighbours.guilds[guild] = facts.model_copy(update={"channels": {room.id: slow}})
    first = await house.send(ALICE, room.id, "one", nonce="n")
    answer = await house.asks(
        ALICE, "POST", f"/channels/{room.id}/messages", json={"content": "two"}
    )
    assert refusal(answer) == (429, 20016)
    assert 0 < answer.json()["retry_after"] <= 60
    assert answer.headers["via"], "without it discord.py does not wait, but gives up"
    assert await house.send(ALICE, room.id, "one", nonce="n") == first
    await house.send(BOB, room.id, "another")
    for _ in range(2):
        await house.send(OWNER, room.id, "in a hurry")


async def test_stickers_are_refused_clearly(house: House) -> None:
    form = {"content": "x", "sticker_ids": ["1"]}
    assert await house.refused(ALICE, house.room(), json=form) == (400, 50081)
