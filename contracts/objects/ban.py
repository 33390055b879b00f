"""Bans."""

from __future__ import annotations

from contracts.objects.user import User
from contracts.wire import Wire


class Ban(Wire):
    """Somebody who is shut out, and why."""

    reason: str | None
    user: User
