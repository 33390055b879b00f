"""community_service on real stores, among neighbours that answer what a test wants. One service
serves all tests of a module, each of which finds it without guilds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from community_service.app import build
from community_service.settings import Settings
from tests.fixtures.postgres import Cluster
from tests.fixtures.redis import RedisServer
from tests.fixtures.services import running
from tests.service.community_service.house import House
from tests.service.community_service.neighbours import Neighbours


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house_of_module(cluster: Cluster, _redis_of_session: RedisServer) -> AsyncIterator[House]:
    _redis_of_session.start()
    name = await cluster.copy("community")
    url = cluster.backing.database_url("community", name)
    neighbours = Neighbours()
    stores = {"database_url": url, "redis_url": _redis_of_session.url}
    # Sightings are written down when a test says so.
    pace = {"departures_every": 0.2, "sightings_every": 3_600}
    async with (
        neighbours.answering() as addresses,
        running(Settings, build, **stores, neighbours=addresses, **pace) as service,
    ):
        connection = await asyncpg.connect(url)
        yield House(service, neighbours, connection)
        await connection.close()
    await cluster.drop(name)


@pytest_asyncio.fixture(loop_scope="module")
async def house(house_of_module: House) -> AsyncIterator[House]:
    await house_of_module.begin()
    yield house_of_module
    await house_of_module.settled()
