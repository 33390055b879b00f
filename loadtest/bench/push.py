"""Deciding whom to tell and queueing the pushes: a message to a community of ten thousand who are
all told and have a device each, beside the same for a quarter of them; and what people who send
messages feel of it.

The service runs in this process on real stores, among neighbours that answer at once, so that its
statements can be counted; nothing is sent. The second half is a whole house, in which everybody has
a device, with the service and with it standing still in turns of a second.
"""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import uvloop
from sqlalchemy import event

from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.metrics import Metrics
from chassis.rpc import RpcServer
from chassis.service import Service
from chassis.tasks import Tasks
from contracts import topics
from contracts.events.message import MessageCreate
from contracts.guild_facts import GuildFacts
from contracts.ids import ChannelId, GuildId, MessageId, UserId
from contracts.objects.channel import Channel, ChannelType
from contracts.objects.member import Member
from contracts.objects.relationship import Standing
from contracts.objects.user import User
from contracts.permissions import EVERYONE_DEFAULT
from contracts.rpc import community, presence, users
from loadtest.bench import measure
from loadtest.bench.report import bound, goal, progress, result
from loadtest.bench.world import World, world
from notification_service.app import build
from notification_service.domain.webpush import b64, private_key, public_bytes
from notification_service.jobs import Pushes
from notification_service.settings import Settings
from stack import keys
from stack.backing import Backing
from stack.migrations import migrate
from stack.ports import LOOPBACK
from stack.services import HOUSE

SIZES = (2_500, 10_000)
PIECE = 500
FOLLOWERS = 150
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MASTER = bytes(32)
"""Of this bench's links alone."""
_ids = itertools.count(1 << 40)


class Neighbours:
    """Communities of so many people each; nobody has set anything, blocked anybody, or is here."""

    def __init__(self) -> None:
        self.facts: dict[int, GuildFacts] = {}
        self.sizes: dict[int, int] = {}
        for size in SIZES:
            guild, channel = next(_ids), next(_ids)
            general = Channel(
                id=ChannelId(channel), type=ChannelType.TEXT, guild_id=GuildId(guild), name="all"
            )
            self.sizes[guild] = size
            self.facts[guild] = GuildFacts(
                id=GuildId(guild),
                owner_id=UserId(next(_ids)),
                roles={guild: int(EVERYONE_DEFAULT)},
                channels={general.id: general},
                name="bench",
            )

    async def memberships(self, call: community.GetMemberships) -> community.Memberships:
        """The first so many people are in the community of that size."""
        member = Member(user=User(id=call.user_id, username="x"), joined_at=SINCE)
        found = [
            community.Membership(guild_id=GuildId(guild), member=member)
            for guild, size in self.sizes.items()
            if call.user_id <= size
        ]
        return community.Memberships(memberships=tuple(found))

    async def found(self, call: community.GetGuildFacts) -> community.FoundFacts:
        """A community."""
        return community.FoundFacts(facts=self.facts[int(call.guild_id)])

    async def wishes(self, call: users.GetWishes) -> users.Wishes:
        """None."""
        return users.Wishes(wishes=())

    async def standings(self, call: users.GetStandings) -> users.Standings:
        """Strangers."""
        return users.Standings(standings=tuple(Standing(user_id=one) for one in call.other_ids))

    async def attention(self, call: presence.GetAttention) -> presence.Attentions:
        """Away."""
        return presence.Attentions(attentions=())

    def _community(self, rpc: RpcServer) -> None:
        rpc.handle(community.GetMemberships, self.memberships)
        rpc.handle(community.GetGuildFacts, self.found)

    def _user(self, rpc: RpcServer) -> None:
        rpc.handle(users.GetWishes, self.wishes)
        rpc.handle(users.GetStandings, self.standings)

    def _presence(self, rpc: RpcServer) -> None:
        rpc.handle(presence.GetAttention, self.attention)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[str]:
        """Their addresses."""
        tasks = Tasks()
        declared = {"community": self._community, "user": self._user, "presence": self._presence}
        doors = [_door(name, declare, tasks) for name, declare in declared.items()]
        for door in doors:
            await door.start()
        names = zip(declared, doors, strict=True)
        yield ",".join(f"{name}={LOOPBACK}:{door.port}" for name, door in names)
        for door in doors:
            await door.stop()
        await tasks.cancel()


def _door(name: str, declare: Callable[[RpcServer], None], tasks: Tasks) -> RpcServer:
    link = keys.link_key("notification", name)
    key = bytes.fromhex(keys.derive(MASTER, link))
    door = RpcServer(
        name,
        {link: key},
        bind=LOOPBACK,
        port=0,
        clock=SystemClock(),
        tasks=tasks,
        metrics=Metrics(),
    )
    declare(door)
    return door


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Service, Neighbours, str, str]]:
    """The service with everybody watched, its neighbours, its database and Redis."""
    with tempfile.TemporaryDirectory(prefix="moim-bench-") as folder:
        backing = Backing(Path(folder), durable=True)
        await backing.start()
        try:
            row = HOUSE["notification"]
            await migrate(backing.home, [row], backing.database_url)
            dsn = backing.database_url(str(row.schema))
            rows = await asyncpg.connect(dsn)
            await rows.execute(
                "INSERT INTO people SELECT n, 'en-US', false, false, false, now()"
                f" FROM generate_series(1, {max(SIZES)}) AS n"
            )
            await rows.execute(
                "INSERT INTO devices (id, user_id, login_id, provider, token, token_hash,"
                " platform, seen) SELECT n, n, 1, 'fcm', n, sha256(n::text::bytea), 'android',"
                f" now() FROM generate_series(1, {max(SIZES)}) AS n"
            )
            await rows.close()
            neighbours = Neighbours()
            async with neighbours.answering() as addresses:
                given = {
                    "database_url": dsn,
                    "redis_url": backing.redis_url,
                    "keyring": keys.keyring(MASTER, row),
                    "neighbours": addresses,
                    # Whoever could be pushed to is; who carries it is another matter.
                    "fcm_credentials": "nowhere.json",
                    "window": 0.0,
                    **dict.fromkeys(("port", "rpc_port", "admin_port"), 0),
                }
                service = build(Settings.model_validate(given))
                (pushes,) = (part for part in service._parts if isinstance(part, Pushes))
                pushes._carriers = []
                await service.start()
                yield service, neighbours, dsn, backing.redis_url
                await service.stop()
        finally:
            await backing.stop()


@contextmanager
def counted(service: Service) -> Iterator[list[str]]:
    """The statements that write notices, lines of the history and pushes meanwhile."""
    (database,) = (part for part in service._parts if isinstance(part, Database))
    seen: list[str] = []

    def note(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        # Looks that find nothing due are made four times a second, whoever says what.
        is_look = "deliveries_number" in statement
        if "notices" in statement and not (is_look and _found_nothing(cursor)):
            seen.append(statement)

    event.listen(database.engine.sync_engine, "after_cursor_execute", note)
    yield seen
    event.remove(database.engine.sync_engine, "after_cursor_execute", note)


def _found_nothing(cursor: Any) -> bool:
    (row,) = tuple(cursor._rows)
    return not row[0]


async def decided(rounds: int) -> dict[int, tuple[float, int]]:
    """By size of the community: seconds until everybody's push is queued, and statements."""
    async with serving() as (service, neighbours, dsn, redis_url):
        tasks = Tasks()
        bus = Bus(redis_url, instance="chat", clock=service.clock, tasks=tasks, metrics=Metrics())
        await bus.start()
        await bus.up(within=10)
        rows = await asyncpg.connect(dsn)
        await _until_watched(service, max(SIZES))
        took: dict[int, list[float]] = {size: [] for size in SIZES}
        statements: dict[int, int] = {}
        for number in range(rounds + 1):
            for guild, size in neighbours.sizes.items():
                with counted(service) as seen:
                    seconds = await _told(service, bus, rows, neighbours.facts[guild], size)
                await rows.execute("TRUNCATE deliveries")
                if number:  # the first one fills the copies
                    took[size].append(seconds)
                    statements[size] = len(seen)
        await rows.close()
        await bus.stop()
        await tasks.cancel()
    return {size: (measure.median(took[size]), statements[size]) for size in SIZES}


async def _until_watched(service: Service, count: int) -> None:
    progress(f"watching {count} people")
    while f"moim_push_people {count}.0" not in service.metrics.render().decode():
        await service.clock.sleep(0.1)


async def _told(service: Service, bus: Bus, rows: Any, facts: GuildFacts, size: int) -> float:
    channel, number = next(iter(facts.channels)), next(_ids)
    said = MessageCreate(
        id=MessageId(number),
        channel_id=channel,
        guild_id=facts.id,
        author=User(id=UserId(next(_ids)), username="x"),
        content="@everyone hello",
        mention_everyone=True,
        timestamp=SINCE,
    )
    asked = "SELECT count(*) FROM deliveries WHERE subject = $1 AND about_id = $2"
    began = service.clock.monotonic()
    bus.publish(topics.guild(int(facts.id)), said.record(number), number)
    while await rows.fetchval(asked, f"c{channel:d}", number) < size:
        await service.clock.sleep(0.005)
    return service.clock.monotonic() - began


async def felt(turns: int) -> tuple[list[float], list[float]]:
    """How long sends take with the service deciding and queueing for everybody, and with it frozen.
    Turns of a second follow each other so closely that whatever else the machine does is in both.
    """
    beside: list[float] = []
    alone: list[float] = []
    async with (
        world(FOLLOWERS, gateways=1) as house,
        httpx.AsyncClient(base_url=house.suite.url, timeout=120) as http,
    ):
        for number, token in enumerate(house.tokens):
            await _registers(http, token, number)
        pid = house.suite.process("notification").pid
        await _paced(http, house, 1.0)
        for number in range(turns):
            if number % 10 == 0:
                progress(f"turn {number + 1} of {turns}")
            # Each begins every second pair, and what was told in its own turn is decided in it.
            for is_frozen in (False, True) if number % 2 else (True, False):
                if is_frozen:
                    os.kill(pid, signal.SIGSTOP)
                try:
                    took = await _paced(http, house, 1.0)
                finally:
                    os.kill(pid, signal.SIGCONT)
                (alone if is_frozen else beside).extend(took)
                await SystemClock().sleep(0.5)
    return beside, alone


async def _registers(http: httpx.AsyncClient, token: str, number: int) -> None:
    """A browser of somebody's, at a push service that never answers."""
    key = public_bytes(private_key(number.to_bytes(32, "big")))
    keys = {"p256dh": b64(key), "auth": b64(bytes(16))}
    form = {"provider": "webpush", "endpoint": f"https://192.0.2.1/{number}", "keys": keys}
    answer = await http.post("/api/v10/users/@me/devices", json=form, headers=_as(token))
    answer.raise_for_status()


async def _paced(http: httpx.AsyncClient, house: World, seconds: float) -> list[float]:
    """Twenty messages a second, one after the other."""
    clock, took = SystemClock(), []
    for _ in range(int(seconds * 20)):
        began = clock.monotonic()
        answer = await http.post(
            house.path, json={"content": "hello"}, headers=_as(house.tokens[0])
        )
        answer.raise_for_status()
        took.append(clock.monotonic() - began)
        await clock.sleep(max(0.0, 0.05 - took[-1]))
    return took


def _as(token: str) -> dict[str, str]:
    return {"Authorization": token}


async def run(arguments: argparse.Namespace) -> int:
    """The whole bench."""
    found = await decided(arguments.rounds)
    small, large = (found[size] for size in SIZES)
    beside, alone = await felt(arguments.turns)
    per = {size: took / size * 1e6 for size, (took, _) in found.items()}
    goals = [
        goal("us per recipient, 10,000 to 2,500", per[SIZES[1]], per[SIZES[0]], at_most=1.25),
        bound("statements per 500 recipients, of 10,000", large[1] / (SIZES[1] / PIECE), 2),
        goal(
            "send p50 ms, with pushes queued for everybody and without",
            measure.median(beside) * 1e3,
            measure.median(alone) * 1e3,
            at_most=1.05,
        ),
    ]
    return result(
        "push",
        goals,
        seconds={size: round(took, 3) for size, (took, _) in found.items()},
        statements={SIZES[0]: small[1], SIZES[1]: large[1]},
    )


def main() -> int:
    """Parse and run."""
    parser = argparse.ArgumentParser(prog="./moim bench push", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turns", type=int, default=30)
    return uvloop.run(run(parser.parse_args()))


if __name__ == "__main__":
    raise SystemExit(main())
