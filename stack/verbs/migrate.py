"""Brings every schema up to date: of what runs, of the data folder, or of a given server."""

from __future__ import annotations

import argparse
import asyncio

from stack import bootstrap, keys, say
from stack.backing import Backing
from stack.environ import given, home
from stack.home import Home
from stack.migrations import migrate
from stack.ports import LOOPBACK, Ports
from stack.services import HOUSE

HELP = "bring every schema up to date (the server of MOIM_DATABASE_URL, or the embedded one)"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""
    del parser


def run(options: argparse.Namespace) -> int:
    """One sentence a service."""
    del options
    for line in asyncio.run(_migrate(Home(home()))):
        say.step(line)
    return 0


async def _migrate(place: Home) -> list[str]:
    server = given("MOIM_DATABASE_URL")
    if server:
        return await _on_server(place, server)
    if place.is_held():
        master, port = place.master(), Ports(place.state().get("port", 8080)).postgres

        def url(name: str) -> str:
            role = str(HOUSE[name].schema)
            password = keys.role_password(master, role)
            return f"postgresql://{role}:{password}@{LOOPBACK}:{port}/{bootstrap.DATABASE}"

        return await migrate(place, HOUSE, url)
    async with Backing(place) as backing:
        return await migrate(place, HOUSE, backing.database_url)


async def _on_server(place: Home, server: str) -> list[str]:
    """Roles have the passwords of the deployment, where those are given."""
    place.make()
    passwords = {}
    for row in HOUSE.stored():
        role = str(row.schema)
        password = given(f"{row.prefix}DATABASE_PASSWORD")
        passwords[role] = password or keys.role_password(place.master(), role)

    def url(name: str) -> str:
        role = str(HOUSE[name].schema)
        inside = bootstrap.with_database(server, bootstrap.DATABASE)
        return bootstrap.with_role(inside, role, passwords[role])

    await bootstrap.bootstrap(server, passwords)
    return await migrate(place, HOUSE, url)
