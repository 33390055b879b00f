"""The person behind a session as a member of a guild: just as they are told, and how they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import orjson

from contracts.wire import JSON
from gateway.live.layout import Standing


@dataclass(frozen=True, slots=True)
class Oneself:
    """In one guild."""

    shape: JSON
    """A Member."""
    user_id: int
    standing: Standing

    @classmethod
    def of(cls, shape: JSON) -> Self:
        """As a neighbour tells it."""
        return cls(shape, int(shape["user"]["id"]), Standing.of(shape))

    @classmethod
    def heard(cls, body: bytes) -> Self:
        """As an event of that guild tells it."""
        shape: JSON = orjson.loads(body)
        shape.pop("guild_id", None)
        return cls.of(shape)

    @property
    def joined_at(self) -> str:
        """Since when they are a member."""
        return str(self.shape["joined_at"])
