"""What neighbours answered about people a moment ago. Who comes with several devices at once, or
time after time, is asked about once: an answer is as good as new for as long as everything that was
said since is at hand, and arrival.py folds that in, or asks anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from chassis.clock import Clock
from contracts.ids import GuildId
from contracts.rpc import chat, users
from contracts.wire import JSON
from gateway.live.people import UserPlace

FOR_S = 2.0
"""Not for what is said, but for what nobody says: as long as an answer may be on its way anyway."""
_WITHIN = 500
"""Events of anybody since then: all of them are looked through."""


class Answered(NamedTuple):
    """Everything about one person, and from when on it has to be folded."""

    person: UserPlace
    at: float
    mark: int
    changes: int
    heard: int
    guilds: Mapping[GuildId, JSON]
    talk: chat.Arriving
    me: users.Arriving | None


class Lately:
    """The answers of the last moments, the oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._answers: dict[int, Answered] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def moment(self) -> float:
        """Now, as the age of answers is counted."""
        return self._clock.monotonic()

    def of(self, person: UserPlace, mark: int) -> Answered | None:
        """What is known of somebody, and still good at this mark of the ring."""
        self.forget()
        known = self._answers.get(person.user_id)
        if known is None or known.person is not person or known.changes != person.changes:
            return None
        return known if mark - known.mark <= _WITHIN else None

    def keep(self, answered: Answered) -> None:
        """Somebody was asked about."""
        self._answers.pop(answered.person.user_id, None)
        self._answers[answered.person.user_id] = answered

    def forget(self) -> None:
        """Let go of what is too old."""
        oldest = self._clock.monotonic() - FOR_S
        while self._answers:
            user_id = next(iter(self._answers))
            if self._answers[user_id].at > oldest:
                return
            del self._answers[user_id]
