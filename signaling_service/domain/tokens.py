"""Voice tokens: JSON Web Tokens signed with HS256, in the form that LiveKit's clients show. What
they let their bearer do is settled anew at each connection: only who, where and which ticket
counts.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from contracts.wire import JSON

_HEAD = b'{"alg":"HS256","typ":"JWT"}'
_LONGEST = 8_192
_LEEWAY_S = 10


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says, once its signature and its time are proven."""

    identity: str
    issuer: str
    grants: JSON = field(default_factory=dict)
    name: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    ticket: str = ""
    """Of the stay; without one the token was made by an operator's program."""
    place_id: int = 0

    @property
    def room(self) -> str:
        """The room that it names."""
        room = self.grants.get("room")
        return room if isinstance(room, str) else ""

    def has(self, grant: str, *, unless_said: bool = False) -> bool:
        """Whether a grant is given; some are unless the token denies them."""
        value = self.grants.get(grant)
        return unless_said if value is None else value is True


def sign(payload: JSON, secret: bytes) -> str:
    """A token with this payload."""
    text = _text(_HEAD) + b"." + _text(orjson.dumps(payload))
    return (text + b"." + _text(_signature(text, secret))).decode()


def read(token: str, keys: Mapping[str, bytes], now_s: float) -> Claims | None:
    """The claims, or None for anything forged, overdue or malformed. `keys` by issuer."""
    if len(token) > _LONGEST or token.count(".") != 2:
        return None
    text, _, signature = token.rpartition(".")
    try:
        head, payload = (orjson.loads(_bytes(part)) for part in text.split("."))
        given = _bytes(signature)
    except (orjson.JSONDecodeError, NotBase64, ValueError):
        return None
    if not (isinstance(head, dict) and head.get("alg") == "HS256" and isinstance(payload, dict)):
        return None
    secret = keys.get(str(payload.get("iss")))
    if secret is None or not hmac.compare_digest(given, _signature(text.encode(), secret)):
        return None
    return _claims(payload) if _is_timely(payload, now_s) else None


def _claims(payload: Mapping[str, Any]) -> Claims | None:
    grants, own = payload.get("video"), payload.get("moim")
    attributes = payload.get("attributes")
    own = own if isinstance(own, dict) else {}
    place = own.get("place")
    return Claims(
        identity=str(payload.get("sub") or ""),
        issuer=str(payload.get("iss")),
        grants=grants if isinstance(grants, dict) else {},
        name=str(payload.get("name") or ""),
        metadata=str(payload.get("metadata") or ""),
        attributes={str(k): str(v) for k, v in attributes.items()}
        if isinstance(attributes, dict)
        else {},
        ticket=str(own.get("ticket") or ""),
        place_id=int(place) if isinstance(place, str) and place.isdigit() else 0,
    )


def _is_timely(payload: Mapping[str, Any], now_s: float) -> bool:
    until, since = payload.get("exp"), payload.get("nbf", 0)
    if not isinstance(until, int | float) or not isinstance(since, int | float):
        return False
    return since - _LEEWAY_S <= now_s < until


def _signature(text: bytes, secret: bytes) -> bytes:
    return hmac.new(secret, text, sha256).digest()


def _text(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
