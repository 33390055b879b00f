"""What the tests of several services have in common."""

from __future__ import annotations

import pytest
from pytest_asyncio import is_async_test

from tests.fixtures.groups import SHARED

_ONE_LOOP = pytest.mark.asyncio(loop_scope="session")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starting a house costs more than most of what is asked of it."""
    for item in items:
        *_, kind, folder, _ = item.path.parts
        if kind == "service" and folder in SHARED and is_async_test(item):
            item.add_marker(_ONE_LOOP, append=False)
