"""Forums: posts with tags, pinned, found, and answered."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.errors import Conflict
from contracts.ids import Snowflake
from contracts.objects.channel import Channel, ChannelType, ForumTag
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal

HELP, NEWS = "501", "502"
PINNED = 1 << 1


def forum(house: House, *, flags: int = 0, everyone: int = PLAIN) -> Channel:
    """A forum with a tag for everybody, and one for who governs."""
    made = house.channel(house.guild(everyone), ChannelType.FORUM)
    tags = (
        ForumTag(id=Snowflake(501), name="help"),
        ForumTag(id=Snowflake(502), name="news", moderated=True),
    )
    shaped = made.model_copy(update={"available_tags": tags, "flags": flags})
    facts = house.neighbours.guilds[int(made.guild_id)]
    channels = {**facts.channels, made.id: shaped}
    house.neighbours.guilds[int(made.guild_id)] = facts.model_copy(update={"channels": channels})
    return shaped


async def posts(house: House, who: int, channel: int, name: str, **more: Any) -> dict[str, Any]:
    form = {"name": name, "message": {"content": f"about {name}"}, **more}
    answer = await house.asks(who, "POST", f"/channels/{channel}/threads", json=form)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_post_and_its_first_message_are_one(house: House) -> None:
    channel = forum(house)
    post = await posts(house, ALICE, channel.id, "soup", applied_tags=[HELP])
    assert post["message"]["id"] == post["id"] == post["message"]["channel_id"]
    assert (post["type"], post["applied_tags"]) == (11, [HELP])
    assert (post["message_count"], post["total_message_sent"]) == (0, 0)
    await house.send(BOB, int(post["id"]), "add salt")
    page = await house.history(BOB, int(post["id"]))
    assert [one["content"] for one in page] == ["add salt", "about soup"]
    told = [name for name, _ in await house.told(int(channel.guild_id))]
    assert told[:2] == ["ThreadCreate", "ThreadMembersUpdate"]
    assert told.count("MessageCreate") == 2


async def test_a_post_needs_a_message_and_its_tags(house: House) -> None:
    channel = forum(house, flags=1 << 4)
    path = f"/channels/{channel.id}/threads"

    async def refused(who: int = ALICE, **form: Any) -> tuple[int, int]:
        said = {"name": "x", "message": {"content": "y"}, **form}
        return refusal(await house.asks(who, "POST", path, json=said))

    assert await refused() == (400, 40067)
    assert await refused(applied_tags=[NEWS]) == (403, 50013)
    assert await refused(applied_tags=["7"]) == (400, 50035)
    assert await refused(applied_tags=[HELP], message={}) == (400, 50006)
    assert await refused(applied_tags=[HELP], message=None) == (400, 50035)
    await posts(house, ALICE, channel.id, "x", applied_tags=[HELP])
    await posts(house, OWNER, channel.id, "x", applied_tags=[NEWS])
    assert await house.refused(ALICE, channel.id) == (403, 50024)


async def test_whoever_asked_says_which_answer_helped(house: House) -> None:
    channel = forum(house)
    post = await posts(house, ALICE, channel.id, "soup")
    inside = int(post["id"])
    answer = await house.send(BOB, inside, "add salt")
    path = f"/channels/{inside}/answer"
    refused = await house.asks(BOB, "PUT", f"{path}/{answer['id']}")
    assert refusal(refused) == (403, 50013)
    first = await house.asks(ALICE, "PUT", f"{path}/{inside}")
    assert refusal(first) == (404, 10008)
    accepted = await house.asks(ALICE, "PUT", f"{path}/{answer['id']}")
    assert accepted.json()["accepted_answer_id"] == answer["id"]
    told = [d for name, d in await house.told(int(channel.guild_id)) if name == "ThreadUpdate"]
    assert told[-1]["accepted_answer_id"] == answer["id"]
    await house.asks(BOB, "DELETE", f"/channels/{inside}/messages/{answer['id']}")
    told = [d for name, d in await house.told(int(channel.guild_id)) if name == "ThreadUpdate"]
    assert "accepted_answer_id" not in told[-1]
    taken_back = await house.asks(OWNER, "DELETE", path)
    assert "accepted_answer_id" not in taken_back.json()


async def test_one_post_stands_at_the_top_and_stays_awake(house: House) -> None:
    channel = forum(house)
    first = await posts(house, ALICE, channel.id, "rules")
    second = await posts(house, ALICE, channel.id, "soup")
    await house.edits(OWNER, int(first["id"]), flags=PINNED)
    with pytest.raises(Conflict) as full:
        await house.edits(OWNER, int(second["id"]), flags=PINNED)
    assert full.value.error.code == 30047
    ids = [int(first["id"]), int(second["id"])]
    overdue = "UPDATE chat.threads SET due = now() - interval '1 hour' WHERE id = ANY($1)"
    await house.admin.execute(overdue, ids)
    asleep = "SELECT array_agg(id) FROM chat.threads WHERE is_archived AND id = ANY($1)"

    async def sleeps() -> object:
        return await house.admin.fetchval(asleep, ids)

    await house.until(sleeps)
    assert await sleeps() == [int(second["id"])]


async def test_posts_are_found_by_name_tag_and_state(house: House) -> None:
    channel = forum(house)
    soup = await posts(house, ALICE, channel.id, "김치찌개 끓이기", applied_tags=[HELP])
    bread = await posts(house, ALICE, channel.id, "Bread")
    await house.send(BOB, int(soup["id"]), "mm")
    path = f"/channels/{channel.id}/threads/search"

    async def found(query: str = "") -> list[str]:
        answer = (await house.asks(BOB, "GET", path + query)).json()
        assert answer["total_results"] == len(answer["threads"])
        assert len(answer["first_messages"]) == len(answer["threads"])
        return [one["id"] for one in answer["threads"]]

    assert await found() == [soup["id"], bread["id"]]
    assert await found("?sort_by=creation_time&sort_order=asc") == [soup["id"], bread["id"]]
    assert await found("?sort_by=creation_time") == [bread["id"], soup["id"]]
    assert await found("?name=찌개") == [soup["id"]]
    assert await found("?name=bread") == [bread["id"]]
    assert await found(f"?tag={HELP}") == [soup["id"]]
    assert await found("?archived=true") == []
    page = (await house.asks(BOB, "GET", f"{path}?limit=1")).json()
    assert (page["has_more"], page["total_results"]) == (True, 2)


async def test_who_governs_less_changes_only_their_own(house: House) -> None:
    channel = forum(house, everyone=PLAIN | Permission.MANAGE_MESSAGES)
    post = int((await posts(house, ALICE, channel.id, "soup"))["id"])
    changed = await house.edits(ALICE, post, name="stew", tags=[HELP])
    assert changed.thread is not None
    assert changed.thread.name == "stew"
    for who, change in (
        (BOB, {"name": "x"}),
        (ALICE, {"is_locked": True}),
        (ALICE, {"tags": [NEWS]}),
    ):
        with pytest.raises(Exception, match="MISSING_PERMISSIONS"):
            await house.edits(who, post, **change)
    (news,) = [one for one in await house.history(BOB, post) if one["type"] == 4]
    assert news["content"] == "stew"


async def test_a_webhook_begins_posts_by_their_name(house: House) -> None:
    channel = forum(house)
    webhook = house.webhook(channel)
    nameless = await house.posts(webhook, "POST", json={"content": "x"})
    assert refusal(nameless) == (400, 220001)
    form = {"content": "version 2 is out", "thread_name": "release", "applied_tags": [NEWS]}
    posted = await house.posts(webhook, "POST", "?wait=true", json=form)
    assert posted.status_code == 200, posted.text
    post = posted.json()
    assert post["id"] == post["channel_id"]
    said = await house.posts(webhook, "POST", f"?wait=true&thread_id={post['id']}", json=form)
    assert refusal(said) == (400, 220003)
    form = {"content": "and fast"}
    await house.posts(webhook, "POST", f"?wait=true&thread_id={post['id']}", json=form)
    page = await house.history(BOB, int(post["id"]))
    assert [one["content"] for one in page] == ["and fast", "version 2 is out"]
    active = await house.asks(BOB, "GET", f"/guilds/{channel.guild_id:d}/threads/active")
    (thread,) = active.json()["threads"]
    assert (thread["name"], thread["member_count"], thread["message_count"]) == ("release", 0, 1)
