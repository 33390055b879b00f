"""Threads: begun at messages and with nothing, seen by whom, talked in, and fallen asleep."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from chat_service.store import threads
from contracts.events.channel import ChannelDelete
from contracts.events.member import MemberRemove
from contracts.ids import GuildId, Snowflake
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import Permission
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House, refusal, user

PRIVATE = {"name": "between us", "type": 12}


async def begins(house: House, who: int, room: int, **form: Any) -> dict[str, Any]:
    """A thread that may be begun."""
    answer = await house.asks(who, "POST", f"/channels/{room}/threads", json=form)
    assert answer.status_code == 201, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def at_message(house: House, who: int, room: int, message: str) -> dict[str, Any]:
    """A thread at a message."""
    path = f"/channels/{room}/messages/{message}/threads"
    answer = await house.asks(who, "POST", path, json={"name": "about that"})
    assert answer.status_code == 201, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def row_of(house: House, thread: str) -> dict[str, Any]:
    """What is stored of it."""
    row = await house.admin.fetchrow("SELECT * FROM chat.threads WHERE id = $1", int(thread))
    assert row is not None
    return dict(row)


async def is_asleep(house: House, thread: str) -> bool:
    return bool((await row_of(house, thread))["is_archived"])


async def is_alone(house: House, thread: str) -> bool:
    return bool((await row_of(house, thread))["member_count"] == 1)


async def is_empty(house: House, channel: int) -> bool:
    return not await house.stored(channel)


def names(told: list[tuple[str, dict[str, Any]]]) -> list[str]:
    return [name for name, _ in told]


async def test_a_thread_at_a_message_has_its_id_and_is_shown_with_it(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    message = await house.send(ALICE, room, "shall we?")
    thread = await at_message(house, BOB, room, message["id"])
    assert (thread["id"], thread["parent_id"], thread["type"]) == (message["id"], str(room), 11)
    assert thread["member"]["user_id"] == str(BOB)
    assert (thread["member_count"], thread["message_count"]) == (1, 0)
    (shown,) = await house.history(ALICE, room)
    assert shown["flags"] == 1 << 5
    assert shown["thread"]["name"] == "about that"
    (starter,) = await house.history(ALICE, int(thread["id"]))
    assert starter["type"] == 21
    assert starter["referenced_message"]["content"] == "shall we?"
    path = f"/channels/{room}/messages/{message['id']}/threads"
    again = await house.asks(ALICE, "POST", path, json={"name": "x"})
    assert refusal(again) == (400, 160004)
    assert names(await house.told(guild)) == [
        *("MessageCreate", "ThreadCreate", "ThreadMembersUpdate", "ThreadMemberUpdate"),
        *("MessageUpdate", "MessageCreate"),
    ]


async def test_a_bare_public_thread_is_told_of_in_its_channel(house: House) -> None:
    room = house.room()
    thread = await begins(house, ALICE, room, name="plans", type=11, auto_archive_duration=60)
    (told,) = await house.history(BOB, room)
    assert (told["type"], told["content"]) == (18, "plans")
    assert told["message_reference"]["channel_id"] == thread["id"]
    assert thread["thread_metadata"]["auto_archive_duration"] == 60
    await begins(house, ALICE, room, **PRIVATE)
    assert len(await house.history(BOB, room)) == 1


async def test_each_kind_of_thread_needs_its_permission(house: House) -> None:
    room = house.room(PLAIN & ~Permission.CREATE_PUBLIC_THREADS)
    path = f"/channels/{room}/threads"
    refused = await house.asks(ALICE, "POST", path, json={"name": "x", "type": 11})
    assert refusal(refused) == (403, 50013)
    await begins(house, ALICE, room, **PRIVATE)
    other = house.room(PLAIN & ~Permission.CREATE_PRIVATE_THREADS)
    refused = await house.asks(ALICE, "POST", f"/channels/{other}/threads", json=PRIVATE)
    assert refusal(refused) == (403, 50013)
    await begins(house, ALICE, other, name="x", type=11)


async def test_what_is_said_in_a_thread_is_counted_and_brings_people_in(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    thread = await begins(house, ALICE, room, name="plans", type=11)
    inside = int(thread["id"])
    await house.send(ALICE, inside, "one")
    await house.send(ALICE, inside, "two")
    await house.send(BOB, inside, f"three, <@{OWNER}>")
    last = await house.send(BOB, inside, "four")
    row = await row_of(house, thread["id"])
    assert (row["message_count"], row["total_sent"], row["member_count"]) == (4, 4, 3)
    gone = await house.asks(BOB, "DELETE", f"/channels/{inside}/messages/{last['id']}")
    assert gone.status_code == 204
    row = await row_of(house, thread["id"])
    assert (row["message_count"], row["total_sent"]) == (3, 4)
    listed = await house.asks(ALICE, "GET", f"/channels/{inside}/thread-members?with_member=1")
    assert {one["member"]["user"]["id"] for one in listed.json()} == {"11", "12", "13"}


async def test_parallel_sends_are_counted_once_each(house: House) -> None:
    """Whatever shares a batch, and however often a nonce is repeated."""
    guild = house.guild()
    room = int(house.channel(guild).id)
    inside = int((await begins(house, ALICE, room, name="plans", type=11))["id"])
    await house.send(BOB, inside, "me too")
    sends = [
        house.send(who, inside, f"{n}", nonce=f"{n}") for who in (ALICE, BOB) for n in range(9)
    ]
    again = [house.send(ALICE, inside, f"{n}", nonce=f"{n}") for n in range(9)]
    beside = [house.send(ALICE, room, f"{n}") for n in range(9)]
    await asyncio.gather(*sends, *again, *beside)
    row = await row_of(house, str(inside))
    assert (row["message_count"], row["total_sent"]) == (19, 19)
    assert len(await house.stored(inside)) == 19


async def test_writing_in_threads_is_a_permission_of_its_own(house: House) -> None:
    room = house.room(PLAIN & ~Permission.SEND_MESSAGES)
    thread = await begins(house, ALICE, room, name="plans", type=11)
    await house.send(BOB, int(thread["id"]), "here I may")
    assert await house.refused(BOB, room) == (403, 50013)
    other = house.room(PLAIN & ~Permission.SEND_MESSAGES_IN_THREADS)
    thread = await begins(house, ALICE, other, name="plans", type=11)
    assert await house.refused(BOB, int(thread["id"])) == (403, 50013)
    await house.send(BOB, other, "here I may")


async def test_a_private_thread_is_for_those_in_it_and_who_governs(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    thread = await begins(house, ALICE, room, **PRIVATE)
    inside, path = int(thread["id"]), f"/channels/{thread['id']}"
    assert await house.refused(BOB, inside) == (403, 50001)
    await house.send(OWNER, inside, "I see it")
    added = await house.asks(ALICE, "PUT", f"{path}/thread-members/{BOB}")
    assert added.status_code == 204
    await house.send(BOB, inside, "now I do")
    sent_out = await house.asks(BOB, "DELETE", f"{path}/thread-members/{ALICE}")
    assert refusal(sent_out) == (403, 50013)
    sent_out = await house.asks(ALICE, "DELETE", f"{path}/thread-members/{BOB}")
    assert sent_out.status_code == 204
    assert await house.refused(BOB, inside) == (403, 50001)
    told = await house.told(guild)
    shown = [name for name, _ in told if name in ("ThreadShown", "ThreadHidden")]
    assert shown == ["ThreadShown"] * 3 + ["ThreadHidden"], "Alice, the owner, Bob; and Bob out"
    strangers = await house.asks(ALICE, "PUT", f"{path}/thread-members/{66}")
    assert refusal(strangers) == (404, 10007)


async def test_lists_show_what_one_sees(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    hidden = ChannelOverwrite(
        id=Snowflake(guild), type=OverwriteType.ROLE, deny=int(Permission.VIEW_CHANNEL)
    )
    secret = int(house.channel(guild, ChannelType.TEXT, hidden).id)
    public = await begins(house, ALICE, room, name="plans", type=11)
    private = await begins(house, ALICE, room, **PRIVATE)
    unseen = await begins(house, OWNER, secret, name="x", type=11)
    path = f"/guilds/{guild}/threads/active"
    for who, expected in (
        (ALICE, [private, public]),
        (BOB, [public]),
        (OWNER, [unseen, private, public]),
    ):
        active = (await house.asks(who, "GET", path)).json()
        assert [one["id"] for one in active["threads"]] == [one["id"] for one in expected]
        joined = {one["id"] for one in expected if who == int(one["owner_id"])}
        assert {one["id"] for one in active["members"]} == joined
    await house.admin.execute("UPDATE chat.threads SET due = now() - interval '1 hour'")
    await house.until(lambda: is_asleep(house, private["id"]))
    archived = f"/channels/{room}/threads/archived"
    open_ones = (await house.asks(BOB, "GET", f"{archived}/public?limit=1")).json()
    assert ([one["id"] for one in open_ones["threads"]], open_ones["has_more"]) == (
        [public["id"]],
        False,
    )
    assert refusal(await house.asks(ALICE, "GET", f"{archived}/private")) == (403, 50013)
    closed = (await house.asks(OWNER, "GET", f"{archived}/private")).json()
    assert [one["id"] for one in closed["threads"]] == [private["id"]]
    own = f"/channels/{room}/users/@me/threads/archived/private"
    assert [one["id"] for one in (await house.asks(ALICE, "GET", own)).json()["threads"]] == [
        private["id"]
    ]
    assert (await house.asks(BOB, "GET", own)).json()["threads"] == []
    assert (await house.asks(OWNER, "GET", path)).json()["threads"] == []


async def test_a_message_wakes_a_sleeping_thread_unless_it_is_locked(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    thread = await begins(house, ALICE, room, name="plans", type=11)
    inside = int(thread["id"])
    sent = await house.send(ALICE, inside, "before")
    await house.edits(ALICE, inside, is_archived=True)
    edited = await house.asks(
        ALICE, "PATCH", f"/channels/{inside}/messages/{sent['id']}", json={"content": "x"}
    )
    assert refusal(edited) == (400, 50083)
    await house.send(ALICE, inside, "good morning")
    assert not (await row_of(house, thread["id"]))["is_archived"]
    states = [
        d["thread_metadata"]["archived"]
        for name, d in await house.told(guild)
        if name == "ThreadUpdate"
    ]
    assert states == [True, False]
    await house.edits(OWNER, inside, is_locked=True)
    assert await house.refused(ALICE, inside) == (400, 160005)
    await house.send(OWNER, inside, "closed")


async def test_deleting_a_thread_leaves_nothing(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    message = await house.send(ALICE, room, "shall we?")
    thread = await at_message(house, BOB, room, message["id"])
    inside = int(thread["id"])
    await house.sends(BOB, inside, 3)
    await house.ends(OWNER, inside)
    await house.until(lambda: is_empty(house, inside))
    counted = "SELECT count(*) FROM chat.thread_members WHERE thread_id = $1"
    assert await house.admin.fetchval(counted, inside) == 0
    (shown,) = await house.history(ALICE, room)
    assert (shown["flags"], "thread" in shown) == (0, False)
    assert await house.refused(BOB, inside) == (404, 10003)
    again = await at_message(house, BOB, room, message["id"])
    await house.send(BOB, int(again["id"]), "once more")
    entries = [(one["actor_id"], one["action"]) for one in await house.governed(guild)]
    assert entries == [(str(BOB), 110), (str(OWNER), 112), (str(BOB), 110)]


async def test_the_audit_log_tells_how_a_thread_was_begun_and_changed(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    thread = await begins(house, ALICE, room, name="plans", type=11)
    await house.edits(OWNER, int(thread["id"]), name="deeds", slowmode=5)
    await house.edits(OWNER, int(thread["id"]), name="deeds")
    begun, changed = await house.governed(guild)
    assert (begun["action"], begun["target_id"]) == (110, thread["id"])
    fresh = {one["key"]: one["new_value"] for one in begun["changes"]}
    assert (fresh["name"], fresh["type"], fresh["archived"]) == ("plans", 11, False)
    assert (changed["action"], changed["actor_id"]) == (111, str(OWNER))
    assert changed["changes"] == [
        {"key": "name", "old_value": "plans", "new_value": "deeds"},
        {"key": "rate_limit_per_user", "old_value": 0, "new_value": 5},
    ]


async def test_slowmode_is_for_beginning_threads_as_well_and_is_not_handed_down(
    house: House,
) -> None:
    """A message and a thread in so many seconds; threads have a pace of their own, that their
    channel gives them when they are begun.
    """
    guild = house.guild()
    room = house.channel(guild)
    facts = house.neighbours.guilds[guild]
    paces = {"rate_limit_per_user": 60, "default_thread_rate_limit_per_user": 30}
    slow = room.model_copy(update=paces)
    house.neighbours.guilds[guild] = facts.model_copy(update={"channels": {room.id: slow}})
    sent = await house.send(ALICE, int(room.id), "shall we?")
    thread = await at_message(house, ALICE, int(room.id), sent["id"])
    assert thread["rate_limit_per_user"] == 30
    again = {"name": "more", "type": 11}
    refused = await house.asks(ALICE, "POST", f"/channels/{room.id}/threads", json=again)
    assert refusal(refused) == (429, 20016)
    await house.send(ALICE, int(thread["id"]), "in here I have not said anything yet")
    assert await house.refused(ALICE, int(thread["id"])) == (429, 20016)
    quick = await begins(house, OWNER, int(room.id), **again, rate_limit_per_user=0)
    for word in ("one", "two"):
        await house.send(ALICE, int(quick["id"]), word)


async def test_threads_go_with_their_channel(house: House) -> None:
    guild = house.guild()
    channel = house.channel(guild)
    thread = await begins(house, ALICE, int(channel.id), name="plans", type=11)
    inside = int(thread["id"])
    await house.sends(ALICE, inside, 2)
    house.tell(ChannelDelete(**channel.model_dump()))
    await house.until(lambda: is_empty(house, inside))
    assert await house.admin.fetchval("SELECT 1 FROM chat.threads WHERE id = $1", inside) is None


async def test_who_leaves_the_guild_leaves_its_threads(house: House) -> None:
    guild = house.guild()
    room = int(house.channel(guild).id)
    thread = await begins(house, ALICE, room, name="plans", type=11)
    await house.send(BOB, int(thread["id"]), "me too")
    house.tell(MemberRemove(guild_id=GuildId(guild), user=user(BOB)))
    await house.until(lambda: is_alone(house, thread["id"]))
    removed = [d for name, d in await house.told(guild) if name == "ThreadMembersUpdate"][-1]
    assert removed["removed_member_ids"] == [str(BOB)]


async def test_an_unknown_or_foreign_body_is_refused_with_its_path(house: House) -> None:
    room = house.room()
    path = f"/channels/{room}/threads"
    for form in (
        {},
        {"name": ""},
        {"name": "x" * 101},
        {"name": "x", "type": 0},
        {"name": "x", "auto_archive_duration": 61},
        {"name": "x\x00"},
    ):
        assert refusal(await house.asks(ALICE, "POST", path, json=form)) == (400, 50035)
    voice = int(house.channel(house.guild(), ChannelType.VOICE).id)
    refused = await house.asks(ALICE, "POST", f"/channels/{voice}/threads", json={"name": "x"})
    assert refusal(refused) == (403, 50024)


async def test_what_is_stored_in_a_thread_that_just_went_goes_too(house: House) -> None:
    """Whoever was let in a moment before it was deleted."""
    room = house.room()
    inside = int((await begins(house, ALICE, room, name="plans", type=11))["id"])
    sent = int((await house.send(ALICE, inside, "too late"))["id"])
    await house.admin.execute("DELETE FROM chat.threads WHERE id = $1", inside)
    await house.admin.execute("SET search_path = chat")
    await threads.tally(house.admin, {inside: [(sent, datetime.now(UTC))]})
    await house.until(lambda: is_empty(house, inside))
