"""Proofs: what shows that somebody reads an address, or has given the first of two factors. Each
works once, for minutes or hours, and only the fingerprint of its secret is kept.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from contracts.ids import UserId
from user_service.domain import tokens

TRIES_OF_A_TICKET = 5

_SECRET_BYTES = 24
_SHAPE = re.compile(r"([0-9a-z]{1,13})-([\w-]{32})", re.ASCII)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Purpose(StrEnum):
    """What a proof is good for; for anything else it is none."""

    VERIFY = "verify"
    """The address of an account."""
    CHANGE = "change"
    """The address an account is about to have."""
    RESET = "reset"
    """Another password."""
    TICKET = "ticket"
    """The way from a password to the second factor."""
    REGISTER = "register"
    """An account in an invite-only house."""


LIVES = {
    Purpose.VERIFY: timedelta(hours=24),
    Purpose.CHANGE: timedelta(hours=2),
    Purpose.RESET: timedelta(minutes=30),
    Purpose.TICKET: timedelta(minutes=5),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """As it is kept."""

    id: int
    user_id: UserId
    purpose: Purpose
    secret_hash: bytes | None
    """None until it is mailed: secrets are made when the letter is."""
    address: str
    expires: datetime
    tries: int = 0

    def is_shown_by(self, secret: str, now: datetime) -> bool:
        """Whether this is its secret, and in time. Compared in constant time."""
        known = self.secret_hash or b""
        return hmac.compare_digest(known, tokens.fingerprint(secret)) and now < self.expires


@dataclass(frozen=True, slots=True)
class Secret:
    """The secret of a proof at the only moment at which it is known."""

    text: str
    """With the id of its proof, as links carry it."""
    fingerprint: bytes


def make(proof_id: int, dice: Callable[[int], bytes]) -> Secret:
    """A fresh secret for a proof; `dice(n)` gives n unguessable bytes."""
    secret = tokens.encode(dice(_SECRET_BYTES))
    return Secret(f"{_in_base36(proof_id)}-{secret}", tokens.fingerprint(secret))


def read(text: str) -> tuple[int, str] | None:
    """The id and the secret in what somebody shows; None for what can be no proof."""
    shape = _SHAPE.fullmatch(text.strip())
    if shape is None or (proof_id := int(shape[1], 36)) >= 1 << 63:
        return None
    return proof_id, shape[2]


def fingerprint(secret: str) -> bytes:
    """What is kept of a secret."""
    return tokens.fingerprint(secret)


def _in_base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
