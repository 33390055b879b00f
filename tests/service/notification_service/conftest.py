"""notification_service on real stores, among neighbours that answer what a test wants and with a
push service that speaks as the real ones do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from notification_service.app import build
from notification_service.domain.webpush import private_key, public_bytes
from notification_service.settings import Settings
from tests.fixtures.postgres import Cluster
from tests.fixtures.push import PushService
from tests.fixtures.services import running
from tests.service.notification_service.house import House, Neighbours

VAPID = "11" * 32
QUICK = {
    "vapid_key": VAPID,
    "private_push": True,
    "wait": 0.0,
    "window": 0.0,
    "pushes_every": 0.25,
    "public_url": "https://moim.example",
}

OpenHouse = Callable[..., AbstractAsyncContextManager[House]]


@asynccontextmanager
async def opened(url: str, redis: str, **settings: Any) -> AsyncIterator[House]:
    """A house with these settings."""
    neighbours = Neighbours()
    service = PushService(public_bytes(private_key(bytes.fromhex(VAPID))))
    given = {**QUICK, "database_url": url, "redis_url": redis, **settings}
    async with (
        neighbours.answering() as addresses,
        service.running(),
        running(Settings, build, neighbours=addresses, **given) as started,
    ):
        rows = await asyncpg.connect(url)
        yield House(started, neighbours, service, rows)
        await rows.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(cluster: Cluster, redis_of_houses: str) -> AsyncIterator[House]:
    """One for all tests of a worker, each of which brings its own people."""
    name = await cluster.copy("notification")
    url = cluster.backing.database_url("notification", name)
    async with opened(url, redis_of_houses) as house:
        yield house
    await cluster.drop(name)


@pytest.fixture
def open_house(postgres: str, redis: str) -> OpenHouse:
    """`async with open_house(wait=1):` a house of one test's own."""

    def open_it(**settings: Any) -> AbstractAsyncContextManager[House]:
        return opened(postgres, redis, **settings)

    return open_it
