"""Invites."""

from __future__ import annotations

from contracts.objects.user import User
from contracts.wire import JSON, Timestamp, Wire


class Invite(Wire):
    """A code that lets people in. `guild` and `channel` are partial objects."""

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
    approximate_member_count: int = 0
    approximate_presence_count: int = 0
