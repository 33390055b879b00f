"""PostgreSQL and a Redis-compatible server for one suite: embedded, or servers given by URL."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import unquote, urlsplit

from stack import bootstrap as sql
from stack import keys, valkey
from stack.home import Home
from stack.ports import Ports, reserved
from stack.postgres import SUPERUSER, Postgres
from stack.services import HOUSE, Table
from stack.trouble import Trouble
from stack.valkey import Valkey

_S = TypeVar("_S")


class Backing:
    """Both servers, with database, roles and schemas made.

    `async with Backing(folder, durable=False) as backing:` takes free ports; `ports` chooses them.
    """

    def __init__(
        self,
        home: Home | Path | str,
        *,
        ports: Ports | None = None,
        durable: bool = True,
        database_url: str = "",
        redis_url: str = "",
        table: Table = HOUSE,
        report: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.home = home if isinstance(home, Home) else Home(home)
        self._ports = ports
        self._durable = durable
        self._table = table
        self._report = report
        self._given_database = database_url
        self._given_redis = redis_url
        self._exit = contextlib.AsyncExitStack()
        self._master = b""
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None

    @property
    def admin_url(self) -> str:
        """A superuser's way into the database of the house."""
        return sql.with_database(self._server_url(), sql.DATABASE)

    @property
    def redis_url(self) -> str:
        """Everybody's way to the Redis-compatible server."""
        return self._given_redis or self._started(self.valkey).url

    @property
    def servers(self) -> list[Postgres | Valkey]:
        """Those that are ours."""
        return [server for server in (self.postgres, self.valkey) if server is not None]

    def database_url(self, role: str, database: str = sql.DATABASE) -> str:
        """A service's way in, by its name or its role's."""
        names = {row.name: str(row.schema) for row in self._table.stored()}
        role = names.get(role, role)
        url = sql.with_database(self._server_url(), database)
        return sql.with_role(url, role, keys.role_password(self._master, role))

    async def bootstrap(self, database: str = sql.DATABASE) -> None:
        """Make a database with every schema, for the roles there are."""
        roles = [str(row.schema) for row in self._table.stored()]
        passwords = {role: keys.role_password(self._master, role) for role in roles}
        await sql.bootstrap(self._server_url(), passwords, database=database, table=self._table)

    async def start(self) -> None:
        """Bring both up; on failure nothing stays behind."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End both; the data stays."""
        await self._exit.aclose()
        self.postgres = self.valkey = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _start(self) -> None:
        if not self.home.is_mine:
            self.home.hold()
            self._exit.callback(self.home.release)
        self._master = self.home.master()
        self.home.make()
        if self._ports is None:
            self._ports = Ports(self._exit.enter_context(reserved()))
        await self._start_postgres(self._ports)
        await self._start_valkey(self._ports)

    async def _start_postgres(self, ports: Ports) -> None:
        if not self._given_database:
            is_new = not self.home.postgres.exists()
            self._report("making a PostgreSQL cluster" if is_new else "starting PostgreSQL")
            password = keys.role_password(self._master, SUPERUSER)
            self.postgres = Postgres(
                self.home, ports.postgres, password=password, durable=self._durable
            )
            self._exit.push_async_callback(self.postgres.stop)
            await self.postgres.start()
        if self._table.stored():
            await self.bootstrap()

    async def _start_valkey(self, ports: Ports) -> None:
        if self._given_redis:
            await require_redis(self._given_redis)
            return
        self._report("starting the Redis-compatible server")
        password = keys.redis_password(self._master)
        self.valkey = Valkey(self.home, ports.valkey, password=password)
        self._exit.push_async_callback(self.valkey.stop)
        await self.valkey.start()

    def _server_url(self) -> str:
        if self._given_database:
            return self._given_database
        password = keys.role_password(self._master, SUPERUSER)
        return self._started(self.postgres).url(SUPERUSER, password, "postgres")

    @staticmethod
    def _started(server: _S | None) -> _S:
        if server is None:
            raise RuntimeError("the backing is not started")
        return server


async def require_redis(url: str) -> None:
    """Trouble when the given server does not answer, or none of the given cluster's."""
    # Only here: the bus brings libraries along that whoever starts the house does not need.
    from chassis.bus import urls

    place = urls.cluster(url)
    doors = [urlsplit(place.at(one)) for one in place.addresses] if place else [urlsplit(url)]
    for parts in doors:
        host, port = parts.hostname or "127.0.0.1", parts.port or 6379
        if parts.scheme != "redis" or await valkey.answers(
            host, port, unquote(parts.password or ""), unquote(parts.username or "")
        ):
            return
    raise Trouble(
        f"The Redis-compatible server at {host}:{port} does not answer.",
        "Check MOIM_REDIS_URL and that the server runs.",
    )
