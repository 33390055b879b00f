"""Custom emojis of guilds."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import EmojiId, RoleId
from contracts.objects.user import User
from contracts.wire import Wire


class Emoji(Wire):
    """A picture that is written as `<:name:id>`. Who made it is for those who manage emojis."""

    omit: ClassVar[frozenset[str]] = frozenset({"user"})

    id: EmojiId
    name: str
    roles: tuple[RoleId, ...] = ()
    """Who may use it; empty: everybody."""
    require_colons: bool = True
    managed: bool = False
    animated: bool = False
    available: bool = True
    user: User | None = None
