"""How often the bus looks for what fails silently."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds."""

    canary: float = 2.0
    """Between two canaries; three that stay away end the connection."""
    heads: float = 30.0
    """Between two looks at the heads of all topics."""
    answer: float = 3.0
    """How long a publisher's commands may stay unanswered."""
