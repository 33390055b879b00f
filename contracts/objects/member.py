"""Members: a person within a guild."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from contracts.ids import RoleId
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire


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
