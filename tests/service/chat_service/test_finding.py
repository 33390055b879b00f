"""Searching: any piece of a text, by whoever may read it, and never what is gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chat_service.domain.finding import Question
from chat_service.store import finding
from contracts.ids import Snowflake
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import Permission
from tests.fixtures.patience import PATIENCE, until
from tests.service.chat_service.house import ALICE, BOB, OWNER, STRANGER, House, refusal


async def search(house: House, who: int, path: str, query: str) -> dict[str, Any]:
    answer = await house.asks(who, "GET", f"{path}/messages/search?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert all(len(one) == 1 and one[0]["hit"] for one in found["messages"])
    assert found["doing_deep_historical_index"] is False
    return found


async def texts(house: House, who: int, path: str, query: str) -> list[str]:
    found = await search(house, who, path, query)
    said = [one[0]["content"] for one in found["messages"]]
    assert found["total_results"] == len(said) or "limit" in query
    return said


async def test_any_piece_of_a_text_is_found_in_any_writing(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    said = [
        "독서모임에서 만나요",
        "The MEETING is at seven: https://a.example/x_1",
        "100% ＦＵＬＬ ｗｉｄｔｈ",
        "모\u200b임 책 🎉",
        "ﾓｲﾑ \u1106\u1169\u110b\u1175\u11b7",
    ]
    for one in said:
        await house.send(ALICE, room, one)
    wanted = {
        "모임": [4, 3, 0],
        "임에": [0],
        "책": [3],
        "🎉": [3],
        "meet": [1],
        "ETING seven": [1],
        '"at seven"': [1],
        '"seven at"': [],
        "x_1": [1],
        "x%251": [],
        "0%25": [2],
        "full width": [2],
        "s": [1],
        "z": [],
        "\u200b": [],
        "모이": [],
        "\u1106\u1169\u110b\u1175\u11b7": [4, 3, 0],
    }
    found = {q: await texts(house, BOB, f"/guilds/{guild}", f"content={q}") for q in wanted}
    assert found == {q: [said[n] for n in which] for q, which in wanted.items()}


async def test_marks_narrow_a_search(house: House) -> None:
    guild = house.guild()
    first, second = int(house.channel(guild).id), int(house.channel(guild).id)
    one = await house.send(ALICE, first, f"to <@{BOB}> and <@&77>")
    two = await house.send(OWNER, first, "@everyone see HTTPS://Docs.Example:8443/page")
    reference = {"message_id": one["id"]}
    three = await house.send(
        BOB,
        second,
        "with embed",
        embeds=[{"title": "t", "image": {"url": "https://a.example/i.png"}}],
    )
    four = await house.send(BOB, first, "an answer", message_reference=reference)
    pin = f"/channels/{first}/messages/pins/{one['id']}"
    assert (await house.asks(OWNER, "PUT", pin)).status_code == 204
    wanted = {
        f"author_id={ALICE}&author_id={OWNER}": [two, one],
        f"mentions={BOB}": [one],
        f"mentions={ALICE}": [four],
        "mentions_role_id=77": [],
        "mention_everyone=true": [two],
        "mention_everyone=false&has=-link": [four, three, one],
        "has=link": [two],
        "has=embed&has=image": [three],
        "has=file": [],
        "link_hostname=docs.example": [two],
        f"channel_id={second}": [three],
        "pinned=true": [one],
        "author_type=user": [four, three, two, one],
        "author_type=-user": [],
        f"replied_to_user_id={ALICE}": [four],
        f"replied_to_message_id={one['id']}": [four],
        f"min_id={two['id']}": [four, three],
        f"max_id={two['id']}": [one],
        "sort_order=asc": [one, two, three, four],
        "limit=2&offset=1": [three, two],
    }
    for query, messages in wanted.items():
        found = await texts(house, BOB, f"/guilds/{guild}", query)
        assert found == [message["content"] for message in messages], query


async def test_what_fits_best_comes_first_when_that_is_wanted(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    for said in ("cat cat cat", "a cat among very many other words", "concatenate"):
        await house.send(ALICE, room, said)
    path = f"/guilds/{guild}"
    assert (await texts(house, BOB, path, "content=cat"))[0] == "concatenate"
    ranked = await texts(house, BOB, path, "content=cat&sort_by=relevance")
    assert [one.split()[0] for one in ranked] == ["cat", "a", "concatenate"]


async def test_nobody_finds_what_they_may_not_read(house: House) -> None:
    guild = house.guild()
    unseen = ChannelOverwrite(
        id=Snowflake(guild), type=OverwriteType.ROLE, deny=int(Permission.READ_MESSAGE_HISTORY)
    )
    hidden = int(house.channel(guild, ChannelType.TEXT, unseen).id)
    await house.send(OWNER, hidden, "secret plan")
    path = f"/guilds/{guild}"
    assert await texts(house, OWNER, path, "content=plan") == ["secret plan"]
    assert await texts(house, BOB, path, "content=plan") == []
    assert await texts(house, BOB, path, f"content=plan&channel_id={hidden}") == []
    answer = await house.asks(BOB, "GET", f"/channels/{hidden}/messages/search?content=plan")
    assert refusal(answer) == (403, 50013)
    answer = await house.asks(STRANGER, "GET", f"{path}/messages/search?content=plan")
    assert refusal(answer) == (404, 10004)


async def test_conversations_are_searched_by_those_in_them(house: House) -> None:
    me, other = house.newcomer(), house.newcomer()
    pair = await house.opens(me, other)
    await house.send(me, int(pair["id"]), "between us")
    path = f"/channels/{pair['id']}"
    assert await texts(house, other, path, "content=us") == ["between us"]
    answer = await house.asks(STRANGER, "GET", f"{path}/messages/search?content=us")
    assert refusal(answer) == (404, 10003)


async def test_threads_are_searched_by_whoever_sees_them(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    path, threads = f"/guilds/{guild}", f"/channels/{room}/threads"
    for kind, name in ((11, "public"), (12, "private")):
        form = {"name": name, "type": kind}
        begun = (await house.asks(ALICE, "POST", threads, json=form)).json()
        await house.send(ALICE, int(begun["id"]), f"{name} words")
    inside = f"/channels/{begun['id']}"
    assert await texts(house, ALICE, path, "content=words") == ["private words", "public words"]
    assert await texts(house, OWNER, path, "content=words") == ["private words", "public words"]
    assert await texts(house, BOB, path, "content=words") == ["public words"]
    found = await search(house, ALICE, path, "content=private")
    assert [one["name"] for one in found["threads"]] == ["private"]
    assert [one["user_id"] for one in found["members"]] == [str(ALICE)]
    assert await texts(house, ALICE, inside, "") == ["private words"]
    answer = await house.asks(BOB, "GET", f"{inside}/messages/search")
    assert refusal(answer) == (403, 50001)


async def test_what_is_edited_is_found_by_its_new_words_and_what_is_deleted_never(
    house: House,
) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    path = f"/guilds/{guild}"
    sent = [await house.send(ALICE, room, f"wording {n}") for n in range(4)]
    assert len(await texts(house, BOB, path, "content=wording")) == 4
    messages = f"/channels/{room}/messages"
    await house.asks(ALICE, "PATCH", f"{messages}/{sent[0]['id']}", json={"content": "otherwise"})
    await house.asks(ALICE, "DELETE", f"{messages}/{sent[1]['id']}")
    gone = {"messages": [sent[2]["id"], sent[3]["id"]]}
    await house.asks(OWNER, "POST", f"{messages}/bulk-delete", json=gone)
    assert await texts(house, BOB, path, "content=wording") == []
    assert await texts(house, BOB, path, "content=otherwise") == ["otherwise"]
    assert await texts(house, BOB, path, "") == ["otherwise"]


async def test_what_is_deleted_while_it_is_indexed_is_not_found(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    kept, gone = await house.sends(ALICE, room, 2)
    async with house.admin.transaction():
        mine = (room, int(gone["id"]))
        await house.admin.execute(
            "DELETE FROM chat.messages WHERE channel_id = $1 AND id = $2", *mine
        )
        looking = asyncio.ensure_future(search(house, BOB, f"/guilds/{guild}", "content=message"))
        # The indexer waits for whoever deletes.
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
        await until(lambda: house.admin.fetchval(waits))
    found = await looking
    assert [one[0]["id"] for one in found["messages"]] == [kept["id"]]
    rows = await house.admin.fetch("SELECT id FROM chat.findable WHERE channel_id = $1", room)
    assert [row["id"] for row in rows] == [int(kept["id"])]


@pytest.mark.parametrize(
    "query", ["limit=26", "offset=9976", "has=nothing", "author_id=x", "content=" + "x" * 1025]
)
async def test_what_can_not_be_asked_is_refused(house: House, query: str) -> None:
    path = f"/guilds/{house.guild()}/messages/search?{query}"
    assert refusal(await house.asks(BOB, "GET", path)) == (400, 50035)


@pytest.mark.parametrize(
    ("question", "by_index"),
    [
        (Question(texts=("모임",)), True),
        (Question(texts=("needle", "모임"), below=10**6), True),
        (Question(marks=(("author:12",),)), True),
        (Question(), False),
    ],
)
async def test_no_search_reads_what_it_does_not_answer(
    house: House, question: Question, *, by_index: bool
) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    await house.admin.execute("SET search_path = chat, public")
    await house.admin.execute(
        "INSERT INTO findable SELECT $1, n, $2, $1, t, grams(' ' || t, $2), ARRAY[n % 100] "
        "FROM generate_series(1, 5000) AS n, concat('모임 ', to_hex(n)) AS t",
        *(room, guild),
    )
    await house.admin.execute("ANALYZE findable")
    search = await finding.prepared(house.admin, guild, [room], question)
    assert search.is_indexed is by_index
    ways = [(finding.BY_AGE, search.walk(is_rising=False, limit=25), "findable_newest")]
    if by_index:
        ways.append((finding.BY_INDEX, search.hits(), "findable_by"))
    for way, statement, index in ways:
        async with house.admin.transaction():
            await house.admin.execute(finding._WAY, list(way), list(way.values()))
            plan = await house.admin.fetch(f"EXPLAIN {statement}", *search.given)
        told = "\n".join(row[0] for row in plan)
        assert index in told, told
        assert "Seq Scan" not in told, told
    await house.admin.execute("DELETE FROM findable WHERE channel_id = $1", room)


async def test_a_long_past_is_indexed_behind_and_a_search_says_so(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    await house.admin.execute(
        "INSERT INTO chat.messages SELECT $1, n, $2, 'long ago', 0, 0, false, now(), NULL, NULL, "
        "false FROM generate_series(1, 9000) AS n",
        *(room, ALICE),
    )
    await house.admin.execute("INSERT INTO chat.heads VALUES ($1, 9000)", room)
    path = f"/guilds/{guild}/messages/search?content=ago"
    async with asyncio.timeout(PATIENCE):
        while (found := (await house.asks(BOB, "GET", path)).json())["total_results"] < 9_000:
            assert found["doing_deep_historical_index"]
    assert not found["doing_deep_historical_index"]
