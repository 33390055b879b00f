"""Makes the database, its extensions, and one role with one schema for each service with rows.

Safe to repeat. Needs a superuser's URL; works on the embedded server and on any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from stack.services import HOUSE, Service, Table
from stack.trouble import Trouble

DATABASE = "moim"
EXTENSIONS = ("pg_trgm", "unaccent", "citext", "btree_gin")


async def bootstrap(
    url: str, passwords: Mapping[str, str], *, database: str = DATABASE, table: Table = HOUSE
) -> None:
    """Bring the server behind a superuser's URL into shape. `passwords` is by role."""
    try:
        await _shape(url, passwords, database, table)
    except asyncpg.PostgresError as error:
        raise Trouble(
            f"PostgreSQL refused to make the database {database}: {error}.",
            "A full disk and a role with too few rights are the usual reasons: ./moim doctor.",
        ) from None


async def _shape(url: str, passwords: Mapping[str, str], database: str, table: Table) -> None:
    server = await connect(url)
    try:
        for service in table.stored():
            await _role(server, str(service.schema), passwords[str(service.schema)])
        if not await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await server.execute(f'CREATE DATABASE "{database}"')
    finally:
        await server.close()
    inside = await connect(with_database(url, database))
    try:
        async with inside.transaction():
            await inside.execute("SELECT pg_advisory_xact_lock(7237)")
            await inside.execute(f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
            await inside.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            for extension in EXTENSIONS:
                await inside.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} SCHEMA public")
            for service in table.stored():
                await _schema(inside, service, database)
    finally:
        await inside.close()


async def connect(url: str) -> asyncpg.Connection[asyncpg.Record]:
    """A connection, or Trouble that names the server but not its password."""
    try:
        return await asyncpg.connect(url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        where = urlsplit(url).hostname
        raise Trouble(
            f"PostgreSQL at {where} cannot be reached: {str(error) or type(error).__name__}.",
            "Check MOIM_DATABASE_URL and that the server runs.",
        ) from None


def with_database(url: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


def with_role(url: str, role: str, password: str) -> str:
    """The same server and database, another role."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{address}"))


async def _role(server: asyncpg.Connection[asyncpg.Record], role: str, password: str) -> None:
    if not password.isalnum():
        raise Trouble("A database password may hold letters and digits only.", "Run ./moim env.")
    exists = await server.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    await server.execute(
        f"{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}'"
    )


async def _schema(
    inside: asyncpg.Connection[asyncpg.Record], service: Service, database: str
) -> None:
    role = service.schema
    await inside.execute(f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO {role}')
    # An administrator who is no superuser must be a member of the role to hand it a schema.
    await inside.execute(f"GRANT {role} TO CURRENT_USER")
    await inside.execute(f"CREATE SCHEMA IF NOT EXISTS {role} AUTHORIZATION {role}")
    await inside.execute(
        f'ALTER ROLE {role} IN DATABASE "{database}" SET search_path = {role}, public'
    )
