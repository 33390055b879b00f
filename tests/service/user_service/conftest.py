"""user_service on real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from contracts import topics
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
