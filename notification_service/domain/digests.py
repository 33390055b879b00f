"""Digests for people who are away for long: what is in them, and the link that ends them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from notification_service.domain.notices import Notice

LINES = 10
_SIGNED = 32


@dataclass(frozen=True, slots=True)
class Line:
    """One subject: where, and how much of it is unread. What was said there stays in the house."""

    place: str
    count: int


def lines(unread: Sequence[tuple[Notice, int]]) -> list[Line]:
    """The newest subjects."""
    return [Line(_place(notice), count) for notice, count in unread[:LINES]]


def ticket(user_id: int, signer: bytes) -> str:
    """Ends somebody's digests without a login, for as long as the house keeps its keys."""
    return f"{user_id:d}.{_sign(user_id, signer)}"


def redeem(text: str, signer: bytes) -> int | None:
    """Whose digests it ends; None for anything forged."""
    number, _, signature = text.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) <= 19):
        return None
    user_id = int(number)
    expected = _sign(user_id, signer)
    return user_id if hmac.compare_digest(expected.encode(), signature.encode()) else None


def _sign(user_id: int, signer: bytes) -> str:
    return hmac.new(signer, f"no-digest:{user_id:d}".encode(), sha256).hexdigest()[:_SIGNED]


def _place(notice: Notice) -> str:
    guild, channel = notice.body.get("guild"), notice.body.get("channel")
    if guild and channel:
        return f"#{channel} · {guild}"
    return str(channel or notice.body.get("author", "…"))
