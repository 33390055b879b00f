"""READY and events ≡ a fresh READY, for threads: they come and go, people come into private ones
and are sent out, channels and roles change who sees them, and everybody knows just what they may.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from contracts.events.base import Event, Inside
from contracts.events.thread import (
    AddedMember,
    ThreadCreate,
    ThreadDelete,
    ThreadHidden,
    ThreadMembersUpdate,
    ThreadShown,
    ThreadUpdate,
)
from contracts.ids import ChannelId, GuildId, MessageId, UserId
from contracts.intents import Intent
from contracts.objects.channel import ChannelType
from contracts.objects.thread import Thread, ThreadMember, ThreadMetadata
from contracts.permissions import Permission
from contracts.rpc.chat import ActiveThread, GetActiveThreads
from tests.fixtures.clock import START
from tests.unit.gateway.house import (
    GUILD,
    OTHER,
    Client,
    Gateway,
    World,
    message,
    settled,
)
from tests.unit.gateway.live.anew import (
    MORE,
    PEOPLE,
    VIEW,
    Eyes,
    nobody_needs_to_reload,
    peopled,
    who_resumes_misses_nothing,
)
from tests.unit.gateway.live.test_visibility import Governor

GOVERNS = int(Permission.MANAGE_THREADS)
GID = GuildId(GUILD)


class Weaver(Governor):
    """Changes threads as chat_service does, and everything else as community_service."""

    def __init__(self, world: World, dice: random.Random) -> None:
        super().__init__(world, dice)
        self.asleep: dict[int, ActiveThread] = {}

    def at_random(self) -> None:
        deeds: list[Callable[[], None]] = [
            *(self.begin,) * 4,
            *(self.come_or_go,) * 4,
            *(self.talk,) * 3,
            *(super().at_random,) * 8,
            self.sleep,
            self.wake,
            self.end,
        ]
        self.dice.choice(deeds)()

    def bits(self) -> int:
        return self.dice.choice((0, VIEW, VIEW | GOVERNS, GOVERNS))

    @property
    def threads(self) -> dict[int, ActiveThread]:
        return self.world.threads

    def delete_channel(self) -> None:
        before = {int(one.id) for one in self.channels}
        super().delete_channel()
        gone = before - {int(one.id) for one in self.channels}
        for held in (self.threads, self.asleep):
            for number in [n for n, one in held.items() if one.thread.parent_id in gone]:
                del held[number]

    def leave_and_return(self) -> None:
        # Who leaves is out of every thread; here nobody is in one while away.
        for number in list(self.threads):
            for user_id in PEOPLE:
                self._go(number, user_id)
        super().leave_and_return()

    def begin(self) -> None:
        if not self.channels:
            return
        self.number += 1
        number, owner = self.number, self.dice.choice(PEOPLE)
        kind = self.dice.choice((ChannelType.PUBLIC_THREAD, ChannelType.PRIVATE_THREAD))
        state = ThreadMetadata(
            archived=False,
            archive_timestamp=START,
            auto_archive_duration=60,
            locked=False,
            create_timestamp=START,
        )
        thread = Thread(
            id=ChannelId(number),
            type=kind,
            guild_id=GID,
            parent_id=self.dice.choice(self.channels).id,
            owner_id=UserId(owner),
            name="t",
            last_message_id=MessageId(number),
            thread_metadata=state,
        )
        people = (UserId(owner),) if kind is ChannelType.PRIVATE_THREAD else None
        self.threads[number] = ActiveThread(thread=thread, hearers=people)
        self.world.joined[number] = {}
        self._tell(number, ThreadCreate(**thread.model_dump(), newly_created=True))
        if people is not None:
            self.threads[number] = ActiveThread(thread=thread, hearers=())
        self._come(number, owner)

    def come_or_go(self) -> None:
        if self.threads:
            number, user_id = self.dice.choice(list(self.threads)), self.dice.choice(PEOPLE)
            if user_id in self.world.joined[number]:
                self._go(number, user_id)
            else:
                self._come(number, user_id)

    def talk(self) -> None:
        if self.threads:
            number = self.dice.choice(list(self.threads))
            self.number += 1
            thread = self.threads[number].thread
            self._become(
                number,
                last_message_id=MessageId(self.number),
                message_count=thread.message_count + 1,
                total_message_sent=thread.total_message_sent + 1,
            )
            self._tell(number, message(self.number, channel_id=number))

    def sleep(self) -> None:
        if self.threads:
            number = self.dice.choice(list(self.threads))
            self._state(number, archived=True)
            self._tell(number, ThreadUpdate(**self.threads[number].thread.model_dump()))
            self.asleep[number] = self.threads.pop(number)

    def wake(self) -> None:
        if self.asleep:
            number = self.dice.choice(list(self.asleep))
            self.threads[number] = self.asleep.pop(number)
            self._state(number, archived=False)
            self._tell(number, ThreadUpdate(**self.threads[number].thread.model_dump()))

    def end(self) -> None:
        if self.threads:
            number = self.dice.choice(list(self.threads))
            self._tell(number, ThreadDelete(**self._gone(number)))
            del self.threads[number], self.world.joined[number]

    def _come(self, number: int, user_id: int) -> None:
        one, inside = self.threads[number], self.world.joined[number]
        member = ThreadMember(id=ChannelId(number), user_id=UserId(user_id), join_timestamp=START)
        inside[user_id] = member
        self._become(number, member_count=len(inside))
        if one.hearers is not None:
            self._people(number)
            shown = ThreadShown(**self.threads[number].thread.model_dump())
            self._tell(number, shown, only=(user_id,))
        self._moved(number, added_members=(AddedMember(**member.model_dump()),))

    def _go(self, number: int, user_id: int) -> None:
        one, inside = self.threads[number], self.world.joined[number]
        if inside.pop(user_id, None) is None:
            return
        self._become(number, member_count=len(inside))
        hearers = self.threads[number].hearers
        self._moved(number, removed_member_ids=(UserId(user_id),))
        if one.hearers is not None:
            assert hearers is not None
            self._people(number)
            if not self._governs(user_id, int(one.thread.parent_id)):
                self._tell(number, ThreadHidden(**self._gone(number)), only=(user_id,))

    def _governs(self, user_id: int, channel_id: int) -> bool:
        from contracts.guild_facts import GuildFacts, permissions_in

        guild = self.world.guilds[GUILD]
        facts = GuildFacts.of(guild, tuple(self.channels))
        face = self.world.members[GUILD][user_id].model_copy(
            update={"communication_disabled_until": None}
        )
        held = permissions_in(facts, user_id, face, START, channel_id=channel_id)
        return bool(held & GOVERNS)

    def _moved(self, number: int, **who: Any) -> None:
        thread = self.threads[number].thread
        told = ThreadMembersUpdate(
            id=thread.id,
            guild_id=GID,
            parent_id=thread.parent_id,
            member_count=thread.member_count,
            **who,
        )
        self._tell(number, told)

    def _gone(self, number: int) -> dict[str, Any]:
        thread = self.threads[number].thread
        return {n: getattr(thread, n) for n in ("id", "guild_id", "parent_id", "type")}

    def _become(self, number: int, **new: Any) -> None:
        one = self.threads[number]
        thread = one.thread.model_copy(update=new)
        self.threads[number] = one.model_copy(update={"thread": thread})

    def _state(self, number: int, **new: Any) -> None:
        state = self.threads[number].thread.thread_metadata.model_copy(update=new)
        self._become(number, thread_metadata=state)

    def _people(self, number: int) -> None:
        people = tuple(map(UserId, self.world.joined[number]))
        self.threads[number] = self.threads[number].model_copy(update={"hearers": people})

    def _tell(self, number: int, event: Event, only: tuple[int, ...] | None = None) -> None:
        one = self.threads[number]
        hearers = only or (None if one.hearers is None else tuple(map(int, one.hearers)))
        inside = Inside(int(one.thread.parent_id), hearers)
        self.world.redis.publish(event, inside=inside)


def threads_known_to(client: Client) -> dict[str, Any]:
    """The active threads by what this client was told; it must know whatever is spoken of."""
    known: dict[str, Any] = {}
    for event in client.events:
        t, d = event["t"], event["d"]
        if t == "GUILD_CREATE":
            known = {each["id"]: each for each in d["threads"]}
        elif t == "GUILD_DELETE":
            known = {}
        elif t == "CHANNEL_DELETE":
            known = {n: each for n, each in known.items() if each["parent_id"] != d["id"]}
        elif t == "THREAD_LIST_SYNC":
            rooms = d.get("channel_ids")
            known = {n: e for n, e in known.items() if rooms and e["parent_id"] not in rooms}
            known |= {each["id"]: each for each in d["threads"]}
        elif t in ("THREAD_CREATE", "THREAD_UPDATE") and not d["thread_metadata"]["archived"]:
            known[d["id"]] = d
        elif t in ("THREAD_DELETE", "THREAD_UPDATE"):
            known.pop(d["id"], None)
        elif t == "THREAD_MEMBERS_UPDATE" and d["id"] in known:
            known[d["id"]] = {**known[d["id"]], "member_count": d["member_count"]}
        elif t == "MESSAGE_CREATE" and int(d["channel_id"]) > 100 and d["channel_id"] in known:
            _said(known, d)
    return {number: _common(each) for number, each in known.items()}


def _said(known: dict[str, Any], d: dict[str, Any]) -> None:
    thread = known[d["channel_id"]]
    if int(d["id"]) > int(thread["last_message_id"]):
        counts = {n: thread[n] + 1 for n in ("message_count", "total_message_sent")}
        known[d["channel_id"]] = {**thread, **counts, "last_message_id": d["id"]}


def _common(thread: dict[str, Any]) -> dict[str, Any]:
    return {name: thread[name] for name in thread if name not in ("member", "newly_created")}


def threads_shown_in(guild: dict[str, Any]) -> dict[str, Any]:
    return {each["id"]: _common(each) for each in guild["threads"]}


EYES = Eyes(threads_known_to, threads_shown_in)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with peopled(r50=VIEW, r51=GOVERNS) as world:
        yield world


@pytest.mark.parametrize("seed", [*range(6), *MORE])
async def test_ready_and_events_are_a_fresh_ready(world: World, seed: int) -> None:
    """Seeds B19, A25: nobody needs to reload, and nobody is told of what they may not see."""
    await nobody_needs_to_reload(EYES, Weaver(world, random.Random(seed)), most=5)


@pytest.mark.parametrize("seed", [*range(10), *MORE])
async def test_a_session_that_resumes_knows_its_threads(world: World, seed: int) -> None:
    """Wherever the stream was cut, and whatever changed since."""
    await who_resumes_misses_nothing(EYES, Weaver(world, random.Random(seed)), most=5)


async def test_a_private_thread_is_heard_by_those_in_it_and_who_governs(world: World) -> None:
    gateway, weaver = await Gateway(world).start(), Weaver(world, random.Random(1))
    clients = {user_id: gateway.connect() for user_id in (1, *PEOPLE)}
    for user_id, client in clients.items():
        await client.identify(user_id)
    while not any(one.hearers for one in weaver.threads.values()):
        weaver.begin()
    number, one = next((n, each) for n, each in weaver.threads.items() if each.hearers)
    weaver._tell(number, message(9_000, channel_id=number))
    await settled()
    heard = set()
    for user_id, client in clients.items():
        client.read()
        heard |= {user_id} if "message 9000" in client.contents() else set()
    assert heard == {1, int(one.thread.owner_id)}, "the guild's owner governs"


async def test_joining_is_told_to_oneself_whatever_the_intents(world: World) -> None:
    gateway, weaver = await Gateway(world).start(), Weaver(world, random.Random(1))
    weaver.begin()
    (number,) = weaver.threads
    world.enrol(100)
    world.enrol(101)
    bots = {user_id: gateway.connect() for user_id in (100, 101)}
    for user_id, bot in bots.items():
        await bot.identify(user_id, int(Intent.GUILDS))
    weaver._come(number, 100)
    await settled()
    for bot in bots.values():
        bot.read()
    assert bots[100].has("THREAD_MEMBERS_UPDATE")
    assert not bots[101].has("THREAD_MEMBERS_UPDATE")


async def test_active_threads_of_many_guilds_are_one_question(world: World) -> None:
    world.guild(OTHER)
    for guild_id in (GUILD, OTHER):
        world.enrol(9, guild_id)
    weaver = Weaver(world, random.Random(1))
    weaver.begin()
    (number,) = weaver.threads
    weaver._come(number, 9)
    gateway = await Gateway(world).start()
    client = gateway.connect()
    await client.identify(9)
    shown = {d["id"]: d["threads"] for d in client.all("GUILD_CREATE")}
    assert shown[str(OTHER)] == []
    assert shown[str(GUILD)][0]["member"]["user_id"] == "9"
    assert [len(call.guild_ids) for call in world.asked if isinstance(call, GetActiveThreads)] == [
        2
    ]
