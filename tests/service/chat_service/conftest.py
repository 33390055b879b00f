"""chat_service on real stores, among neighbours that answer what a test wants. One service serves
all tests of a worker, each of which speaks in a guild of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from chat_service.app import build
from chat_service.settings import Settings
from stack.bootstrap import with_database
from tests.fixtures.postgres import Cluster
from tests.fixtures.services import running
from tests.service.chat_service.house import House, Neighbours
from tests.service.chat_service.stage import Stage


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_house(
    cluster: Cluster, redis_of_houses: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    blobs = tmp_path_factory.mktemp("blobs")
    async with standing(cluster, redis_of_houses, blobs) as house:
        yield house


@asynccontextmanager
async def standing(
    cluster: Cluster, redis_url: str, folder: Path, **more: Any
) -> AsyncIterator[House]:
    """A house with settings of its own."""
    name = await cluster.copy("chat")
    url = cluster.backing.database_url("chat", name)
    neighbours = Neighbours()
    stores = {
        **{"database_url": url, "redis_url": redis_url},
        **{"removals_every": 0.4, "archive_every": 0.4, "polls_every": 0.4, "sweep_every": 0.4},
        **{"interactions_every": 0.4, "interaction_patience": 60, "blobs": str(folder)},
        **{"file_bytes": 3 << 20, "upload_bytes": 6 << 20, "public_url": "https://moim.example"},
        **more,
    }
    async with (
        neighbours.answering() as addresses,
        running(Settings, build, **stores, neighbours=addresses) as service,
    ):
        admin = await asyncpg.connect(with_database(cluster.backing.admin_url, name))
        yield House(service, neighbours, admin, folder)
        await admin.close()
    await cluster.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def house(shared_house: House) -> AsyncIterator[House]:
    shared_house.running.is_resting = False
    shared_house.begin()
    yield shared_house
    await shared_house.settled()
    shared_house.running.is_resting = True


@pytest.fixture
def stage(house: House) -> Stage:
    """A bot among them."""
    guild = house.guild()
    return Stage(house, guild, int(house.channel(guild).id), house.bot(guild))
