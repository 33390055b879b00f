"""Second factors: codes by the clock (RFC 6238, SHA-1, six digits, thirty seconds) and backup codes
for a lost device.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b32decode
from collections.abc import Callable
from hashlib import sha1, sha256

from contracts.ids import UserId

BACKUP_CODES = 10

_STEP_S = 30
_DRIFT = 1
"""Steps that a device's clock may be off, either way."""
_SECRET_BYTES = range(10, 65)
_SIGNS = "abcdefghijkmnpqrstuvwxyz23456789"
_BACKUP_LENGTH = 8


def secret(raw: str) -> bytes | None:
    """The secret in what a client made up, in base 32 as authenticators show it."""
    text = "".join(raw.split()).rstrip("=").upper()
    try:
        found = b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError):
        return None
    return found if len(found) in _SECRET_BYTES else None


def code_at(key: bytes, step: int) -> str:
    """The code of a step."""
    digest = hmac.new(key, step.to_bytes(8, "big"), sha1).digest()
    at = digest[-1] & 15
    return f"{(int.from_bytes(digest[at : at + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06d}"


def step_of(key: bytes, code: str, now_s: int, used_step: int) -> int | None:
    """The step whose code this is, later than the one used last: a code works once."""
    typed = "".join(code.split()).encode()
    now = now_s // _STEP_S
    found = None
    # All of them are compared, so that the time tells nothing of which one was near.
    for step in range(max(0, now - _DRIFT), now + _DRIFT + 1):
        if hmac.compare_digest(code_at(key, step).encode(), typed) and step > used_step:
            found = step
    return found


def backup_codes(dice: Callable[[int], bytes]) -> list[str]:
    """Fresh ones; `dice(n)` gives n unguessable bytes."""
    return [
        "".join(_SIGNS[byte % len(_SIGNS)] for byte in dice(_BACKUP_LENGTH))
        for _ in range(BACKUP_CODES)
    ]


def backup_hash(user_id: UserId, code: str) -> bytes:
    """What is kept of a backup code."""
    typed = "".join(code.lower().replace("-", "").split())
    return sha256(b"%d:%b" % (user_id, typed.encode())).digest()
