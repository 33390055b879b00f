"""Sending messages over HTTP: what is answered, stored and told, and what is refused."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import orjson
import pytest

from contracts.events.member import MemberUpdate
from contracts.events.role import RoleUpdate
from contracts.ids import GuildId, RoleId
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.objects.role import Role
from contracts.permissions import Permission
from tests.fixtures.patience import PATIENCE, until
from tests.service.chat_service.house import (
    ALICE,
    BOB,
    NO_SUCH_PERSON,
    OWNER,
    PLAIN,
    STRANGER,
    House,
    refusal,
    user,
)


class TestSending:
    async def test_a_send_is_answered_with_the_message_and_stored(self, house: House) -> None:
        room = house.room()
        sent = await house.send(ALICE, room, "hello ☃", nonce="n1", flags=4 | 64)
        assert int(sent.pop("id")) == (await house.stored(room))[0]
        assert sent.pop("timestamp").endswith("+00:00")
        assert sent == {
            **{"channel_id": str(room), "author": user(ALICE).dump(), "content": "hello ☃"},
            **{"edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": []},
            **{"mention_roles": [], "attachments": [], "embeds": [], "components": []},
            **{"pinned": False, "type": 0, "flags": 4, "nonce": "n1"},
        }

    async def test_ids_rise_in_commit_order_over_parallel_sends(self, house: House) -> None:
        room = house.room()
        ticks = itertools.count()

        async def send(n: int) -> tuple[int, int, dict[str, Any]]:
            began = next(ticks)
            sent = await house.send((OWNER, ALICE, BOB)[n % 3], room, f"message {n}")
            return began, next(ticks), sent

        sends = await asyncio.gather(*(send(n) for n in range(200)))
        for _, ended, sent in sends:
            later = [int(other["id"]) for began, _, other in sends if began > ended]
            assert all(int(sent["id"]) < one for one in later)
        newest_first = sorted((sent for *_, sent in sends), key=lambda one: -int(one["id"]))
        first = await house.history(ALICE, room, "?limit=100")
        rest = await house.history(ALICE, room, f"?limit=100&before={first[-1]['id']}")
        assert first + rest == newest_first
        assert len({one["id"] for one in newest_first}) == 200

    @pytest.mark.parametrize("has_nonces", [True, False])
    async def test_each_message_is_told_once_in_id_order_as_it_was_answered(
        self,
        house: House,
        has_nonces: bool,
    ) -> None:
        """B3: nothing overtakes."""
        guild = house.guild()
        rooms = [int(house.channel(guild).id) for _ in range(2)]
        sent = await asyncio.gather(
            *(
                house.send(ALICE, rooms[n % 2], f"{n}", **({"nonce": n} if has_nonces else {}))
                for n in range(40)
            )
        )
        told = await house.told(guild)
        face = house.neighbours.members[guild, ALICE].face().dump()
        assert [name for name, _ in told] == ["MessageCreate"] * 40
        for room in rooms:
            here = sorted(
                (one for one in sent if one["channel_id"] == str(room)),
                key=lambda one: int(one["id"]),
            )
            expected = [{**one, "guild_id": str(guild), "member": face} for one in here]
            assert [body for _, body in told if body["channel_id"] == str(room)] == expected


class TestNonces:
    async def test_a_nonce_repeated_in_parallel_stores_one_message(self, house: House) -> None:
        """B2: a client that knows no answer asks again, and says it once."""
        guild = house.guild()
        room = int(house.channel(guild).id)
        sends = (house.send(ALICE, room, "once", nonce="same") for _ in range(50))
        answers = await asyncio.gather(*sends)
        assert await house.stored(room) == [int(answers[0]["id"])]
        assert all(answer == answers[0] for answer in answers)
        assert answers[0]["nonce"] == "same"
        assert len(await house.told(guild)) == 1

    async def test_a_nonce_repeated_later_answers_the_first_message(self, house: House) -> None:
        """B2: a send that is repeated after a gap is the same message."""
        room = house.room()
        first = await house.send(ALICE, room, "first", nonce=7)
        await house.send(ALICE, room, "between")
        assert await house.send(ALICE, room, "second", nonce=7) == first
        assert len(await house.stored(room)) == 2

    async def test_a_nonce_belongs_to_an_author_and_a_channel(self, house: House) -> None:
        guild = house.guild()
        rooms = [int(house.channel(guild).id) for _ in range(2)]
        spoken = [(who, room) for who in (ALICE, BOB) for room in rooms]
        sent = await asyncio.gather(
            *(house.send(who, room, "hi", nonce="same") for who, room in spoken)
        )
        assert {(int(one["author"]["id"]), int(one["channel_id"])) for one in sent} == set(spoken)
        assert [len(await house.stored(room)) for room in rooms] == [2, 2]


class TestWhoMay:
    async def test_nobody_and_strangers_are_refused(self, house: House) -> None:
        """A5, A14: who writes is what the edge vouches for, nothing in the request."""
        room = house.room()
        path = f"/channels/{room}/messages"
        answer = await house.running.nobody.post(path, json={"content": "hi"})
        assert refusal(answer) == (401, 0)
        forged = {"x-identity": f"user.{ALICE}.1.chat.0.{'0' * 32}"}
        answer = await house.running.nobody.post(path, json={"content": "hi"}, headers=forged)
        assert refusal(answer) == (401, 0)
        assert await house.refused(STRANGER, room) == (404, 10003)
        assert await house.stored(room) == []

    @pytest.mark.parametrize("channel", ["5", "abc", "-1", "", str(1 << 64)])
    async def test_an_absent_channel_is_unknown(self, house: House, channel: str) -> None:
        answer = await house.asks(
            ALICE, "POST", f"/channels/{channel}/messages", json={"content": "x"}
        )
        assert refusal(answer) == (404, 10003)

    async def test_what_is_not_granted_is_refused(self, house: House) -> None:
        unseen = house.room(PLAIN & ~Permission.VIEW_CHANNEL)
        assert await house.refused(ALICE, unseen) == (403, 50001)
        mute = house.room(PLAIN & ~Permission.SEND_MESSAGES)
        assert await house.refused(ALICE, mute) == (403, 50013)
        category = house.channel(house.guild(), ChannelType.CATEGORY)
        assert await house.refused(ALICE, category.id) == (403, 50024)
        assert (await house.send(OWNER, mute, "I may"))["author"]["id"] == str(OWNER)

    async def test_an_overwrite_decides_for_its_channel_alone(self, house: House) -> None:
        guild = house.guild()
        deny = ChannelOverwrite(
            id=ALICE, type=OverwriteType.MEMBER, deny=int(Permission.SEND_MESSAGES)
        )
        shut, free = house.channel(guild, ChannelType.TEXT, deny), house.channel(guild)
        await house.send(ALICE, free.id, "here I may")
        assert await house.refused(ALICE, shut.id) == (403, 50013)
        await house.send(BOB, shut.id, "and here Bob may")

    async def test_a_change_of_permissions_refuses_the_next_send(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        await house.send(ALICE, room, "hi")
        left = int(PLAIN & ~Permission.SEND_MESSAGES)
        house.allow(guild, left)
        role = Role(id=RoleId(guild), name="@everyone", permissions=left)
        house.tell(RoleUpdate(guild_id=GuildId(guild), role=role))
        assert await _until_refused(house, ALICE, room) == (403, 50013)

    async def test_a_timeout_leaves_only_reading(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        sent = await house.send(ALICE, room, "hi")
        until = house.running.service.clock.now() + timedelta(hours=1)
        member = house.member(guild, ALICE, communication_disabled_until=until)
        house.tell(MemberUpdate(guild_id=GuildId(guild), **dict(member)))
        assert await _until_refused(house, ALICE, room) == (403, 50013)
        assert (await house.history(ALICE, room))[-1] == sent
        await house.send(BOB, room, "Bob is not meant")

    async def test_a_timeout_that_has_run_out_hinders_nobody(self, house: House) -> None:
        guild = house.guild()
        until = house.running.service.clock.now() - timedelta(seconds=1)
        house.member(guild, ALICE, communication_disabled_until=until)
        await house.send(ALICE, int(house.channel(guild).id), "again")

    async def test_a_channel_younger_than_what_is_known_works(self, house: House) -> None:
        guild = house.guild()
        await house.send(ALICE, int(house.channel(guild).id), "now the guild is known")
        young = house.channel(guild)
        assert (await house.send(ALICE, young.id, "hi"))["channel_id"] == str(young.id)


class TestForms:
    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            (b'{"content":""}', 50006, None),
            (b'{"content":" \\n\\t "}', 50006, None),
            (b"{}", 50006, None),
            (b'{"content":null}', 50006, None),
            (b'{"content":"%b"}' % (b"x" * 2001), 50035, "content"),
            (b'{"content":"a\\u0000b"}', 50035, "content"),
            (b'{"content":5}', 50035, "content"),
            (b'{"content":["x"]}', 50035, "content"),
            (b'{"content":"x","nonce":"%b"}' % (b"n" * 26), 50035, "nonce"),
            (b'{"content":"x","nonce":"a\\u0000b"}', 50035, "nonce"),
            (b'{"content":"x","nonce":1%b}' % (b"0" * 22), 50035, "nonce"),
            (b'{"content":"x","nonce":1.5}', 50035, "nonce"),
            (b'{"content":"x","nonce":{}}', 50035, "nonce"),
            (b'{"content":"x","flags":"many"}', 50035, "flags"),
            (b'{"content":"x","flags":-1}', 50035, "flags"),
            (b"[]", 50035, "_"),
            (b'"content"', 50035, "_"),
            (b'{"content":', 50109, None),
            (b"", 50109, None),
            (b'{"content":"\xff"}', 50109, None),
            (b'{"content":"\\ud800"}', 50109, None),
            (b'{"content":"x","nonce":"\\udc00"}', 50109, None),
        ],
    )
    async def test_a_bad_body_is_refused(
        self, house: House, body: bytes, code: int, field: str | None
    ) -> None:
        room = house.room()
        answer = await house.asks(ALICE, "POST", f"/channels/{room}/messages", content=body)
        assert refusal(answer) == (400, code)
        fields = {name.partition(".")[0] for name in answer.json().get("errors", {})}
        assert fields == ({field} if field else set())
        assert await house.stored(room) == []

    async def test_the_longest_message_and_nonce_are_taken(self, house: House) -> None:
        sent = await house.send(ALICE, house.room(), "😀" * 2000, nonce="n" * 25, tts=True)
        assert (len(sent["content"]), len(sent["nonce"])) == (2000, 25)

    @pytest.mark.parametrize("path", ["/", "/channels", "/channels/1/letter%73", "/x?y=%00"])
    async def test_an_unknown_path_is_not_found(self, house: House, path: str) -> None:
        assert refusal(await house.asks(ALICE, "POST", path, json={})) == (404, 0)

    async def test_a_huge_body_is_refused(self, house: House) -> None:
        body = orjson.dumps({"content": "x" * (1 << 20)})
        assert await house.refused(ALICE, house.room(), content=body) == (413, 40005)


class TestMentions:
    async def test_everyone_is_mentioned_only_by_whoever_may(self, house: House) -> None:
        room = house.room()
        for said in ("@everyone look", "oh @here"):
            assert not (await house.send(ALICE, room, said))["mention_everyone"]
            told = await house.send(OWNER, room, said)
            assert told["mention_everyone"]
            assert (await house.history(OWNER, room))[0] == told
        assert not (await house.send(OWNER, room, "@everyones"))["mention_everyone"]

    async def test_only_people_who_exist_are_mentioned(self, house: House) -> None:
        guild = house.guild()
        room = int(house.channel(guild).id)
        said = f"<@{BOB}> <@!{OWNER}> <@{BOB}> <@{NO_SUCH_PERSON}> <@&77> <@x>"
        sent = await house.send(ALICE, room, said)
        assert sent["mentions"] == [user(BOB).dump(), user(OWNER).dump()]
        assert sent["mention_roles"] == []
        assert await house.history(BOB, room) == [sent]
        assert (await house.told(guild))[0][1]["mentions"] == sent["mentions"]

    async def test_a_number_too_large_for_an_id_mentions_nobody(self, house: House) -> None:
        room = house.room()
        sent = await house.send(ALICE, room, f"<@{'9' * 19}> <@&{'9' * 19}>")
        assert (sent["mentions"], sent["mention_roles"]) == ([], [])
        assert await house.history(BOB, room) == [sent]


async def test_a_send_cut_off_from_the_database_is_refused_and_can_be_repeated(
    house: House,
) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    await house.send(ALICE, room, "hi")
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    path, form = f"/channels/{room}/messages", {"content": "again", "nonce": "n"}
    async with house.admin.transaction():
        await house.admin.execute("SELECT * FROM chat.heads WHERE channel_id = $1 FOR UPDATE", room)
        cut_off = asyncio.ensure_future(house.asks(ALICE, "POST", path, json=form))
        await until(lambda: house.admin.fetchval(waiting))
        await house.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'chat'"
        )
        answer = await cut_off
    assert refusal(answer) == (503, 0)
    assert answer.headers["retry-after"] == "1"

    async def repeated() -> bool:
        answer = await house.asks(ALICE, "POST", path, json=form)
        return answer.status_code == 200 or refusal(answer) != (503, 0)

    await until(repeated)
    await until(lambda: not any(house.running.service.troubles().values()))
    assert len(await house.stored(room)) == 2
    assert [body["content"] for _, body in await house.told(guild)] == ["hi", "again"]


async def _until_refused(house: House, who: int, room: int) -> tuple[int, int]:
    path = f"/channels/{room}/messages"
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await house.asks(who, "POST", path, json={"content": "still?"})
            if answer.status_code != 200:
                return refusal(answer)
