"""What a SEND asks for, as the REST request that says the same. Pure."""

from __future__ import annotations

from typing import Any

import orjson

from gateway.live.payloads import BadPayload
from gateway.stomp.destinations import Deed, Verb

Request = tuple[bytes, bytes, bytes]
"""Method, path and body."""


def asked(deed: Deed, body: bytes) -> Request:
    """The request; BadPayload when the body does not name its message."""
    channel = b"/api/v10/channels/%d" % deed.channel_id
    if deed.verb is Verb.SAY:
        return b"POST", b"%b/messages" % channel, body
    if deed.verb is Verb.TYPE:
        return b"POST", b"%b/typing" % channel, b""
    said = form(body)
    message = b"%b/messages/%d" % (channel, _message_id(said))
    if deed.verb is Verb.ACK:
        return b"POST", b"%b/ack" % message, b"{}"
    if deed.verb is Verb.DELETE:
        return b"DELETE", message, b""
    return b"PATCH", message, orjson.dumps(said)


def form(body: bytes) -> dict[str, Any]:
    """A JSON object; BadPayload if it is none."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadPayload from None
    if not isinstance(said, dict):
        raise BadPayload
    return said


def _message_id(said: dict[str, Any]) -> int:
    """Which message; the rest of the form is what becomes of it."""
    try:
        number = int(said.pop("message_id"))
    except (KeyError, TypeError, ValueError):
        raise BadPayload from None
    if not 0 < number < 1 << 63:
        raise BadPayload
    return number
