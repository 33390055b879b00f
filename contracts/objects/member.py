"""Members: a person within a guild."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from contracts.ids import RoleId
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire

QUARANTINED = 1 << 7
"""Of a member's flags: what they call themselves set off a rule of automatic moderation."""


class MemberFace(Wire):
    """A member beside a user that stands elsewhere, as in MESSAGE_CREATE."""

    nick: str | None = None
    avatar: str | None = None
    banner: str | None = None
    roles: tuple[RoleId, ...] = ()
    joined_at: Timestamp
    premium_since: None = None
    communication_disabled_until: Timestamp | None = None
    deaf: bool = False
    mute: bool = False
    pending: bool = False
    flags: int = 0

    @property
    def is_quarantined(self) -> bool:
        """Whether a rule about names leaves them nothing but reading."""
        return bool(self.flags & QUARANTINED)

    def is_silenced(self, now: datetime) -> bool:
        """Whether they can say nothing, for either reason."""
        return self.is_quarantined or self.is_timed_out(now)

    def is_timed_out(self, now: datetime) -> bool:
        """Whether a timeout runs at this moment."""
        until = self.communication_disabled_until
        return until is not None and until > now


class Member(MemberFace):
    """A member with the user."""

    omit: ClassVar[frozenset[str]] = frozenset()

    user: User

    def face(self) -> MemberFace:
        """The member without the user."""
        return MemberFace.model_validate(self.model_dump(exclude={"user"}))


class OwnMember(Member):
    """A member as the member itself sees it."""

    bio: str = ""
