"""Whatever people do, in whatever order: what a client has heard is what it would be shown anew,
what is counted is what is there, and nothing is left of what is gone.

MOIM_WORLDS says how many lives are lived.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from chassis.rpc.client import Calls
from contracts import topics
from contracts.events.base import Header, unpack
from contracts.ids import GuildId, Snowflake, UserId
from contracts.permissions import Permission
from contracts.rpc.chat import Arriving, GetActiveThreads, GetArrivals, Reader
from contracts.wire import timestamp
from tests.service.chat_service.clubs import Clubs
from tests.service.chat_service.device import Device, Spot, emoji_of, lasting, of_thread, opened
from tests.service.chat_service.house import OWNER, SINCE, House

WORLDS = int(os.environ.get("MOIM_WORLDS", "2"))
DEEDS = 60
_SAID = {0, 19, 20}
_HANGING = (
    *("reactions", "reaction_kinds", "polls", "poll_counts", "poll_votes", "mentions"),
    *("rolls", "check_ins", "saved", "hidden_mentions"),
)


@pytest.mark.parametrize("seed", range(WORLDS))
async def test_lives_at_random_leave_everything_as_it_was_told(house: House, seed: int) -> None:
    gateway = await house.running.calls_from("gateway")
    world = Clubs(house, seed)
    await world.live(DEEDS)
    try:
        await Truth(world, gateway).holds()
    except AssertionError as error:
        error.add_note("\n".join(world.done))
        raise


class Truth:
    """What must be so."""

    def __init__(self, world: Clubs, gateway: Calls) -> None:
        self.world, self.house, self.gateway = world, world.house, gateway

    async def holds(self) -> None:
        await self.house.settled()
        await self.house.until(self._is_swept)
        heard = await self._heard(topics.guild(self.world.guild))
        everything = self._device(None, heard)
        await self._same_history(OWNER, everything, [*self.world.rooms, *self.world.threads])
        for who in self.world.people:
            own = await self._heard(topics.guild(self.world.guild), topics.user(UserId(who)))
            device = self._device(who, own)
            ready = await self._ready(who)
            self._same_conversations(device, ready)
            self._same_markers(device, ready)
            await self._same_threads(device, who, ready)
            mine = [one for one, people in self.world.conversations.items() if who in people]
            secret = [one for one in self.world.threads if one in device.late]
            room = self.world.dice.choice(self.world.rooms)
            await self._same_history(who, device, [*mine, *secret, room])
            await self._same_saved(who, device)
            await self._same_answers(who, device)
        await self._same_boards()
        await self._same_offer(heard)
        await self._no_orphans()

    async def _is_swept(self) -> bool:
        return not await self.house.admin.fetchval("SELECT count(*) FROM chat.removals")

    async def _heard(self, *heard_on: topics.Topic) -> list[tuple[Header, bytes]]:
        ears, since = self.house.running.ears, self.house.began
        assert ears is not None
        return [unpack(record) for *_, record in await ears.bus.replay(heard_on, since)]

    def _device(self, who: int | None, heard: list[tuple[Header, bytes]]) -> Device:
        device = Device(who)
        if who is not None:
            device.roles = frozenset(map(str, self.world.held[who]))
            device.governs = bool(self.world.granted[who] & Permission.MANAGE_THREADS)
        device.take(opened(iter(heard)))
        return device

    async def _same_history(self, who: int, device: Device, channels: list[int]) -> None:
        for channel in channels:
            if not device.late.get(channel, 1):
                continue
            first = device.late.get(channel, 0)
            page = {
                int(one["id"]): one
                for one in await self.house.history(who, channel, "?limit=100")
                if int(one["id"]) >= first
            }
            if channel not in device.late:
                assert device.pins.get(channel) == await self._last_pin(channel)
            known = {one: body for one, body in device.history[channel].items() if one >= first}
            assert {one: lasting(body) for one, body in page.items()} == known
            for number, message in page.items():
                self._same_counts(who, device, channel, message)
                spot = (channel, number)
                told = self.world.reactions.get(spot, {})
                assert _some(device.reactions.get(spot, {})) == _some(told)
            spoken = [one for one, body in page.items() if body["type"] in _SAID]
            said = [one for one in self.world.said[channel] if one >= first]
            assert sorted(spoken) == sorted(said)

    async def _last_pin(self, channel: int) -> str | None:
        newest = "SELECT max(pinned) FROM chat.messages WHERE channel_id = $1"
        at = await self.house.admin.fetchval(newest, channel)
        return None if at is None else timestamp(at)

    def _same_counts(self, who: int, device: Device, channel: int, message: Any) -> None:
        spot, me = (channel, int(message["id"])), str(who)
        shown = {
            emoji_of(one["emoji"]): (one["count"], one["me"])
            for one in message.get("reactions", ())
        }
        known = _some(device.reactions.get(spot, {}))
        assert shown == {emoji: (len(some), me in some) for emoji, some in known.items()}
        if "check_in" in message:
            there = device.present.get(spot, set())
            assert (message["check_in"]["count"], message["check_in"]["me"]) == (
                len(there),
                me in there,
            )
            assert there == self.world.present[spot]
        if "poll" in message:
            counts = {
                one["id"]: (one["count"], one["me_voted"])
                for one in message["poll"]["results"]["answer_counts"]
                if one["count"]
            }
            votes = _some(device.votes.get(spot, {}))
            if "quiz" in message["poll"]:
                self._same_quiz(spot, me, device, counts)
                return
            assert counts == {answer: (len(some), me in some) for answer, some in votes.items()}
            assert votes == _some(self.world.votes.get(spot, {}))

    def _same_quiz(self, spot: Spot, me: str, device: Device, counts: Any) -> None:
        """Of a quiz everybody knows what they chose, and the rest when it is over."""
        told = self.world.quizzes[spot]
        mine = {answer for answer, some in device.votes.get(spot, {}).items() if some}
        assert mine == {answer for answer, some in told.items() if me in some}
        totals = device.tallies.get(spot, dict.fromkeys(mine, 1))
        assert counts == {one: (total, one in mine) for one, total in totals.items() if total}
        if spot in self.world.ended:
            assert {one: total for one, total in totals.items() if total} == {
                one: len(some) for one, some in told.items() if some
            }

    async def _ready(self, who: int) -> Arriving:
        since = int(SINCE.timestamp() * 1_000)
        names = [self.world.guild, *self.world.held[who]]
        aliases = tuple((Snowflake(one), since) for one in names)
        asked = GetArrivals(readers=(Reader(user_id=UserId(who), mentioned_as=aliases),))
        (ready,) = (await self.gateway.ask(asked)).people
        return ready

    def _same_conversations(self, device: Device, ready: Arriving) -> None:
        fresh = {int(one["id"]): one for one in ready.channels}
        known = {}
        for channel, body in device.conversations.items():
            newest = device.newest.get(channel)
            known[channel] = {
                **body,
                "last_message_id": None if newest is None else str(newest),
                "last_pin_timestamp": device.pins.get(channel),
            }
        assert {one: _in_order(body) for one, body in known.items()} == {
            one: _in_order(body) for one, body in fresh.items()
        }

    def _same_markers(self, device: Device, ready: Arriving) -> None:
        visible = {*self.world.rooms, *device.conversations, *device.threads}
        fresh = {
            int(one["id"]): (int(one["last_message_id"] or 0), one["mention_count"])
            for one in ready.read
            if int(one["id"]) in visible
        }
        known = {one: (device.read.get(one, 0), device.unread(one)) for one in visible}
        nothing = (0, 0)
        assert {one: mark for one, mark in known.items() if mark != nothing} == {
            one: mark for one, mark in fresh.items() if mark != nothing
        }

    async def _same_threads(self, device: Device, who: int, ready: Arriving) -> None:
        asked = GetActiveThreads(guild_ids=(GuildId(self.world.guild),))
        active = (await self.gateway.ask(asked)).threads
        fresh = {
            int(one.thread.id): of_thread(one.thread.dump())
            for one in active
            if one.hearers is None or device.governs or who in one.hearers
        }
        awake = {one: body for one, body in device.threads.items() if not body["archived"]}
        assert awake == fresh
        assert device.memberships & awake.keys() == {int(one["id"]) for one in ready.threads}

    async def _same_saved(self, who: int, device: Device) -> None:
        pairs = self.world.conversations.keys() - self.world.groups
        visible = {*self.world.rooms, *pairs, *device.conversations, *device.threads}
        visible -= device.late.keys()
        page = await self.house.asks(who, "GET", "/users/@me/saved-messages")
        fresh = {}
        for one in page.json()["saved_messages"]:
            channel, number = int(one["message"]["channel_id"]), int(one["message"]["id"])
            if channel in visible:
                fresh[channel, number] = one["saved_at"]
                assert lasting(one["message"]) == device.history[channel][number]
        known = {spot: at for spot, at in device.saved.items() if spot[0] in visible}
        assert known == fresh
        assert known.keys() == {spot for spot in self.world.saved[who] if spot[0] in visible}

    async def _same_answers(self, who: int, device: Device) -> None:
        mine = [one for one in self.world.asked if one.who == who]
        assert device.begun == {one.id for one in mine}
        answered = {one.id for one in mine if one.is_answered}
        assert device.succeeded & device.begun == answered
        there = {*self.world.rooms, *self.world.threads}
        fresh = {}
        for one in mine:
            for number in one.whispers if one.channel in there else ():
                path = f"/webhooks/{self.world.bot}/{one.token}/messages/{number}"
                fresh[one.channel, number] = lasting(await self.world.as_bot(one, "GET", path))
        assert {spot: body for spot, body in device.whispers.items() if spot[0] in there} == fresh

    async def _same_boards(self) -> None:
        for channel in [*self.world.rooms, *self.world.threads]:
            path = f"/channels/{channel}/quizzes/scores"
            board = (await self.house.asks(OWNER, "GET", path)).json()["scores"]
            known = self.world.scores[channel]
            assert {one["user"]["id"]: (one["right"], one["answered"]) for one in board} == {
                who: (counted[True], counted.total()) for who, counted in known.items()
            }

    async def _same_offer(self, heard: list[tuple[Header, bytes]]) -> None:
        path = f"/guilds/{self.world.guild}/application-command-index"
        index = (await self.house.asks(OWNER, "GET", path)).json()
        assert index["version"] == self.world.offered[-1]
        told = [header.name for header, _ in heard].count("CommandIndexUpdate")
        assert told == len(self.world.offered)

    async def _no_orphans(self) -> None:
        admin, world = self.house.admin, self.world
        channels = [*world.rooms, *world.said, *world.conversations]
        for table in _HANGING:
            left = await admin.fetchval(
                f"SELECT count(*) FROM chat.{table} h LEFT JOIN chat.messages m "
                "ON m.channel_id = h.channel_id AND m.id = h.message_id "
                "WHERE h.channel_id = ANY($1::bigint[]) AND m.id IS NULL",
                channels,
            )
            assert left == 0, table
        held = await admin.fetchval(
            "SELECT count(*) FROM chat.files f LEFT JOIN chat.messages m "
            "ON m.channel_id = f.holder_channel_id AND m.id = f.holder_id "
            "WHERE f.holder_id IS NOT NULL AND f.channel_id = ANY($1::bigint[]) AND m.id IS NULL",
            channels,
        )
        assert held == 0, "files"
        gone = "SELECT m.channel_id FROM chat.messages m WHERE m.channel_id = ANY($1::bigint[])"
        left = {row[0] for row in await admin.fetch(gone, channels)}
        assert left <= {*world.rooms, *world.threads, *world.conversations}
        wrong = await admin.fetch(
            "SELECT t.id FROM chat.threads t WHERE t.guild_id = $1 AND (t.member_count, "
            "t.message_count) IS DISTINCT FROM ((SELECT count(*) FROM chat.thread_members m WHERE "
            "m.thread_id = t.id), (SELECT count(*) FROM chat.messages m WHERE m.channel_id = t.id "
            "AND m.id <> t.id AND m.type <> 21))",
            world.guild,
        )
        assert not wrong, "threads are counted wrong"


def _some(sets: Any) -> dict[Any, Any]:
    return {name: some for name, some in sets.items() if some}


def _in_order(conversation: Any) -> Any:
    return {
        **conversation,
        "recipients": sorted(conversation["recipients"], key=lambda one: int(one["id"])),
    }
