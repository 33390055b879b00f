"""What the tests of several services have in common."""

from __future__ import annotations

import pytest
from pytest_asyncio import is_async_test

SHARED = ("user_service", "community_service", "chat_service")
"""Services of which one house serves all tests of a worker, hence in one event loop."""
_ONE_LOOP = pytest.mark.asyncio(loop_scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Starting a house costs more than most of what is asked of it. What runs in the session's loop
    comes first: while another loop runs, a house would stand still, and take it for an outage.
    """
    for item in items:
        *_, kind, folder, _ = item.path.parts
        if kind == "service" and folder in SHARED and is_async_test(item):
            item.add_marker(_ONE_LOOP, append=False)
    items.sort(key=lambda item: not _is_in_one_loop(item))


def _is_in_one_loop(item: pytest.Item) -> bool:
    mark = item.get_closest_marker("asyncio")
    return mark is not None and mark.kwargs.get("loop_scope") == "session"
