"""Worlds in which links are made, on a real clock and on one that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chassis.clock import SystemClock
from tests.fixtures.clock import ManualClock
from tests.service.chassis.rpc.ends import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World(SystemClock())
    yield world
    await world.close()


@pytest.fixture
async def still() -> AsyncIterator[World]:
    """A world in which time passes only when the test says so."""
    world = World(ManualClock())
    yield world
    await world.close()
