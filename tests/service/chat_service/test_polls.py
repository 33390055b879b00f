"""Polls are asked, answered and closed; quizzes keep their secret, and count."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

from contracts.permissions import Permission
from tests.fixtures.patience import until
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal, user


def poll(*answers: str, **more: Any) -> dict[str, Any]:
    medias = [{"poll_media": {"text": text}} for text in answers or ("yes", "no")]
    return {"poll": {"question": {"text": "Shall we?"}, "answers": medias, **more}}


def at(room: int, sent: dict[str, Any], rest: str) -> str:
    return f"/channels/{room}/polls/{sent['id']}/{rest}"


async def ask(house: House, room: int, who: int = OWNER, **more: Any) -> dict[str, Any]:
    return await house.send(who, room, "", **poll(**more))


async def vote(house: House, who: int, room: int, sent: dict[str, Any], *answers: int) -> int:
    form = {"answer_ids": list(answers)}
    answer = await house.asks(who, "PUT", at(room, sent, "answers/@me"), json=form)
    return answer.status_code if answer.status_code == 204 else answer.json()["code"]


def counts(message: dict[str, Any]) -> list[tuple[int, int, bool]]:
    found = message["poll"]["results"]["answer_counts"]
    return [(one["id"], one["count"], one["me_voted"]) for one in found]


async def overdue(house: House, sent: dict[str, Any]) -> None:
    """Its time is up."""
    late = house.running.service.clock.now() - timedelta(seconds=1)
    await house.admin.execute(
        "UPDATE chat.polls SET closes = $2 WHERE message_id = $1", int(sent["id"]), late
    )


async def test_votes_are_counted_told_changed_and_listed(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    sent = await ask(house, room)
    assert (sent["poll"]["allow_multiselect"], counts(sent)) == (False, [])
    for who, answers in ((ALICE, (1,)), (BOB, (1,)), (BOB, (2,)), (BOB, (2,))):
        assert await vote(house, who, room, sent, *answers) == 204
    assert await vote(house, BOB, room, sent, 3) == 50035
    (shown,) = await house.history(BOB, room)
    assert counts(shown) == [(1, 1, False), (2, 1, True)]
    told = [(n, b["user_id"], b["answer_id"]) for n, b in await house.told(guild) if "Vote" in n]
    first, second, back, third = told
    assert (first, second) == (("PollVoteAdd", str(ALICE), 1), ("PollVoteAdd", str(BOB), 1))
    assert (back, third) == (("PollVoteRemove", str(BOB), 1), ("PollVoteAdd", str(BOB), 2))
    listed = await house.asks(ALICE, "GET", at(room, sent, "answers/2"))
    assert listed.json() == {"users": [user(BOB).dump()]}
    assert await vote(house, BOB, room, sent) == 204
    assert counts((await house.history(BOB, room))[0]) == [(1, 1, False)]


async def test_several_may_be_chosen_where_that_is_asked_and_at_once(house: House) -> None:
    room = house.room()
    sent = await ask(house, room, allow_multiselect=True)
    votes = (vote(house, who, room, sent, 1, 2) for who in (ALICE, BOB, OWNER) for _ in range(3))
    assert set(await asyncio.gather(*votes)) == {204}
    assert counts((await house.history(ALICE, room))[0]) == [(1, 3, True), (2, 3, True)]


async def test_a_poll_needs_the_right_and_is_not_edited(house: House) -> None:
    room = house.room(PLAIN & ~Permission.SEND_POLLS)
    assert await house.refused(ALICE, room, json=poll()) == (403, 50013)
    sent = await ask(house, room)
    path = f"/channels/{room}/messages/{sent['id']}"
    answer = await house.asks(OWNER, "PATCH", path, json={"content": "other"})
    assert refusal(answer) == (400, 520003)
    plain = await house.send(ALICE, room, "no poll")
    expire = at(room, plain, "expire")
    assert refusal(await house.asks(ALICE, "POST", expire)) == (400, 520006)
    assert refusal(await house.asks(ALICE, "POST", at(room, sent, "expire"))) == (403, 50005)


async def test_its_author_closes_it_before_its_time(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    sent = await ask(house, room)
    await vote(house, ALICE, room, sent, 2)
    closed = await house.asks(OWNER, "POST", at(room, sent, "expire"))
    assert closed.json()["poll"]["results"] == {
        "is_finalized": True,
        "answer_counts": [{"id": 2, "count": 1, "me_voted": False}],
    }
    assert await vote(house, BOB, room, sent, 1) == 520001
    assert refusal(await house.asks(OWNER, "POST", at(room, sent, "expire"))) == (400, 520001)
    names = [(name, body["type"]) for name, body in (await house.told(guild))[-2:]]
    assert names == [("MessageUpdate", 0), ("MessageCreate", 46)]
    result = (await house.history(ALICE, room))[0]
    fields = {one["name"]: one["value"] for one in result["embeds"][0]["fields"]}
    assert (fields["victor_answer_text"], fields["total_votes"]) == ("no", "1")
    assert result["message_reference"]["message_id"] == sent["id"]


async def test_the_clock_closes_it_wherever_it_was_asked_once(house: House) -> None:
    room = house.room()
    private = int((await house.opens(ALICE, BOB))["id"])
    asked = [(room, await ask(house, room, ALICE)), (private, await ask(house, private, ALICE))]
    for _, sent in asked:
        await overdue(house, sent)
    for where, sent in asked:
        newest, *_ = await until(
            partial(house.history, ALICE, where), lambda page: page[0]["type"] == 46
        )
        assert newest["author"]["id"] == str(ALICE)
        assert [one["type"] for one in await house.history(ALICE, where)].count(46) == 1
        assert await vote(house, BOB, where, sent, 1) == 520001


async def test_a_quiz_keeps_its_secret_until_it_ends_and_counts(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    for right, alice, bob in (((1,), (1,), (2,)), ((1, 3), (1, 3), (3, 1)), ((2,), (2,), ())):
        many = len(right) > 1
        quiz = {"quiz": {"correct_answer_ids": right}, "allow_multiselect": many}
        sent = await house.send(OWNER, room, "", **poll("a", "b", "c", **quiz))
        assert sent["poll"]["quiz"] == {"correct_answer_ids": None, "explanation": None}
        assert await vote(house, OWNER, room, sent, *right) == 520000
        for who, answers in ((ALICE, alice), (BOB, bob)):
            assert await vote(house, who, room, sent, *answers) == 204
        (shown, *_) = await house.history(BOB, room)
        assert counts(shown) == [(answer, 1, True) for answer in sorted(bob)]
        listed = await house.asks(BOB, "GET", at(room, sent, "answers/1"))
        assert refusal(listed) == (403, 520100)
        ended = (await house.asks(OWNER, "POST", at(room, sent, "expire"))).json()["poll"]
        assert ended["quiz"]["correct_answer_ids"] == list(right)
    assert not [name for name, _ in await house.told(guild) if "Vote" in name]
    own = [body for name, body in await house.told_to(BOB) if name == "PollVoteAdd"]
    assert {one["user_id"] for one in own} == {str(BOB)}, "told to his other devices"
    assert [one["answer_id"] for one in own] == [2, 1, 3]
    board = (await house.asks(BOB, "GET", f"/channels/{room}/quizzes/scores")).json()
    assert board["quizzes"] == 3
    alice, bob = board["scores"]
    assert alice == {"rank": 1, "user": user(ALICE).dump(), "right": 3, "answered": 3}
    assert bob == {"rank": 2, "user": user(BOB).dump(), "right": 1, "answered": 2}


async def test_nothing_of_a_deleted_poll_stays(house: House) -> None:
    room = house.room()
    sent = await ask(house, room)
    await vote(house, ALICE, room, sent, 1)
    path = f"/channels/{room}/messages/{sent['id']}"
    assert (await house.asks(OWNER, "DELETE", path)).status_code == 204
    for table in ("polls", "poll_counts", "poll_votes"):
        left = f"SELECT count(*) FROM chat.{table} WHERE message_id = $1"
        assert await house.admin.fetchval(left, int(sent["id"])) == 0
    assert await vote(house, ALICE, room, sent, 2) == 10008
