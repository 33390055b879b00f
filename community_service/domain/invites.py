"""Invites: codes that nobody can guess, and until when they let people in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden
from contracts.objects.channel import ChannelType
from contracts.permissions import Permission, holds

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CODE_BITS = 64
_CODE_LENGTH = 11
"""62^11 is more than 2^64."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long and how often an invite lets people in; 0 knows no end."""

    max_age: int
    max_uses: int
    is_temporary: bool


@dataclass(frozen=True, slots=True)
class Invite:
    """A code that lets people into a guild, by way of one channel."""

    code: str
    guild_id: int
    channel_id: int
    inviter_id: int
    terms: Terms
    uses: int
    created_at: datetime
    expires_at: datetime | None

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now

    def is_open(self, now: datetime) -> bool:
        """Whether it still lets somebody in."""
        has_uses = self.terms.max_uses == 0 or self.uses < self.terms.max_uses
        return has_uses and not self.is_expired(now)


def code_from(bits: int) -> str:
    """CODE_BITS random bits as a code of fixed length."""
    digits = []
    for _ in range(_CODE_LENGTH):
        bits, digit = divmod(bits, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(digits)


def is_code(text: str) -> bool:
    """Whether this could be a code at all."""
    return len(text) == _CODE_LENGTH and set(text) <= set(_DIGITS)


def draft(
    code: str, *, guild_id: int, channel_id: int, inviter_id: int, terms: Terms, now: datetime
) -> Invite:
    """A fresh invite."""
    expires_at = now + timedelta(seconds=terms.max_age) if terms.max_age else None
    return Invite(code, guild_id, channel_id, inviter_id, terms, 0, now, expires_at)


def worn_after(terms: Terms, now: datetime) -> datetime | None:
    """An older invite on the same terms serves again only if it ends after this moment: when half
    of its life is left.
    """
    return now + timedelta(seconds=terms.max_age / 2) if terms.max_age else None


def can_add(count: int) -> DomainError | None:
    """Whether a guild of `count` invites takes one more."""
    return Conflict(ErrorCode.MAX_INVITES) if count >= limits.INVITES_PER_GUILD else None


def can_lead_to(kind: ChannelType) -> DomainError | None:
    """Whether one can arrive in a channel of this kind."""
    if kind is ChannelType.CATEGORY:
        return Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    return None


def can_revoke(
    invite: Invite, user_id: int, in_channel: Permission, in_guild: Permission
) -> DomainError | None:
    """Whoever made it, and those who manage the channel or the guild."""
    if invite.inviter_id == user_id:
        return None
    if holds(in_channel, Permission.MANAGE_CHANNELS) or holds(in_guild, Permission.MANAGE_GUILD):
        return None
    return Forbidden()
