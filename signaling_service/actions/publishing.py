"""Events are told and waited for. Nothing is kept for later: what could not be told is made good by
who looks after stays (keeping.py).
"""

from __future__ import annotations

import asyncio
from functools import partial

from contracts.errors import Unavailable
from contracts.events.base import Event
from contracts.topics import Topic
from signaling_service.tools import Tools


async def publish(tools: Tools, event: Event, where: tuple[Topic, ...]) -> None:
    """Tell it, and return when it is told. Unavailable when it can not be."""
    loop = asyncio.get_running_loop()
    waiting: list[asyncio.Future[bool]] = []
    for topic in where:
        published: asyncio.Future[bool] = loop.create_future()
        event_id = tools.new_id()
        record = event.record(event_id)
        tools.bus.publish(topic, record, event_id, done=partial(_settle, published), ephemeral=True)
        waiting.append(published)
    if not all(await asyncio.gather(*waiting)):
        raise Unavailable


def _settle(published: asyncio.Future[bool], is_published: bool) -> None:  # noqa: FBT001
    if not published.done():
        published.set_result(is_published)
