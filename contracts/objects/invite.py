"""Invites."""

from __future__ import annotations

from typing import ClassVar

from contracts.objects.user import User
from contracts.wire import JSON, Timestamp, Wire


class Invite(Wire):
    """A code that lets people in. `guild` and `channel` are partial objects."""

    omit: ClassVar[frozenset[str]] = frozenset(
        {"inviter", "approximate_member_count", "approximate_presence_count"}
    )

    type: int = 0
    code: str
    guild: JSON
    guild_id: str
    channel: JSON
    inviter: User | None = None
    uses: int = 0
    max_uses: int = 0
    max_age: int = 0
    temporary: bool = False
    created_at: Timestamp
    expires_at: Timestamp | None = None
    approximate_member_count: int | None = None
    approximate_presence_count: int | None = None
