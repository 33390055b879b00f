"""Every SQL statement of notification_service."""

from notification_service.store import (
    deliveries,
    devices,
    exports,
    hearing,
    history,
    notices,
    people,
)

__all__ = ["deliveries", "devices", "exports", "hearing", "history", "notices", "people"]
