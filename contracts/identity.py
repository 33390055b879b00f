"""Who acts: the identity that the edge vouches for inside the house. HMAC-signed; time and keys are
passed in.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from contracts.ids import UserId

LIFE_S = 30
HEADER = "x-identity"


class Kind(StrEnum):
    """What sort of caller."""

    USER = "user"
    BOT = "bot"
    WEBHOOK = "webhook"
    """Whoever holds a webhook's token; `user_id` is the webhook's."""
    INTERACTION = "interaction"
    """Whoever holds the token of an interaction, to answer it; `user_id` is the interaction's."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Identity:
    """A verified caller: the only source of "who" in every action."""

    user_id: UserId
    session_id: int
    kind: Kind
    has_second_factor: bool = False
    """Whether the account asks for more than its password to log in."""

    @property
    def is_bot(self) -> bool:
        """Whether a bot token was shown."""
        return self.kind is Kind.BOT

    @property
    def is_weak(self) -> bool:
        """Whether a password alone opens the account. A bot's token is no password."""
        return not self.has_second_factor and self.kind is not Kind.BOT


NOBODY = Identity(UserId(0), 0, Kind.NOBODY)


def mint(identity: Identity, audience: str, key: bytes, now_s: int) -> str:
    """The header value for one audience, valid for LIFE_S seconds."""
    who = f"{identity.kind}.{identity.user_id:d}.{identity.session_id:d}"
    text = f"{who}.{identity.has_second_factor:d}.{audience}.{now_s:d}"
    return f"{text}.{_sign(text, key)}"


def verify(value: str, audience: str, key: bytes, now_s: int) -> Identity | None:
    """The identity, or None for anything forged, foreign, stale or malformed."""
    text, _, signature = value.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(text, key).encode()):
        return None
    kind, user_id, session_id, factor, meant_for, issued = text.split(".")
    # Clocks of neighbours may differ a little, so a value from the near future is good as well.
    if meant_for != audience or not -LIFE_S <= now_s - int(issued) <= LIFE_S:
        return None
    return Identity(UserId(int(user_id)), int(session_id), Kind(kind), factor == "1")


def _sign(text: str, key: bytes) -> str:
    return hmac.new(key, text.encode(), sha256).hexdigest()[:32]
