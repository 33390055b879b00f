"""Brings schemas up to date: one run of chassis.migrate over every service that has revisions.

What was run is remembered in the database itself, as the comment of the schema, so that a start
with nothing to do costs one query.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from stack.bootstrap import connect
from stack.child import Child, Program, run_once
from stack.environ import ROOT
from stack.home import Home
from stack.services import Service
from stack.trouble import Trouble

_WITHIN_S = 600.0


async def migrate(
    home: Home,
    rows: Iterable[Service],
    url_of: Callable[[str], str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> list[str]:
    """What it said, one line a service; Trouble when one failed."""
    chosen = [row for row in rows if row.schema and _folder(row, cwd).is_dir()]
    if not chosen:
        return []
    urls = {f"{row.prefix}DATABASE_URL": url_of(row.name) for row in chosen}
    argv = [sys.executable, "-m", "chassis.migrate", *(row.module for row in chosen)]
    child = Child(
        "migrate", Program(argv, env={**urls, **(env or {})}, cwd=cwd), home.log("migrate")
    )
    try:
        code = await run_once(child, within=_WITHIN_S)
    finally:
        await child.stop(5)
    words = child.last_words(40)
    if code != 0:
        said = "\n".join(f"    {line}" for line in words)
        raise Trouble(f"A migration failed:\n{said}\n", f"All of it: {child.log}")
    return words


async def outdated(admin_url: str, rows: Iterable[Service], cwd: Path = ROOT) -> list[Service]:
    """Those whose revisions are not the ones that were run last."""
    connection = await connect(admin_url)
    try:
        found = await connection.fetch(
            "SELECT nspname, obj_description(oid, 'pg_namespace') AS mark FROM pg_namespace"
        )
    finally:
        await connection.close()
    marks = {str(record["nspname"]): record["mark"] for record in found}
    return [row for row in rows if row.schema and marks.get(row.schema) != _mark(row, cwd)]


async def remember(admin_url: str, rows: Iterable[Service], cwd: Path = ROOT) -> None:
    """These are up to date."""
    connection = await connect(admin_url)
    try:
        for row in rows:
            await connection.execute(f"COMMENT ON SCHEMA {row.schema} IS '{_mark(row, cwd)}'")
    finally:
        await connection.close()


def _folder(row: Service, cwd: Path) -> Path:
    return cwd / row.module / "migrations"


def _mark(row: Service, cwd: Path) -> str:
    digest = sha256()
    for path in sorted(_folder(row, cwd).rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"migrations {digest.hexdigest()}"
