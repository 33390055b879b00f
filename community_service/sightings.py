"""Who came and who went, as presence_service tells it, until a job writes it down: many comings and
goings are one statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Sightings:
    """People seen since they were taken last. What was said of somebody last counts."""

    _seen: dict[int, bool] = field(default_factory=dict)

    def note(self, user_id: int, *, is_here: bool) -> None:
        """Somebody came, or went."""
        self._seen[user_id] = is_here

    def take(self, most: int) -> dict[int, bool]:
        """Up to so many of them, whether each is here; they are not noted any more."""
        taken = dict(list(self._seen.items())[:most])
        for user_id in taken:
            del self._seen[user_id]
        return taken
