"""How a worker says no to what it cannot read."""

from __future__ import annotations

from contracts.errors import Invalid


def unreadable(error: ValueError) -> Invalid:
    """A description that cannot be understood."""
    return Invalid({"sdp": ("BASE_TYPE_INVALID", str(error))})
