"""What the edge says when it refuses a request itself, in the shape that clients parse."""

from __future__ import annotations

import orjson

from contracts.errors import ErrorCode
from gateway.rest.heads import JSON

JSON_LINE = b"Content-Type: %b\r\n" % JSON


def _body(message: str) -> bytes:
    return orjson.dumps({"message": message, "code": 0})


BODIES = {
    400: _body("400: Bad Request"),
    401: _body(ErrorCode.UNAUTHORIZED.message),
    404: _body(ErrorCode.NOT_FOUND.message),
    405: _body(ErrorCode.METHOD_NOT_ALLOWED.message),
    408: _body("408: Request Timeout"),
    413: orjson.dumps(
        {"message": ErrorCode.BODY_TOO_LARGE.message, "code": ErrorCode.BODY_TOO_LARGE.code}
    ),
    417: _body("417: Expectation Failed"),
    431: _body("431: Request Header Fields Too Large"),
    500: _body(ErrorCode.INTERNAL.message),
    502: _body("502: Bad Gateway"),
    503: _body(ErrorCode.UNAVAILABLE.message),
    504: _body("504: Gateway Timeout"),
    505: _body("505: HTTP Version Not Supported"),
}
"""By status."""
