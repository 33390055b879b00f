"""user_service on real stores."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts import topics
from tests.fixtures.services import running
from tests.service.user_service.house import House
from user_service.app import build
from user_service.settings import Settings

CHEAP = {"password_memory_kib": 8, "password_passes": 1}


@pytest.fixture
async def house(postgres: str, redis: str) -> AsyncIterator[House]:
    stores = {"database_url": postgres, "redis_url": redis}
    async with running(Settings, build, **stores, **CHEAP) as service:
        assert service.ears is not None
        await service.ears.to(topics.IDENTITY)
        yield House(service)
