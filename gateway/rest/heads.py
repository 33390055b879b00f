"""HTTP heads at the edge: read from a request, written for a service, rewritten for a client.

Pure: bytes in, bytes out. Connections and bodies live elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

HEAD_BYTES = 16 << 10
CHUNKED = -1
UNTIL_CLOSE = -2

JSON = b"application/json"
"""Exactly this: with a charset appended some client libraries treat the body as text."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CORS = b"Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: *\r\n"
PREFLIGHT = (
    b"Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE, HEAD\r\n"
    b"Access-Control-Allow-Headers: Authorization, Content-Type, X-Audit-Log-Reason, X-Request-Id, "
    b"X-Super-Properties, X-Fingerprint, X-Discord-Locale, X-Debug-Options, *\r\n"
    b"Access-Control-Max-Age: 86400\r\n"
)

SPECIAL = frozenset(
    (
        b"authorization",
        b"connection",
        b"content-length",
        b"expect",
        b"forwarded",
        b"host",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"x-forwarded-for",
        b"x-identity",
        b"x-real-ip",
        b"x-request-id",
    )
)
"""Read here and not passed on as they came: about this hop, or what only the edge may say."""

_NOT_FOR_CLIENTS = frozenset(
    (
        b"access-control-allow-origin",
        b"access-control-expose-headers",
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"server",
        b"upgrade",
        b"x-request-id",
    )
)

_IN_PARTS = b"\r\ncontent-type: multipart/form-data"
_SANE_REQUEST_ID = re.compile(rb"[A-Za-z0-9-]{8,64}")
_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
_EXTRA_LEGAL = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Headers = list[tuple[bytes, bytes]]

_REMEMBERED = 2_048
_REMEMBERED_BYTES = 256


@dataclass(slots=True)
class Head:
    """A request head. `fault` is the status that refuses it, 0 for none."""

    method: bytes
    path: bytes
    query: bytes
    """What follows the path, with its question mark."""
    passing: list[bytes]
    special: dict[bytes, bytes]
    length: int
    """Of the body; CHUNKED if only its end will tell."""
    is_keep_alive: bool
    is_http10: bool
    fault: int

    def request_id(self) -> bytes | None:
        """The caller's request id, if it is a sane one."""
        given = self.special.get(b"x-request-id")
        return given if given is not None and _SANE_REQUEST_ID.fullmatch(given) else None

    def is_in_parts(self) -> bool:
        """Whether the body comes in parts."""
        # Of a familiar head the lines are joined already.
        return _IN_PARTS in b"\r\n%b" % b"".join(self.passing).lower()

    def wants_websocket(self) -> bool:
        """Whether this asks for a WebSocket. Other upgrades are ignored."""
        return (
            b"upgrade" in self.special.get(b"connection", b"").lower()
            and self.special.get(b"upgrade", b"").lower() == b"websocket"
            and self.method == b"GET"
        )


class Lines:
    """The header lines of a request, sorted as they are parsed."""

    __slots__ = ("passing", "special")

    def __init__(self) -> None:
        self.passing: list[bytes] = []
        self.special: dict[bytes, bytes] = {}

    def add(self, name: bytes, value: bytes) -> None:
        """One more line."""
        name = name.lower()
        if name in SPECIAL:
            special = self.special
            # Doubled headers become a list, which for framing headers is no legal value.
            special[name] = value if name not in special else special[name] + b"," + value
        elif not name.startswith(b"x-forwarded-"):
            self.passing.append(b"%b: %b\r\n" % (name, value))

    def size(self) -> int:
        """Their bytes."""
        special = sum(len(name) + len(value) + 4 for name, value in self.special.items())
        return special + sum(map(len, self.passing))

    def pairs(self) -> Headers:
        """All of them, for whoever takes the connection over."""
        found = list(self.special.items())
        for line in self.passing:
            name, _, value = line.partition(b": ")
            found.append((name, value[:-2]))
        return found


def read(method: bytes, target: bytes, lines: Lines, version: str) -> Head:
    """A request head from its parsed parts."""
    passing, special = lines.passing, lines.special
    connection = special.get(b"connection")
    is_keep_alive = version == "1.1"
    if connection is not None and connection != b"keep-alive":
        connection = connection.lower()
        is_keep_alive = is_keep_alive and b"close" not in connection
        passing = _without_nominated(passing, connection)
    length = _body_length(special)
    path, mark, query = _origin_form(target).partition(b"?")
    return Head(
        method,
        path,
        mark + query,
        passing,
        special,
        length or 0,
        is_keep_alive,
        version == "1.0",
        _fault(method, special, length, version),
    )


def preflight(path: bytes) -> bytes:
    """What may be asked from another origin, and how a program goes live by WHIP (RFC 9725)."""
    if path.startswith(b"/whip/"):
        return PREFLIGHT + b"Accept-Post: application/sdp\r\n"
    return PREFLIGHT


def for_service(head: Head, path: bytes, own: bytes) -> bytes:
    """The head that a service gets: the client's, less what is not for it, and `own` lines."""
    special = head.special
    framing = b""
    if head.length == CHUNKED:
        framing = b"transfer-encoding: chunked\r\n"
    elif b"content-length" in special:
        framing = b"content-length: %d\r\n" % head.length
    return b"%b %b%b HTTP/1.1\r\nhost: %b\r\n%b%b%b\r\n" % (
        head.method,
        path,
        head.query,
        special.get(b"host", b"moim"),
        b"".join(head.passing),
        framing,
        own,
    )


@dataclass(slots=True)
class Response:
    """A service's response head."""

    status: int
    lines: bytes
    """Status line and the headers that go to the client, without the empty line."""
    length: int
    is_keep_alive: bool


_remembered: dict[bytes, Response] = {}


def read_response(head: bytes, *, has_no_body: bool) -> Response | None:
    """A response head (without its empty line), or None if it is none. Services are trusted."""
    if has_no_body or len(head) > _REMEMBERED_BYTES:
        return _parse_response(head, has_no_body=has_no_body)
    # Services say the same few heads over and over.
    response = _remembered.get(head)
    if response is None:
        response = _parse_response(head, has_no_body=False)
        if response is not None:
            if len(_remembered) >= _REMEMBERED:
                _remembered.clear()
            _remembered[head] = response
    return response


def _parse_response(head: bytes, *, has_no_body: bool) -> Response | None:
    status_line, *lines = head.split(b"\r\n")
    if not status_line.startswith(b"HTTP/1.") or not status_line[9:12].isdigit():
        return None
    status = int(status_line[9:12])
    kept = [status_line]
    length = UNTIL_CLOSE
    is_keep_alive = status_line.startswith(b"HTTP/1.1")
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            length = CHUNKED
        elif name in _NOT_FOR_CLIENTS:
            if name == b"connection" and b"close" in value.lower():
                is_keep_alive = False
            continue
        kept.append(line)
    if has_no_body or status in (204, 304):
        length = 0
    kept.append(b"")
    return Response(status, b"\r\n".join(kept), length, is_keep_alive)


def dechunked(lines: bytes) -> bytes:
    """The same lines for a client that knows no chunks."""
    kept = [line for line in lines.split(b"\r\n") if not line.lower().startswith(b"transfer-enc")]
    return b"\r\n".join(kept)


def answer(status: int, body: bytes, extra: bytes, *, is_head: bool = False) -> bytes:
    """A whole response of the edge itself; `extra` are header lines."""
    framing = b"" if status in (204, 304) else b"Content-Length: %d\r\n" % len(body)
    line = _STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status
    return b"%b%b%b\r\n%b" % (line, framing, extra, b"" if is_head else body)


def opening(status: int, headers: Headers) -> Response:
    """The head of an application's response whose length is told and whose body comes in pieces."""
    length = int(dict(headers)[b"content-length"])
    line = _STATUS_LINES[status]
    lines = b"%bContent-Length: %d\r\n%b" % (line, length, lines_of(headers))
    return Response(status, lines, length, is_keep_alive=True)


def lines_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Header lines of an application's response, less those that the edge says itself."""
    own = _NOT_FOR_CLIENTS | {b"content-length", b"transfer-encoding"}
    return b"".join(
        b"%b: %b\r\n" % (name, value) for name, value in headers if name.lower() not in own
    )


def _fault(method: bytes, special: dict[bytes, bytes], length: int | None, version: str) -> int:
    if version not in ("1.1", "1.0"):
        return 505
    if method == b"CONNECT":
        return 405
    host = special.get(b"host", b"")
    if length is None or (not host and version == "1.1") or b"," in host:
        return 400
    if b"expect" in special and special[b"expect"].lower() != b"100-continue":
        return 417
    return 0


def _body_length(special: dict[bytes, bytes]) -> int | None:
    """None if two ends of the body could be read from the head."""
    encoding, length = special.get(b"transfer-encoding"), special.get(b"content-length")
    if encoding is not None:
        return CHUNKED if length is None and encoding.lower() == b"chunked" else None
    if length is None:
        return 0
    return int(length) if length.isdigit() and len(length) <= 15 else None


def _origin_form(target: bytes) -> bytes:
    if target.startswith(b"/"):
        return target
    _, separator, rest = target.partition(b"://")
    if not separator:
        return b"/" if target == b"*" else b"/" + target
    slash = rest.find(b"/")
    return rest[slash:] if slash >= 0 else b"/"


def _without_nominated(passing: list[bytes], connection: bytes) -> list[bytes]:
    """Leave out the headers that Connection calls hop-by-hop."""
    named = {
        token.strip() for token in connection.split(b",") if _EXTRA_LEGAL.fullmatch(token.strip())
    }
    return [line for line in passing if line.partition(b":")[0] not in named]
