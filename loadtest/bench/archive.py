"""A database of chat_service alone, with as long a past as a bench wants, made on the server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncpg
import orjson
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.migrate import migrate
from stack.backing import Backing

GUILD, CHANNEL = 1, 2
ID_STEP = 1 << 12
"""Between the ids of two messages; the n-th has n times this."""

_WORDS = """
ARRAY['모임','독서','오늘','내일','서점','이야기','사람들','시간에','만나요','좋아요','여기서','함께',
  'meeting','book','tomorrow','seven','where','page','chapter','reading','friends','later','night',
  'coffee','garden','window','music','river','orange','silver']
"""
_FILL = f"""
INSERT INTO messages (channel_id, id, author_id, content, type, flags, mention_everyone, created,
  has_reactions)
SELECT $1, n * {ID_STEP}, 100 + n % 997,
  w[1 + (n * 31 + n / 7) % 30] || ' ' || w[1 + (n * 7 + n / 30) % 30] || ' ' ||
  w[1 + (n * 13 + n / 900) % 30] || ' ' || to_hex(hashint8extended(n, 7) & x'ffffffffff'::bigint)
  || CASE WHEN n % 50000 = 0 THEN ' 희귀한낱말 needle' ELSE '' END,
  0, 0, false, now() - (($3 - n) || ' seconds')::interval, false
FROM generate_series($2::bigint, $3::bigint) AS n, (SELECT {_WORDS} AS w) words
"""


@dataclass(frozen=True)
class Archive:
    """The database, as the service connects."""

    pool: asyncpg.Pool[asyncpg.Record]
    engine: AsyncEngine

    async def fill(self, first: int, last: int, channel: int = CHANNEL) -> None:
        """Messages number `first` to `last` of a channel."""
        for start in range(first, last + 1, 250_000):
            await self.pool.execute(_FILL, channel, start, min(start + 249_999, last), timeout=600)

    async def settle(self, *tables: str) -> None:
        """As it would be after a while."""
        for table in tables:
            await self.pool.execute(f"VACUUM ANALYZE {table}", timeout=600)

    async def steps(self, statement: str, *given: Any) -> list[str]:
        """The plan of a statement, as `node (index or table)`."""
        text = await self.pool.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *given)
        return list(map(_told, walked(orjson.loads(text)[0]["Plan"])))

    async def pages(self, statement: str, *given: Any) -> int:
        """How many pages of tables and indexes a statement looks at: the same however busy the
        machine is, and wherever they lie.
        """
        text = await self.pool.fetchval(
            f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {statement}", *given
        )
        plan = orjson.loads(text)[0]["Plan"]
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def walked(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Every node of a plan."""
    return [plan, *(node for inner in plan.get("Plans", ()) for node in walked(inner))]


def _told(node: dict[str, Any]) -> str:
    on = node.get("Index Name") or node.get("Relation Name")
    return f"{node['Node Type']} ({on})" if on else str(node["Node Type"])


async def timed(count: int, ask: Callable[[int], Awaitable[object]]) -> list[float]:
    """Seconds that each of so many questions took."""
    took = []
    for number in range(count):
        began = perf_counter()
        await ask(number)
        took.append(perf_counter() - began)
    return took


@asynccontextmanager
async def archive() -> AsyncIterator[Archive]:
    """A server of its own in a folder of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="moim-bench-"))
    backing = Backing(folder, durable=False)
    try:
        await backing.start()
        url = backing.database_url("chat")
        await migrate("chat_service", url)
        async with asyncpg.create_pool(
            url, min_size=1, max_size=4, server_settings={"jit": "off"}
        ) as pool:
            engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
            yield Archive(pool, engine)
            await engine.dispose()
    finally:
        await backing.stop()
        shutil.rmtree(folder, ignore_errors=True)
