"""Reactions, as a message shows them."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import Snowflake
from contracts.wire import Wire


class Emoji(Wire):
    """A unicode emoji (no id), or one of a guild's."""

    omit: ClassVar[frozenset[str]] = frozenset({"animated"})

    id: Snowflake | None = None
    name: str | None = None
    animated: bool | None = None


class CountDetails(Wire):
    """How many of which kind; nobody reacts with a burst here."""

    burst: int = 0
    normal: int = 0


class Reaction(Wire):
    """One emoji under a message."""

    emoji: Emoji
    count: int
    count_details: CountDetails
    burst_colors: tuple[str, ...] = ()
    me: bool = False
    me_burst: bool = False
