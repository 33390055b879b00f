"""Roles of a guild."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import RoleId, UserId
from contracts.wire import Bits, Wire


class RoleColors(Wire):
    """Colours as newer clients read them."""

    primary_color: int = 0
    secondary_color: int | None = None
    tertiary_color: int | None = None


class RoleTags(Wire):
    """Whose role it is, if nobody can give it."""

    bot_id: UserId | None = None


class Role(Wire):
    """A named set of permissions."""

    omit: ClassVar[frozenset[str]] = frozenset({"tags"})

    id: RoleId
    name: str
    color: int = 0
    colors: RoleColors = RoleColors()
    hoist: bool = False
    icon: str | None = None
    unicode_emoji: str | None = None
    position: int = 0
    permissions: Bits = 0
    managed: bool = False
    mentionable: bool = False
    flags: int = 0
    tags: RoleTags | None = None
