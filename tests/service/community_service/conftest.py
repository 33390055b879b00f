"""community_service on real stores, among neighbours that answer what a test wants. One service
serves all tests of a worker, each of which finds it without guilds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from community_service.app import build
from community_service.settings import Settings
from tests.fixtures.postgres import Cluster
from tests.fixtures.services import running
from tests.service.community_service.house import House
from tests.service.community_service.neighbours import Neighbours


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_house(cluster: Cluster, redis_of_houses: str) -> AsyncIterator[House]:
    name = await cluster.copy("community")
    url = cluster.backing.database_url("community", name)
    neighbours = Neighbours()
    stores = {"database_url": url, "redis_url": redis_of_houses}
    # Sightings are written down when a test says so.
    pace = {"departures_every": 0.4, "sightings_every": 3_600}
    async with (
        neighbours.answering() as addresses,
        running(Settings, build, **stores, neighbours=addresses, **pace) as service,
    ):
        connection = await asyncpg.connect(url)
        yield House(service, neighbours, connection)
        await connection.close()
    await cluster.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def house(shared_house: House) -> AsyncIterator[House]:
    shared_house.running.is_resting = False
    await shared_house.begin()
    yield shared_house
    await shared_house.settled()
    shared_house.running.is_resting = True
