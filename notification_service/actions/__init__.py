"""What notification_service does: authorise, change, emit."""

from notification_service.actions import (
    concerning,
    delivering,
    devices,
    digesting,
    hearing,
    history,
    people,
    reacting,
    reading,
    recovering,
    telling,
)

__all__ = [
    "concerning",
    "delivering",
    "devices",
    "digesting",
    "hearing",
    "history",
    "people",
    "reacting",
    "reading",
    "recovering",
    "telling",
]
