"""A call in a conversation: it begins with the first one in it, rings for whom it is told to, and
is over when nobody is left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace

import orjson


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is under way."""

    channel_id: int
    message_id: int
    caller_id: int
    began_ms: int
    people: tuple[int, ...]
    """Everybody in the conversation."""
    ringing: tuple[int, ...] = ()
    rang_ms: int = 0
    """Since when it rings."""
    took_part: tuple[int, ...] = ()

    def encode(self) -> bytes:
        """As it is kept."""
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes | str) -> Call:
        """As it was kept."""
        fields = orjson.loads(raw)
        lists = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
        return cls(**(fields | lists))

    def rings(self, whom: Collection[int] | None, here: Collection[int], now_ms: int) -> Call:
        """It rings for these (None: for everybody), but for those who are in it."""
        wanted = self.people if whom is None else [one for one in self.people if one in whom]
        more = [one for one in wanted if one not in here and one not in self.ringing]
        return replace(self, ringing=(*self.ringing, *more), rang_ms=now_ms)

    def silences(self, whom: Collection[int]) -> Call:
        """It rings no longer for these."""
        return replace(self, ringing=tuple(one for one in self.ringing if one not in whom))

    def joined(self, user_id: int) -> Call:
        """Somebody came into it."""
        took_part = dict.fromkeys((*self.took_part, user_id))
        return replace(self.silences({user_id}), took_part=tuple(took_part))
