"""What the tests of several services have in common."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pytest_asyncio import is_async_test

SHARED = ("user_service", "community_service", "chat_service")
"""Services of which one house serves all tests of a worker, hence in one event loop."""
_ONE_LOOP = pytest.mark.asyncio(loop_scope="session")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Starting a house costs more than most of what is asked of it."""
    for item in items:
        *_, kind, folder, _ = item.path.parts
        if kind == "service" and folder in SHARED and is_async_test(item):
            item.add_marker(_ONE_LOOP, append=False)
