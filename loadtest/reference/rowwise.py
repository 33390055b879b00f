"""The other reference for durable sends: SQLAlchemy, one transaction a row, as one would write it
first.
"""

from __future__ import annotations

import asyncio
import itertools
from time import perf_counter

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

_table = sa.table(
    "bench_messages", *(sa.column(name) for name in ("channel_id", "id", "author_id", "content"))
)
_ids = itertools.count(1)


async def rows_per_second(dsn: str, senders: int, seconds: float) -> float:
    """How many rows a second `senders` concurrent writers commit, without any HTTP."""
    engine = create_async_engine(
        dsn.replace("postgresql://", "postgresql+asyncpg://"),
        pool_size=16,
        max_overflow=0,
        connect_args={"server_settings": {"jit": "off"}},
    )
    began = perf_counter()
    done = 0

    async def one() -> None:
        nonlocal done
        while perf_counter() - began < seconds:
            async with engine.begin() as connection:
                row = {"channel_id": 0, "id": next(_ids), "author_id": 1, "content": "hello"}
                await connection.execute(sa.insert(_table).values(row))
            done += 1

    try:
        await asyncio.gather(*(one() for _ in range(senders)))
        return done / (perf_counter() - began)
    finally:
        await engine.dispose()
