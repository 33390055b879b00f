"""Who speaks: loudness of one track from RFC 6464 levels, and the list of a room."""

from __future__ import annotations

from dataclasses import dataclass

SILENT_DB = 127
SPEAKS_DB = 45
"""Levels count down from 0, the loudest: at or below this one somebody speaks."""
ATTACK_S = 0.1
HANG_S = 0.8
STALE_S = 0.5
"""Without a packet for so long, nothing is heard (DTX, mute)."""


@dataclass(slots=True)
class Loudness:
    """One track's level, smoothed, and since when it speaks."""

    level: float = SILENT_DB
    at: float = -1e9
    loud_at: float = -1e9
    loud_since: float = -1e9
    is_speaking: bool = False

    def note(self, db: int, now: float) -> None:
        """A packet of this level came."""
        self.level += (db - self.level) * 0.4 if now - self.at < STALE_S else db - self.level
        self.at = now
        if self.level <= SPEAKS_DB:
            if now - self.loud_at > ATTACK_S:
                self.loud_since = now
            self.loud_at = now

    def judge(self, now: float) -> bool:
        """Whether this one speaks now: soon after the first word, and over short pauses."""
        if self.is_speaking:
            self.is_speaking = now - self.loud_at <= HANG_S
        else:
            fresh = now - self.loud_at <= ATTACK_S
            self.is_speaking = fresh and now - self.loud_since >= ATTACK_S / 2
        return self.is_speaking

    def volume(self, now: float) -> float:
        """0 to 1, for showing."""
        if now - self.at > STALE_S:
            return 0.0
        return round(max(0.0, min(1.0, (80 - self.level) / 70)), 2)
