"""The schema that migrations make is the one that the code means."""

from __future__ import annotations

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from chat_service.tables import metadata


def differences(connection: Connection) -> list[Any]:
    # The version table is the migrations' own.
    own = {"include_name": lambda name, kind, parents: kind != "table" or name in metadata.tables}
    context = MigrationContext.configure(connection, opts={**own, "compare_type": True})
    return list(compare_metadata(context, metadata))


async def test_migrations_and_tables_agree(postgres: str) -> None:
    engine = create_async_engine(make_url(postgres).set(drivername="postgresql+asyncpg"))
    try:
        async with engine.connect() as connection:
            assert await connection.run_sync(differences) == []
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            assert set(names) >= metadata.tables.keys()
    finally:
        await engine.dispose()
