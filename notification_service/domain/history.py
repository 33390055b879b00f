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
    subject: str
    about_id: int
    guild_id: int | None
    channel_id: int | None
    body: JSON
    created: datetime
    is_read: bool

    @property
    def is_message(self) -> bool:
        """Whether something was said: a call and an event are somewhere, too."""
        return self.subject.startswith("c")

    @property
    def event_id(self) -> str | None:
        """The scheduled event that began."""
        return self.subject[1:] if self.reason is Reason.EVENT else None
