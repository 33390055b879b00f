"""Nobody is shown for ever who is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from contracts.errors import Unavailable
from signaling_service.actions import telling
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools


@dataclass
class Kept:
    """Stays in memory."""

    stays: dict[int, Stay] = field(default_factory=dict)

    async def remove(self, stay: Stay) -> None:
        self.stays.pop(stay.user_id, None)

    async def put(self, stay: Stay) -> bool:
        self.stays[stay.user_id] = stay
        return True


async def test_a_departure_that_could_not_be_told_is_told_by_the_next_sweep() -> None:
    async def nobody(guild_id: int, user_id: int) -> None:
        del guild_id, user_id

    def publish(*event: Any, done: Callable[[bool], None], **how: Any) -> None:
        del event, how
        done(False)

    stay = Stay(1, 2, 5, "s", ticket="t", node="n", since_ms=0)
    kept = Kept({1: stay})
    tools = SimpleNamespace(
        stays=kept,
        facts=SimpleNamespace(member=nobody),
        bus=SimpleNamespace(publish=publish),
        new_id=lambda: 7,
    )
    with pytest.raises(Unavailable):
        await telling.end(cast(Tools, tools), stay, "left")
    assert kept.stays[1].is_awaited, "and overdue"
    assert kept.stays[1].due_ms < 2
