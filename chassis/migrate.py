"""Brings schemas up to date: `python -m chassis.migrate chat_service …`, each with its own role and
version table.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_ONE_AT_A_TIME = 0x6D6F696D
"""Advisory lock: several starters may race to migrate."""


def upgrade(connection: Connection, module: str) -> int:
    """Run what is missing; how many revisions that was."""
    folder = _folder(module)
    config = Config()
    config.set_main_option("script_location", str(folder))
    script = ScriptDirectory(str(folder), version_locations=[str(folder / "versions")])
    ran = 0

    def missing(revision: Any, context: Any) -> Any:
        nonlocal ran
        del context
        steps = script._upgrade_revs("head", revision)
        ran = len(steps)
        return steps

    with EnvironmentContext(config, script, fn=missing) as environment:
        environment.configure(connection=connection, target_metadata=None)
        with environment.begin_transaction():
            # One transaction for all, so the lock is held to the end and a failure leaves nothing
            # half-made.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
            connection.execute(text("SET LOCAL lock_timeout = '2s'"))
            environment.run_migrations()
    return ran


async def migrate(module: str, url: str) -> int:
    """Bring one service's schema up to date."""
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        poolclass=NullPool,
        connect_args={"server_settings": {"jit": "off"}},
    )
    try:
        async with engine.connect() as connection:
            ran = await connection.run_sync(upgrade, module)
            await connection.commit()
            return ran
    finally:
        await engine.dispose()


def _folder(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise SystemExit(f"migrate: there is no service {module}")
    return Path(spec.origin).parent / "migrations"


class _Url(BaseSettings):
    model_config = SettingsConfigDict(extra="ignore")

    database_url: SecretStr


async def main(modules: Sequence[str]) -> int:
    """Migrate each named service, one sentence a service."""
    failed = 0
    for module in modules:
        short = module.removesuffix("_service")
        try:
            url = _Url(_env_prefix=f"{short.upper()}_").database_url.get_secret_value()
            ran = await migrate(module, url)
            sys.stdout.write(f"{short}: {ran} migration(s) run\n")
        except (DBAPIError, OSError, ValueError) as error:
            sys.stderr.write(f"{short}: migration failed: {error}\n")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main(sys.argv[1:])))
