"""Keys of a leg, made at both ends out of what both know; none of them is ever sent."""

from __future__ import annotations

import hmac

import orjson

End = tuple[str, str]
"""A worker and its nonce."""


def leg_keys(secret: bytes, room: str, here: End, there: End, size: int) -> tuple[bytes, bytes]:
    """For receiving and for sending, as `here` sees it."""
    return _key(secret, room, there, here)[:size], _key(secret, room, here, there)[:size]


def _key(secret: bytes, room: str, sender: End, receiver: End) -> bytes:
    said = orjson.dumps(["leg", room, *sender, *receiver])
    return hmac.digest(secret, said, "sha512")
