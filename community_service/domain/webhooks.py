"""Webhooks: where they can be, and the secret that lets outside programs post."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, Unauthorized
from contracts.objects.channel import ChannelType

TOKEN_BITS = 408
"""68 signs of base64, as long as Discord's."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that posts into a channel."""

    id: int
    guild_id: int
    channel_id: int
    creator_id: int
    name: str
    token: str
    avatar: str | None = None


def token_from(bits: int) -> str:
    """TOKEN_BITS random bits as a token."""
    return urlsafe_b64encode(bits.to_bytes(TOKEN_BITS // 8)).decode()


def can_be_in(kind: ChannelType) -> DomainError | None:
    """Whether messages can be posted to a channel of this kind."""
    if kind is ChannelType.CATEGORY:
        return Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    return None


def can_add(count: int) -> DomainError | None:
    """Whether a channel with so many can have another."""
    return Conflict(ErrorCode.MAX_WEBHOOKS) if count >= limits.WEBHOOKS_PER_CHANNEL else None


def opens(webhook: Webhook, token: str) -> DomainError | None:
    """Whether this is its token; how much of it was right shows in no time taken."""
    if hmac.compare_digest(webhook.token.encode(), token.encode()):
        return None
    return Unauthorized(ErrorCode.INVALID_WEBHOOK_TOKEN)
