"""STUN binding requests: reading, proving, answering (RFC 8489).

The worker is an ICE-lite agent (RFC 8445): it answers checks and makes none, so requests are all
that is read here, and responses all that is made.
"""

from __future__ import annotations

import hmac
import zlib
from dataclasses import dataclass
from ipaddress import ip_address
from struct import Struct

COOKIE = 0x2112A442
ROLE_CONFLICT = (487, b"Role Conflict")

_HEAD = Struct("!HHI12s")
_TYPE_LENGTH = Struct("!HH")
_REQUEST, _RESPONSE, _ERROR = 0x0001, 0x0101, 0x0111
_USERNAME, _INTEGRITY, _ERROR_CODE, _XOR_ADDRESS = 0x0006, 0x0008, 0x0009, 0x0020
_USE_CANDIDATE, _FINGERPRINT, _CONTROLLED = 0x0025, 0x8028, 0x8029
_INTEGRITY_BYTES, _FINGERPRINT_BYTES = 24, 8
_FINGERPRINT_XOR = 0x5354554E
_LONGEST = 1280


@dataclass(frozen=True, slots=True)
class Request:
    """A binding request as it was sent, not yet believed."""

    transaction: bytes
    local: str
    """The ufrag of the one who is asked."""
    remote: str
    is_nominating: bool
    is_controlled: bool
    signed: bytes
    signature: bytes

    def is_proven(self, password: bytes) -> bool:
        """Whether the sender knows the password."""
        made = hmac.digest(password, self.signed, "sha1")
        return hmac.compare_digest(made, self.signature)


def read(data: bytes) -> Request | None:
    """A binding request with a name and a signature; None for anything else."""
    if not 20 <= len(data) <= _LONGEST:
        return None
    kind, length, cookie, transaction = _HEAD.unpack_from(data)
    if kind != _REQUEST or cookie != COOKIE or length + 20 != len(data) or length % 4:
        return None
    name, at = b"", 20
    flags: set[int] = set()
    while at + 4 <= len(data):
        attribute, size = _TYPE_LENGTH.unpack_from(data, at)
        end = at + 4 + size
        if end > len(data):
            return None
        if attribute == _INTEGRITY:
            return _signed(data, at, size, transaction, name, flags)
        if attribute == _USERNAME:
            name = data[at + 4 : end]
        flags.add(attribute)
        at = end + -size % 4
    return None


def _signed(
    data: bytes, at: int, size: int, transaction: bytes, name: bytes, flags: set[int]
) -> Request | None:
    local, colon, remote = name.partition(b":")
    if size != 20 or not colon or not name.isascii():
        return None
    # What is signed is everything before, under a length that ends with the signature.
    length = at - 20 + _INTEGRITY_BYTES
    return Request(
        transaction,
        local.decode(),
        remote.decode(),
        _USE_CANDIDATE in flags,
        _CONTROLLED in flags,
        data[:2] + length.to_bytes(2, "big") + data[4:at],
        data[at + 4 : at + 24],
    )


def response(request: Request, address: tuple[str, int], password: bytes) -> bytes:
    """Yes, and where you come from."""
    return _made(_RESPONSE, request, _attribute(_XOR_ADDRESS, _xored(address, request)), password)


def refusal(request: Request, why: tuple[int, bytes], password: bytes) -> bytes:
    """No, and why."""
    code, text = why
    value = bytes((0, 0, code // 100, code % 100)) + text
    return _made(_ERROR, request, _attribute(_ERROR_CODE, value), password)


def _made(kind: int, request: Request, attributes: bytes, password: bytes) -> bytes:
    size = len(attributes) + _INTEGRITY_BYTES
    head = _HEAD.pack(kind, size, COOKIE, request.transaction)
    signature = hmac.digest(password, head + attributes, "sha1")
    signed = attributes + _attribute(_INTEGRITY, signature)
    head = _HEAD.pack(kind, size + _FINGERPRINT_BYTES, COOKIE, request.transaction)
    print_ = zlib.crc32(head + signed) ^ _FINGERPRINT_XOR
    return head + signed + _attribute(_FINGERPRINT, print_.to_bytes(4, "big"))


def _attribute(kind: int, value: bytes) -> bytes:
    return _TYPE_LENGTH.pack(kind, len(value)) + value + bytes(-len(value) % 4)


def _xored(address: tuple[str, int], request: Request) -> bytes:
    host, port = address
    packed = ip_address(host).packed
    pad = (COOKIE.to_bytes(4, "big") + request.transaction)[: len(packed)]
    mixed = int.from_bytes(packed, "big") ^ int.from_bytes(pad, "big")
    family = b"\0\2" if len(packed) == 16 else b"\0\1"
    return family + (port ^ COOKIE >> 16).to_bytes(2, "big") + mixed.to_bytes(len(packed), "big")
