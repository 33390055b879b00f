"""RTP packets sealed as Discord's voice libraries seal them: the header in the clear but proven,
the rest encrypted, and behind it the four bytes that made the nonce.

Of an extension, the first word stands in the clear and its body is encrypted. Imported with the
first cord only: the library for this takes memory.
"""

from __future__ import annotations

from struct import Struct
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

from contracts.rpc.media_cords import AES, XCHACHA

NONCE_BYTES, TAG_BYTES = 4, 16
_OVERHEAD = NONCE_BYTES + TAG_BYTES
_HEAD_BYTES = 12
_NONCE = Struct("!I")
_WORDS, _OUTER, _INNER = Struct("<16I"), Struct("<8I"), Struct("<4I")
_CONSTANTS = (0x61707865, 0x3320646E, 0x79622D32, 0x6B206574)
_ZEROS = bytes(64)


class Aead(Protocol):
    """What encrypts and proves."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """With the tag behind."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """InvalidTag for what is not proven."""


class XChaCha20Poly1305:
    """The same with nonces of 24 bytes (draft-irtf-cfrg-xchacha)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """With the tag behind."""
        return self._inner(nonce).encrypt(bytes(4) + nonce[16:], data, associated_data)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """InvalidTag for what is not proven."""
        return self._inner(nonce).decrypt(bytes(4) + nonce[16:], data, associated_data)

    def _inner(self, nonce: bytes) -> ChaCha20Poly1305:
        return ChaCha20Poly1305(hchacha20(self._key, nonce[:16]))


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """A key made of a key and 16 bytes. ChaCha20's block is what HChaCha20 wants plus the state it
    began with; the state is known where it matters, so it is taken off again.
    """
    block = _WORDS.unpack(Cipher(ChaCha20(key, nonce), None).encryptor().update(_ZEROS))
    began = _CONSTANTS + _INNER.unpack(nonce)
    outer = zip(block[:4] + block[12:], began, strict=True)
    return _OUTER.pack(*(word - known & 0xFFFFFFFF for word, known in outer))


class Seal:
    """One key, in one of the modes."""

    def __init__(self, mode: str, key: bytes) -> None:
        made: dict[str, type[AESGCM] | type[XChaCha20Poly1305]]
        made = {AES: AESGCM, XCHACHA: XChaCha20Poly1305}
        self._aead: Aead = made[mode](key)
        self._padding = bytes((12 if mode == AES else 24) - NONCE_BYTES)

    def seal(self, header: bytes, payload: bytes, count: int) -> bytes:
        """A packet; `count` is never used twice with a key."""
        nonce = _NONCE.pack(count)
        return header + self._aead.encrypt(nonce + self._padding, payload, header) + nonce

    def open(self, data: bytes) -> bytes | None:
        """The packet with nothing but its header and payload; None for what is not proven."""
        if len(data) < _HEAD_BYTES + _OVERHEAD or data[0] >> 6 != 2:
            return None
        is_extended = data[0] & 16
        clear = _HEAD_BYTES + 4 * (data[0] & 15) + (4 if is_extended else 0)
        if len(data) < clear + _OVERHEAD:
            return None
        nonce, header = data[-NONCE_BYTES:], data[:clear]
        try:
            plain = self._aead.decrypt(nonce + self._padding, data[clear:-NONCE_BYTES], header)
        except InvalidTag:
            return None
        begin = 4 * int.from_bytes(header[-2:], "big") if is_extended else 0
        end = len(plain) - (plain[-1] if data[0] & 32 and plain else 0)
        return b"\x80" + header[1:_HEAD_BYTES] + plain[begin : max(begin, end)]
