"""Web Push: the encryption of RFC 8291 and the identification of RFC 8292 (VAPID). Keys and dice
are passed in.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from contracts.wire import JSON
from notification_service.domain.devices import WebKeys

BODY_MOST = 4_096
"""What every push service takes."""
PLAIN_MOST = BODY_MOST - 16 - 4 - 1 - 65 - 1 - 16
"""Without salt, record size, the length of the key and the key, the delimiter and the tag."""
AUTH_BYTES = 16

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_RECORD = 4_096
_LAST = b"\x02"


def b64(raw: bytes) -> str:
    """As the web writes bytes."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Bytes from how browsers write them; ValueError for anything else."""
    plain = text.rstrip("=").replace("+", "-").replace("/", "_")
    return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


def private_key(secret: bytes) -> ec.EllipticCurvePrivateKey:
    """A key from 32 random bytes, the same for the same."""
    number = int.from_bytes(secret, "big") % (_ORDER - 1) + 1
    return ec.derive_private_key(number, ec.SECP256R1())


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The point that stands for it, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def are_keys(keys: WebKeys) -> bool:
    """Whether a browser could have given these."""
    try:
        _point(keys.p256dh)
        return len(unb64(keys.auth)) == AUTH_BYTES
    except (ValueError, UnsupportedAlgorithm):
        return False


def encrypt(
    plain: bytes, keys: WebKeys, *, ephemeral: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """The body of a push that only this browser can read; `aes128gcm` in one record."""
    theirs, ours = unb64(keys.p256dh), public_bytes(ephemeral)
    shared = ephemeral.exchange(ec.ECDH(), _point(keys.p256dh))
    info = b"WebPush: info\0" + theirs + ours
    secret = _derive(unb64(keys.auth), shared, info, 32)
    key = _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes((len(ours),)) + ours
    return head + AESGCM(key).encrypt(nonce, plain + _LAST, None)


def audience_of(endpoint: str) -> str:
    """The push service, for which an identification is made out."""
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"


def identification(
    key: ec.EllipticCurvePrivateKey, audience: str, *, contact: str, expires_s: int
) -> str:
    """The Authorization header that says who pushes: whoever subscribed with our public key."""
    claims = {"aud": audience, "exp": expires_s, "sub": contact}
    token = signed(key, {"typ": "JWT", "alg": "ES256"}, claims)
    return f"vapid t={token}, k={b64(public_bytes(key))}"


def signed(key: ec.EllipticCurvePrivateKey, head: JSON, claims: JSON) -> str:
    """A JSON Web Token by ES256."""
    text = f"{b64(orjson.dumps(head))}.{b64(orjson.dumps(claims))}"
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    return f"{text}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _point(text: str) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(text))


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
