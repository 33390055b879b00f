"""How one person stands to another, as that person sees it."""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import ClassVar

from contracts.ids import UserId
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire


class RelationshipType(IntEnum):
    """As Discord numbers them. Each side of a pair has its own."""

    FRIEND = 1
    BLOCKED = 2
    INCOMING = 3
    """They asked me."""
    OUTGOING = 4
    """I asked them."""


class Relationship(Wire):
    """Somebody in one's list."""

    omit: ClassVar[frozenset[str]] = frozenset({"since"})

    id: UserId
    """Of the other one."""
    type: RelationshipType
    user: User
    nickname: str | None = None
    since: Timestamp | None = None
    is_spam_request: bool = False
    stranger_request: bool = False
    user_ignored: bool = False


class Standing(Wire):
    """What others must respect between two people, as seen by the first."""

    user_id: UserId
    """The other one."""
    is_friend: bool = False
    has_blocked: bool = False
    """The first one has blocked the other."""
    is_blocked_by: bool = False
    """The other one has blocked the first, who must not learn of it."""
    since: datetime | None = None

    @property
    def is_cut(self) -> bool:
        """Whether one of them has blocked the other: nothing new may begin between them."""
        return self.has_blocked or self.is_blocked_by
