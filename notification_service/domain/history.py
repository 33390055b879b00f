"""What somebody was notified of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.wire import JSON
from notification_service.domain.deciding import Reason


@dataclass(frozen=True, slots=True)
class Remembered:
    """One line of somebody's history."""

    id: int
    reason: Reason
    about_id: int
    guild_id: int | None
    channel_id: int | None
    body: JSON
    created: datetime
    is_read: bool
