"""What is left of people whose accounts are gone."""

from __future__ import annotations

from typing import Any

from contracts.ids import UserId
from contracts.rpc.chat import ForgetPerson
from tests.fixtures import hostile
from tests.service.chat_service.house import ALICE, House

POLL = {
    "question": {"text": "Shall we?"},
    "answers": [{"poll_media": {"text": "yes"}}, {"poll_media": {"text": "no"}}],
}


async def forgotten(house: House, who: int, **how: Any) -> None:
    """Somebody is gone, and everything is done that follows from it."""
    calls = await house.running.calls_from("user")
    await calls.ask(ForgetPerson(user_id=UserId(who), **how))
    await house.admin.execute("UPDATE chat.farewells SET due = now() WHERE user_id = $1", who)

    async def is_done() -> bool:
        left = (
            "SELECT count(*) FROM (SELECT user_id FROM chat.farewells UNION ALL"
            " SELECT author_id FROM chat.removals) AS work (who) WHERE who = $1"
        )
        return not await house.admin.fetchval(left, who)

    await house.until(is_done)


async def traces(house: House, who: int) -> set[str]:
    """The tables that name somebody."""
    columns = await house.admin.fetch(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'chat'"
        " AND column_name IN ('user_id', 'author_id', 'target_id', 'owner_id')"
    )
    return {
        table
        for table, column in columns
        if await house.admin.fetchval(f"SELECT 1 FROM chat.{table} WHERE {column} = $1", who)
    }


async def lived(house: House) -> tuple[int, int, int, int]:
    """Somebody who has left something everywhere; where, and in which conversation and group."""
    mina = house.newcomer()
    guild = house.guild()
    house.member(guild, mina)
    room = int(house.channel(guild).id)
    said = await house.attach(mina, room, ("a.png", hostile.drawn("PNG")), content="mine")
    assert said.status_code == 200
    told = await house.send(ALICE, room, f"hello <@{mina}>", poll=POLL)
    here = f"/channels/{room}"
    for path, method in (
        (f"{here}/messages/{told['id']}/reactions/👍/@me", "PUT"),
        (f"/users/@me/saved-messages/{room}/{told['id']}", "PUT"),
        (f"/users/@me/mentions/{told['id']}", "DELETE"),
    ):
        assert (await house.asks(mina, method, path)).status_code == 204
    vote = f"{here}/polls/{told['id']}/answers/@me"
    assert (await house.asks(mina, "PUT", vote, json={"answer_ids": [1]})).status_code == 204
    ack = f"{here}/messages/{told['id']}/ack"
    assert (await house.asks(mina, "POST", ack, json={})).status_code == 200
    ahead = {"files": [{"filename": "b.txt", "file_size": 3}]}
    assert (await house.asks(mina, "POST", f"{here}/attachments", json=ahead)).status_code == 200
    pair = int((await house.opens(mina, ALICE))["id"])
    await house.sends(mina, pair, 2)
    group = int((await house.opens(mina, house.newcomer(), house.newcomer()))["id"])
    return mina, room, pair, group


async def test_what_they_said_stays_unless_they_wanted_it_to_go(house: House) -> None:
    mina, room, pair, group = await lived(house)
    await forgotten(house, mina)
    await house.swept(room, 1)
    kept = {"messages", "reactions", "poll_votes", "files", "nonces", "recipients"}
    assert await traces(house, mina) <= kept
    newest, oldest = await house.history(ALICE, room)
    assert (oldest["content"], len(oldest["attachments"])) == ("mine", 1)
    assert (newest["reactions"][0]["count"], newest["poll"]["results"]["answer_counts"]) == (
        1,
        [{"id": 1, "count": 1, "me_voted": False}],
    )
    assert len(await house.stored(pair)) == 2
    seats = "SELECT count(*) FROM chat.recipients WHERE channel_id = $1"
    assert await house.admin.fetchval(seats, group) == 2


async def test_what_they_said_goes_everywhere_and_is_told(house: House) -> None:
    mina, room, pair, _ = await lived(house)
    guild = next(
        one for one, facts in house.neighbours.guilds.items() if room in map(int, facts.channels)
    )
    await forgotten(house, mina, with_messages=True)
    await house.swept(room)
    assert await traces(house, mina) <= {"nonces", "recipients"}
    (left,) = await house.history(ALICE, room)
    assert "reactions" not in left
    assert [one["count"] for one in left["poll"]["results"]["answer_counts"]] in ([], [0])
    assert await house.stored(pair) == []
    told = [name for name, _ in await house.told(guild)]
    assert {"MessageDeleteBulk", "ReactionRemove", "PollVoteRemove"} <= set(told)
    unsaid = [body for name, body in await house.told_to(ALICE) if name == "MessageDeleteBulk"]
    assert [(one["channel_id"], len(one["ids"])) for one in unsaid] == [(str(pair), 2)]
