"""The words in which these tests speak of community_service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import orjson
from sqlalchemy import event

from chassis.db import Database
from contracts import topics
from contracts.events import Event, unpack
from contracts.events.audit import GuildAuditLogEntryCreate
from contracts.identity import Identity, Kind
from contracts.ids import EPOCH_MS, UserId
from contracts.topics import Topic
from tests.fixtures.identity import Identified
from tests.fixtures.patience import until
from tests.fixtures.services import Running
from tests.service.community_service.neighbours import Neighbours

ALICE, BOB, CAROL, MALLORY = 11, 12, 13, 66
"""Alice founds, Bob and Carol join, Mallory is a stranger."""

DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf"
    "DwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""The smallest picture."""

Told = list[tuple[str, dict[str, Any]]]


@dataclass
class House:
    """The service with the words of these tests."""

    running: Running
    neighbours: Neighbours
    connection: asyncpg.Connection[asyncpg.Record]
    _began: int = 0
    """The stamp at which this test began."""

    async def begin(self) -> None:
        """No guilds, no people, nothing told."""
        self.neighbours.reset()
        for table in ("guilds", "people", "departures"):
            await self.rows(f"DELETE FROM {table}")
        self._began = (self.running.service.clock.now_ms() - EPOCH_MS) * 1_000

    async def settled(self) -> None:
        """Wait until everything that was stored to be told has been told."""
        await self.running.settled(self.connection)

    async def asks(
        self,
        who: int,
        method: str,
        path: str,
        *,
        is_bot: bool = False,
        factor: bool = False,
        **more: Any,
    ) -> httpx.Response:
        """A request of somebody's, whatever comes of it."""
        kind = Kind.BOT if is_bot or who in self.neighbours.bots else Kind.USER
        stamp = Identified("community", Identity(UserId(who), 1, kind, factor))
        return await self.running.nobody.request(method, path, auth=stamp, **more)

    async def does(self, who: int, method: str, path: str, **more: Any) -> Any:
        """A request that must succeed; its JSON."""
        response = await self.asks(who, method, path, **more)
        assert response.status_code < 300, f"{method} {path}: {response.text}"
        assert response.headers.get("content-type", "application/json") == "application/json"
        return response.json() if response.content else None

    async def insists(self, who: int, method: str, path: str, **more: Any) -> Any:
        """A request that must succeed, asked again while others are in the way for too long."""
        for _ in range(20):
            response = await self.asks(who, method, path, **more)
            if response.status_code != 503:
                break
        assert response.status_code < 300, f"{method} {path}: {response.text}"
        return response.json() if response.content else None

    async def refused(self, who: int, method: str, path: str, **more: Any) -> tuple[int, int]:
        """A request that must fail; status and code."""
        response = await self.asks(who, method, path, **more)
        assert response.status_code >= 400, f"{method} {path}: {response.text}"
        return response.status_code, response.json()["code"]

    async def guild(self, *members: int, owner: int = ALICE) -> str:
        """A guild with these members; its id."""
        made = await self.does(owner, "POST", "/guilds", json={"name": "Book club"})
        if members:
            code = await self._code(owner, made["system_channel_id"])
            for member in members:
                await self.does(member, "POST", f"/invites/{code}", json={})
        return str(made["id"])

    async def channels(self, guild_id: str, who: int = ALICE) -> dict[str, Any]:
        """What somebody sees of a guild, by name."""
        found = await self.does(who, "GET", f"/guilds/{guild_id}/channels")
        return {channel["name"]: channel for channel in found}

    async def channel(self, guild_id: str, *, by: int = ALICE, **how: Any) -> dict[str, Any]:
        """A new channel."""
        form = {"name": "room", **how}
        made: dict[str, Any] = await self.does(
            by, "POST", f"/guilds/{guild_id}/channels", json=form
        )
        return made

    async def invite(self, guild_id: str, by: int = ALICE, **how: Any) -> str:
        """A code into `general`."""
        general = (await self.channels(guild_id, by))["general"]["id"]
        return await self._code(by, general, **{"unique": True, **how})

    async def _code(self, by: int, channel_id: str, **how: Any) -> str:
        made = await self.does(by, "POST", f"/channels/{channel_id}/invites", json=how)
        return str(made["code"])

    async def join(self, who: int, guild_id: str) -> None:
        """Come in by an invite of the owner's."""
        owner = int((await self.running_guild(guild_id))["owner_id"])
        code = await self.invite(guild_id, owner, unique=False)
        await self.does(who, "POST", f"/invites/{code}", json={})

    async def running_guild(self, guild_id: str) -> dict[str, Any]:
        """A guild's row."""
        return (await self.rows("SELECT * FROM guilds WHERE id = $1", int(guild_id)))[0]

    async def grant(self, guild_id: str, permissions: int) -> None:
        """Let everybody there do this: what a role editor does."""
        await self.rows(
            "UPDATE roles SET permissions = $2 WHERE id = $1", int(guild_id), permissions
        )

    async def role(self, guild_id: str, name: str, permissions: int = 0) -> str:
        """A new role; its id."""
        form = {"name": name, "permissions": str(int(permissions))}
        made = await self.does(ALICE, "POST", f"/guilds/{guild_id}/roles", json=form)
        return str(made["id"])

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Straight from the database."""
        return [dict(row) for row in await self.connection.fetch(sql, *values)]

    async def told(self, *heard: Topic) -> Told:
        """Everything that this test made the service say on these topics, in order; the audit log
        has tests and a method of its own.
        """
        every = await self.heard(*heard)
        return [(name, body) for name, body in every if name != GuildAuditLogEntryCreate.__name__]

    async def heard(self, *heard: Topic) -> Told:
        """Everything on these topics, the audit log included."""
        await self.settled()
        assert self.running.ears is not None
        replayed = await self.running.ears.bus.replay(list(heard), self._began)
        opened = [unpack(record) for _, _, _, record in replayed]
        assert len({header.event_id for header, _ in opened}) == len(opened)
        return [(header.name, orjson.loads(body)) for header, body in opened]

    async def tell(self, event: Event, event_id: int) -> None:
        """What another service tells."""
        assert self.running.ears is not None
        self.running.ears.bus.publish(event.address(), event.record(event_id), event_id)

    async def names(self, guild_id: str, *people: int) -> list[str]:
        """Names of all that was told about a guild, and to these people."""
        heard = [topics.guild(int(guild_id)), *(topics.user(one) for one in people)]
        return [name for name, _ in await self.told(*heard)]

    async def until_none_departs(self) -> None:
        """Wait until every member of a deleted guild has been told."""
        await until(lambda: self.rows("SELECT 1 FROM departures LIMIT 1"), lambda rows: not rows)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """Every SQL statement meanwhile, without what the service does by the clock."""
        parts = self.running.service._parts
        engine = next(part for part in parts if isinstance(part, Database)).engine.sync_engine
        ran: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            del connection, cursor, rest
            task = asyncio.current_task()
            if task is None or not task.get_name().startswith("job:"):
                ran.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield ran
        finally:
            event.remove(engine, "before_cursor_execute", note)
