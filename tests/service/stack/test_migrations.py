"""Migrations are run when there is something to run, and only then."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest

from stack.backing import Backing
from stack.environ import ROOT
from stack.migrations import migrate, outdated, remember
from stack.services import HOUSE
from stack.trouble import Trouble
from tests.fixtures.homes import move

_REVISION = """
from alembic import op
revision = "{number}"
down_revision = {before!r}
def upgrade() -> None:
    op.execute("{sql}")
"""

CHAT = HOUSE["chat"]


def _write(sources: Path, number: str, sql: str, before: str | None = None) -> None:
    versions = sources / CHAT.module / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (sources / CHAT.module / "__init__.py").touch()
    text = _REVISION.format(number=number, before=before, sql=sql)
    (versions / f"{number}.py").write_text(text)


async def test_a_schema_is_outdated_until_its_revisions_were_run(
    bare_home: Path, tmp_path: Path
) -> None:
    env = {"PYTHONPATH": str(ROOT)}
    _write(tmp_path, "0001", "CREATE TABLE note (text text)")
    async with Backing(move(bare_home, tmp_path / "home"), durable=False) as backing:
        admin = backing.admin_url
        assert await outdated(admin, [CHAT], tmp_path) == [CHAT]
        await migrate(backing.home, [CHAT], backing.database_url, env=env, cwd=tmp_path)
        await remember(admin, [CHAT], tmp_path)
        assert await outdated(admin, [CHAT], tmp_path) == []
        _write(tmp_path, "0002", "ALTER TABLE note ADD COLUMN at int", before="0001")
        assert await outdated(admin, [CHAT], tmp_path) == [CHAT]
        said = await migrate(backing.home, [CHAT], backing.database_url, env=env, cwd=tmp_path)
        assert said == ["chat: 1 migration(s) run"]
        connection = await asyncpg.connect(backing.database_url("chat"))
        assert await connection.fetch("SELECT text, at FROM note") == []
        await connection.close()


async def test_a_migration_that_fails_is_told_with_the_words_of_the_database(
    bare_home: Path, tmp_path: Path
) -> None:
    _write(tmp_path, "0001", "CREATE TABLE note (text nonsense)")
    async with Backing(move(bare_home, tmp_path / "home"), durable=False) as backing:
        with pytest.raises(Trouble, match=r"(?s)A migration failed.*nonsense"):
            await migrate(
                backing.home,
                [CHAT],
                backing.database_url,
                env={"PYTHONPATH": str(ROOT)},
                cwd=tmp_path,
            )
