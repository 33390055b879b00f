"""user_service on real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from contracts import topics
from tests.fixtures.postgres import Cluster
from tests.fixtures.services import running
from tests.service.user_service.house import FORGOT_S, SEAL_KEY, House, Open
from user_service.app import build
from user_service.settings import Settings

CHEAP = {"password_memory_kib": 8, "password_passes": 1, "forgot_takes": FORGOT_S}


@pytest_asyncio.fixture(loop_scope="session")
async def open_house(postgres: str, redis: str, tmp_path: Path) -> AsyncIterator[Open]:
    """`await open_house(invite_only=True)`: a house of one test's own, with these settings."""
    async with AsyncExitStack() as stack:

        async def opened(**settings: Any) -> House:
            return await stack.enter_async_context(_house(postgres, redis, tmp_path, settings))

        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _shared_house(
    cluster: Cluster, redis_of_houses: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    name = await cluster.copy("user")
    url = cluster.backing.database_url("user", name)
    async with _house(url, redis_of_houses, tmp_path_factory.mktemp("house"), {}) as house:
        yield house
    await cluster.drop(name)


@pytest_asyncio.fixture(loop_scope="session")
async def house(_shared_house: House) -> AsyncIterator[House]:
    """One house for all tests, each of which finds it empty."""
    _shared_house.running.is_resting = False
    await _shared_house.begin()
    yield _shared_house
    _shared_house.running.is_resting = True


@asynccontextmanager
async def _house(
    postgres: str, redis: str, folder: Path, settings: dict[str, Any]
) -> AsyncIterator[House]:
    given = {
        "database_url": postgres,
        "redis_url": redis,
        "mail_folder": str(folder / "mail"),
        "mails_every": 0.1,
        "seal_keys": SEAL_KEY,
        **CHEAP,
        **settings,
    }
    async with running(Settings, build, **given) as service:
        assert service.ears is not None
        await service.ears.to(topics.IDENTITY)
        hand = await asyncpg.connect(postgres)
        yield House(service, folder / "mail", hand)
        await hand.close()
