"""user_service on real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from contracts import topics
from tests.fixtures.postgres import Cluster
from tests.fixtures.redis import RedisServer
from tests.fixtures.services import running
from tests.service.user_service.house import House, Open
from user_service.app import build
from user_service.settings import Settings

CHEAP = {"password_memory_kib": 8, "password_passes": 1}


@pytest.fixture
async def open_house(postgres: str, redis: str, tmp_path: Path) -> AsyncIterator[Open]:
    """`await open_house(invite_only=True)`: a house with these settings; one a test."""
    async with AsyncExitStack() as stack:

        async def opened(**settings: Any) -> House:
            house = await stack.enter_async_context(_house(postgres, redis, tmp_path, settings))
            assert house.running.ears is not None
            await house.running.ears.to(topics.IDENTITY)
            return house

        yield opened


@pytest.fixture
async def house(open_house: Open) -> House:
    """As most are."""
    return await open_house()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def _house_of_module(
    cluster: Cluster, _redis_of_session: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    _redis_of_session.start()
    name = await cluster.copy("user")
    url = cluster.backing.database_url("user", name)
    folder = tmp_path_factory.mktemp("house")
    async with _house(url, _redis_of_session.url, folder, {}) as house:
        assert house.running.ears is not None
        await house.running.ears.to(topics.IDENTITY)
        yield house
    await cluster.drop(name)


@pytest_asyncio.fixture(loop_scope="module")
async def clean_house(_house_of_module: House) -> House:
    """One house for all tests of a module, each of which finds it empty."""
    await _house_of_module.begin()
    return _house_of_module


@asynccontextmanager
async def _house(
    postgres: str, redis: str, folder: Path, settings: dict[str, Any]
) -> AsyncIterator[House]:
    given = {
        "database_url": postgres,
        "redis_url": redis,
        "mail_folder": str(folder / "mail"),
        "mails_every": 0.02,
        **CHEAP,
        **settings,
    }
    async with running(Settings, build, **given) as service:
        yield House(service, folder / "mail")
