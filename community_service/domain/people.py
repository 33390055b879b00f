"""The public face of a person or a bot, as it was when last asked for."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta


def search_key(name: str) -> str:
    """A name as it is searched: the same however its letters are written. Folding can undo the
    composition, so it is composed again.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", folded)


@dataclass(frozen=True, slots=True)
class Person:
    """A kept copy; user_service owns the original."""

    user_id: int
    username: str
    discriminator: str
    global_name: str | None
    avatar: str | None
    banner: str | None
    accent_color: int | None
    public_flags: int
    is_bot: bool
    refreshed_at: datetime

    def is_stale(self, now: datetime, life: timedelta) -> bool:
        """Whether it should be asked for again."""
        return now - self.refreshed_at > life
