"""Secrets that have to be read again, sealed for the time that they lie in the database: a copy of
it opens nobody's second factor. Pure; the library is loaded by the first secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

_MARK = b"sealed:1"
"""Before what is sealed: secrets of older houses lie open."""
_NONCE_BYTES = 12


class Opened(NamedTuple):
    """What was sealed."""

    secret: bytes
    is_current: bool
    """Whether the seal is of today's key. If not, it is time for another one."""


@dataclass(frozen=True, slots=True)
class Seals:
    """Makes and opens them. The first key seals; the others still open what they have sealed."""

    keys: tuple[bytes, ...] = field(repr=False)
    dice: Callable[[int], bytes]
    """n unguessable bytes."""

    def seal(self, secret: bytes, owner: int) -> bytes:
        """A secret that only opens as this owner's."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = self.dice(_NONCE_BYTES)
        return _MARK + nonce + AESGCM(self.keys[0]).encrypt(nonce, secret, b"%d" % owner)

    def open(self, kept: bytes, owner: int) -> Opened | None:
        """The secret in what was kept; None if no key opens it."""
        if not kept.startswith(_MARK):
            return Opened(kept, is_current=False)
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = kept.removeprefix(_MARK)
        nonce, body = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for at, key in enumerate(self.keys):
            try:
                secret = AESGCM(key).decrypt(nonce, body, b"%d" % owner)
            except InvalidTag:
                continue
            return Opened(secret, is_current=at == 0)
        return None
