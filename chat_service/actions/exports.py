"""What is kept of somebody, told to them through user_service."""

from __future__ import annotations

from chat_service.store import exports
from chat_service.tools import Unit
from contracts.rpc.export import Exported


async def of(unit: Unit, user_id: int, after: str) -> Exported:
    """One page."""
    return await exports.of(unit, user_id, after)
