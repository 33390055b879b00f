"""Messages are edited, deleted, pinned; somebody types. What is answered, stored, told, refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from contracts import topics
from contracts.events.typing import TypingStart
from contracts.identity import Identity, Kind
from contracts.ids import UserId, floor_of
from contracts.objects.audit import AuditAction
from contracts.permissions import Permission
from tests.fixtures.identity import Identified
from tests.service.chat_service.house import (
    ALICE,
    BOB,
    OWNER,
    PLAIN,
    STRANGER,
    House,
    refusal,
    user,
)

NOWHERE = "9" * 18


def at(room: int, message: dict[str, Any] | str) -> str:
    number = message if isinstance(message, str) else message["id"]
    return f"/channels/{room}/messages/{number}"


class TestEditing:
    async def test_an_author_edits_and_everybody_hears_it(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        sent = await house.send(ALICE, room, f"first <@{BOB}>")
        answer = await house.asks(ALICE, "PATCH", at(room, sent), json={"content": "second"})
        edited = answer.json()
        assert edited.pop("edited_timestamp") > sent["timestamp"]
        assert edited == {**_without(sent, "edited_timestamp"), "content": "second", "mentions": []}
        name, told = (await house.told(guild))[-1]
        assert (name, told.pop("guild_id")) == ("MessageUpdate", str(guild))
        assert told == answer.json()
        assert await house.history(BOB, room) == [answer.json()]

    async def test_only_the_author_changes_what_is_said(self, house: House) -> None:
        """A8: an edit is its author's, whoever else governs."""
        room = house.room()
        sent = await house.send(ALICE, room, "mine")
        for who in (BOB, OWNER):
            answer = await house.asks(who, "PATCH", at(room, sent), json={"content": "not yours"})
            assert refusal(answer) == (403, 50005)
        suppressed = {"flags": 4, "content": None}
        answer = await house.asks(OWNER, "PATCH", at(room, sent), json={"flags": 4})
        assert (answer.json()["flags"], answer.json()["edited_timestamp"]) == (4, None)
        assert refusal(await house.asks(BOB, "PATCH", at(room, sent), json={"flags": 0})) == (
            403,
            50013,
        )
        answer = await house.asks(ALICE, "PATCH", at(room, sent), json=suppressed)
        assert refusal(answer) == (400, 50006)
        stranger = await house.asks(STRANGER, "PATCH", at(room, sent), json={"content": "x"})
        assert refusal(stranger) == (404, 10003)
        assert [one["content"] for one in await house.history(BOB, room)] == ["mine"]

    async def test_what_is_absent_stays_and_null_empties(self, house: House) -> None:
        room = house.room()
        sent = await house.send(ALICE, room, "text", embeds=[{"title": "box"}])
        more = await house.asks(ALICE, "PATCH", at(room, sent), json={"content": "other"})
        assert more.json()["embeds"] == [{"type": "rich", "title": "box"}]
        less = await house.asks(ALICE, "PATCH", at(room, sent), json={"embeds": None})
        assert (less.json()["embeds"], less.json()["content"]) == ([], "other")

    async def test_a_bad_edit_is_refused_like_a_bad_send(self, house: House) -> None:
        room = house.room()
        sent = await house.send(ALICE, room, "text")
        for form, code in {"x" * 2001: 50035, "": 50006}.items():
            answer = await house.asks(ALICE, "PATCH", at(room, sent), json={"content": form})
            assert refusal(answer) == (400, code)
        answer = await house.asks(ALICE, "PATCH", at(room, NOWHERE), json={"content": "x"})
        assert refusal(answer) == (404, 10008)


class TestDeleting:
    async def test_one_deletes_ones_own_and_moderators_any(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        first, second = await house.sends(ALICE, room, 2)
        assert refusal(await house.asks(BOB, "DELETE", at(room, first))) == (403, 50013)
        assert (await house.asks(ALICE, "DELETE", at(room, first))).status_code == 204
        assert (await house.asks(OWNER, "DELETE", at(room, second))).status_code == 204
        assert refusal(await house.asks(ALICE, "DELETE", at(room, first))) == (404, 10008)
        assert await house.stored(room) == []
        told = [body for name, body in await house.told(guild) if name == "MessageDelete"]
        where = {"channel_id": str(room), "guild_id": str(guild)}
        assert told == [{"id": first["id"], **where}, {"id": second["id"], **where}]

    async def test_moderators_need_the_second_factor_that_their_guild_asks_for(
        self, house: House
    ) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        facts = house.neighbours.guilds[guild]
        house.neighbours.guilds[guild] = facts.model_copy(update={"mfa_level": 1})
        sent, own = await house.send(ALICE, room, "hi"), await house.send(OWNER, room, "mine")
        assert refusal(await house.asks(OWNER, "DELETE", at(room, sent))) == (403, 50013)
        assert (await house.asks(OWNER, "DELETE", at(room, own))).status_code == 204
        stamp = Identified("chat", Identity(UserId(OWNER), 1, Kind.USER, has_second_factor=True))
        answer = await house.running.nobody.delete(at(room, sent), auth=stamp)
        assert answer.status_code == 204, answer.text

    async def test_many_go_at_once_and_are_told_once(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        sent = await house.sends(ALICE, room, 3)
        ids = [one["id"] for one in sent[:2]]
        form = {"messages": [int(ids[0]), ids[1], sent[2]["id"][:-3] + "999"]}
        path = f"/channels/{room}/messages/bulk-delete"
        assert refusal(await house.asks(ALICE, "POST", path, json=form)) == (403, 50013)
        assert (await house.asks(OWNER, "POST", path, json=form)).status_code == 204
        assert await house.stored(room) == [int(sent[2]["id"])]
        name, told = (await house.told(guild))[-1]
        assert (name, told["ids"]) == ("MessageDeleteBulk", ids)

    async def test_pins_that_go_with_many_are_told(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        ids = [one["id"] for one in await house.sends(ALICE, room, 2)]
        await house.asks(OWNER, "PUT", f"/channels/{room}/messages/pins/{ids[0]}")
        path = f"/channels/{room}/messages/bulk-delete"
        assert (await house.asks(OWNER, "POST", path, json={"messages": ids})).status_code == 204
        name, told = (await house.told(guild))[-1]
        assert (name, told["last_pin_timestamp"]) == ("ChannelPinsUpdate", None)

    async def test_too_few_too_many_and_too_old_are_refused_as_a_whole(self, house: House) -> None:
        room = house.room()
        sent = await house.send(ALICE, room, "stays")
        long_ago = house.running.service.clock.now() - timedelta(days=14, minutes=1)
        old = floor_of(int(long_ago.timestamp() * 1000))
        number = int(sent["id"])
        path = f"/channels/{room}/messages/bulk-delete"
        wrong = {50016: [[number], list(range(number, number + 101))], 50034: [[number, old]]}
        for code, forms in wrong.items():
            for ids in forms:
                answer = await house.asks(OWNER, "POST", path, json={"messages": ids})
                assert refusal(answer) == (400, code)
        assert await house.stored(room) == [number]

    async def test_nothing_of_a_deleted_message_stays(self, house: House) -> None:
        room = house.room()
        sent = await house.send(ALICE, room, f"<@{BOB}>", allowed_mentions={"parse": ["users"]})
        await house.asks(BOB, "PUT", at(room, sent) + "/reactions/%F0%9F%91%8D/@me")
        await house.asks(ALICE, "DELETE", at(room, sent))
        for table in ("messages", "reactions", "reaction_kinds", "mentions"):
            left = f"SELECT count(*) FROM chat.{table} WHERE channel_id = $1"
            assert await house.admin.fetchval(left, room) == 0


class TestPins:
    async def test_a_pin_is_listed_told_and_said_in_the_channel(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        sent = await house.send(ALICE, room, "important")
        pins = f"/channels/{room}/messages/pins"
        for _ in range(2):
            answer = await house.asks(OWNER, "PUT", f"{pins}/{sent['id']}")
            assert answer.status_code == 204
        listed = (await house.asks(BOB, "GET", pins)).json()
        assert listed["has_more"] is False
        assert [one["message"] for one in listed["items"]] == [{**sent, "pinned": True}]
        assert [one["id"] for one in (await house.asks(BOB, "GET", _old(room))).json()] == [
            sent["id"]
        ]
        said = (await house.history(BOB, room))[0]
        assert (said["type"], said["author"]["id"]) == (6, str(OWNER))
        assert said["message_reference"]["message_id"] == sent["id"]
        told = [name for name, _ in await house.told(guild)]
        assert told == ["MessageCreate", "ChannelPinsUpdate", "MessageUpdate", "MessageCreate"]

        assert (await house.asks(OWNER, "DELETE", _old(room, sent))).status_code == 204
        assert (await house.asks(BOB, "GET", pins)).json() == {"items": [], "has_more": False}
        told_last = (await house.told(guild))[-2:]
        assert [name for name, _ in told_last] == ["ChannelPinsUpdate", "MessageUpdate"]
        assert told_last[0][1]["last_pin_timestamp"] is None

    async def test_pages_of_pins_go_back_in_time(self, house: House) -> None:
        room = house.room()
        pins = f"/channels/{room}/messages/pins"
        for sent in await house.sends(ALICE, room, 3):
            await house.asks(OWNER, "PUT", f"{pins}/{sent['id']}")
        first = (await house.asks(BOB, "GET", f"{pins}?limit=2")).json()
        assert first["has_more"] is True
        before = {"before": first["items"][-1]["pinned_at"]}
        rest = (await house.asks(BOB, "GET", pins, params=before)).json()
        texts = [one["message"]["content"] for one in first["items"] + rest["items"]]
        assert texts == ["message 2", "message 1", "message 0"]
        assert refusal(await house.asks(BOB, "GET", f"{pins}?limit=51")) == (400, 50035)

    async def test_pinning_takes_the_right_to_pin(self, house: House) -> None:
        plain, granted = house.room(), house.room(PLAIN | Permission.PIN_MESSAGES)
        answers = []
        for room in (plain, granted):
            sent = await house.send(ALICE, room, "look")
            answers.append(await house.asks(BOB, "PUT", _old(room, sent)))
        assert refusal(answers[0]) == (403, 50013)
        assert answers[1].status_code == 204
        unread = house.room(PLAIN & ~Permission.READ_MESSAGE_HISTORY)
        assert (await house.asks(BOB, "GET", _old(unread))).json() == []


class TestTyping:
    async def test_typing_is_told_once_in_a_while_and_never_stored(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        assert house.running.ears is not None
        await house.running.ears.to(topics.guild(guild))
        for _ in range(3):
            answer = await house.asks(ALICE, "POST", f"/channels/{room}/typing")
            assert answer.status_code == 204
        told = (await house.running.ears.hear(TypingStart))[-1]
        assert (told.channel_id, told.user_id) == (room, ALICE)
        assert told.member is not None
        assert told.member.user == user(ALICE)
        assert len(house.running.ears.heard(TypingStart)) == 1
        assert await house.admin.fetchval("SELECT count(*) FROM chat.outbox") == 0

    async def test_who_may_not_write_does_not_type(self, house: House) -> None:
        room = house.room(PLAIN & ~Permission.SEND_MESSAGES)
        answer = await house.asks(ALICE, "POST", f"/channels/{room}/typing")
        assert refusal(answer) == (403, 50013)


def _old(room: int, message: dict[str, Any] | None = None) -> str:
    return f"/channels/{room}/pins" + (f"/{message['id']}" if message else "")


def _without(message: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name not in names}


class TestGoverning:
    async def test_what_is_done_to_others_is_for_the_audit_log(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        mine, other = [await house.send(ALICE, room, text) for text in ("one", "two")]
        third = await house.send(ALICE, room, "three")
        pins = f"/channels/{room}/messages/pins/{other['id']}"
        why = {"X-Audit-Log-Reason": "off%20topic"}
        await house.asks(ALICE, "DELETE", at(room, mine))
        await house.asks(OWNER, "PUT", pins)
        await house.asks(OWNER, "DELETE", pins)
        await house.asks(OWNER, "DELETE", at(room, other), headers=why)
        bulk = {"messages": [third["id"], other["id"]]}
        await house.asks(OWNER, "POST", f"/channels/{room}/messages/bulk-delete", json=bulk)
        deeds = await house.governed(guild)
        which = {"channel_id": str(room), "message_id": other["id"]}
        assert [(one["action"], one["target_id"], one["options"]) for one in deeds] == [
            (AuditAction.MESSAGE_PIN, str(ALICE), which),
            (AuditAction.MESSAGE_UNPIN, str(ALICE), which),
            (AuditAction.MESSAGE_DELETE, str(ALICE), {"channel_id": str(room), "count": "1"}),
            (AuditAction.MESSAGE_BULK_DELETE, str(room), {"count": "1"}),
        ]
        assert {one["actor_id"] for one in deeds} == {str(OWNER)}
        assert [one["reason"] for one in deeds] == [None, None, "off topic", None]
