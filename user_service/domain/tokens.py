"""Public tokens: base64(user id) . base64(time) . secret. Only their fingerprint is kept. Whether
one is alive is known to the store.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from contracts.ids import EPOCH_MS, UserId

SECRET_BYTES = 32
_TIME_BYTES = 6
_SHAPE = re.compile(r"([\w-]{2,26})\.([\w-]{8})\.([\w-]{27,86})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says of itself, believed only together with its fingerprint."""

    user_id: UserId
    made_ms: int


def build(user_id: UserId, now_ms: int, dice: Callable[[int], bytes]) -> str:
    """A fresh token; `dice(n)` gives n unguessable bytes."""
    made = max(0, now_ms - EPOCH_MS).to_bytes(_TIME_BYTES, "big")
    return ".".join((encode(b"%d" % user_id), encode(made), encode(dice(SECRET_BYTES))))


def parse(text: str) -> Token | None:
    """What it says, or None for what cannot be a token."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return None
    try:
        owner = UserId.parse(_decode(shape[1]).decode("ascii"))
        made = int.from_bytes(_decode(shape[2]), "big") + EPOCH_MS
    except ValueError:
        return None
    return Token(owner, made) if encode(b"%d" % owner) == shape[1] else None


def fingerprint(text: str) -> bytes:
    """What is kept of a token. Any text has one, so that bad tokens cost what good ones cost."""
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def public_hash(token_hash: bytes) -> str:
    """How a login session is named to its owner: tells nothing of the token."""
    return urlsafe_b64encode(sha256(token_hash).digest()).decode()


def encode(raw: bytes) -> str:
    """As links and tokens carry bytes."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
