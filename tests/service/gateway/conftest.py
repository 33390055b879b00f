"""An edge among services that do what a test says; files that put more behind it have their own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.service.gateway.edge_stand import Stand, standing


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    """An edge in front of one service."""
    async with standing() as built:
        yield built
