"""Finds the row of a request: the rows as a tree of segments, made ready for the hot path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from gateway.rest.heads import Head
from gateway.rest.rows import ROWS, SITE, Bucket, Row

_BASES = (b"/api/v10/", b"/api/v9/", b"/api/")
_REMEMBERED = 4_096
_REMEMBERED_BYTES = 128
_NOT_A_NAME = frozenset((b"", b".", b".."))


class Route:
    """A row made ready for the hot path."""

    __slots__ = (
        "_bucket",
        "_buckets",
        "_service",
        "_services",
        "anonymous",
        "body_bytes",
        "brief",
        "major_at",
        "opened_at",
        "parts_bytes",
        "pattern",
    )

    def __init__(self, row: Row) -> None:
        self.pattern = row.pattern
        self._service = row.service
        self._services = dict(row.by_service)
        self.anonymous = row.anonymous
        self.body_bytes = row.body_bytes
        self.parts_bytes = row.parts_bytes
        self.brief = row.brief
        segments = row.pattern.split("/")
        self.major_at = segments.index(f"{{{row.major}}}") if row.major else -1
        self.opened_at = segments.index(f"{{{row.opened_by}}}") if row.opened_by else -1
        self._bucket = row.bucket
        self._buckets = dict(row.by_method)

    def bucket(self, method: bytes) -> Bucket:
        """The limit that counts this method."""
        return self._buckets.get(method, self._bucket) if self._buckets else self._bucket

    def service(self, method: bytes) -> str:
        """Who answers this method."""
        return self._services.get(method, self._service) if self._services else self._service

    def refuses(self, size: int, head: Head) -> bool:
        """Whether a body of this size is too large."""
        return size > self.body_bytes and not (size <= self.parts_bytes and head.is_in_parts())


class Match(NamedTuple):
    """Where a request goes."""

    route: Route
    path: bytes
    """As the service sees it, still percent-encoded."""
    major: bytes
    credential: bytes = b""
    """What the path itself shows: a token, and whose it is."""


class _Node:
    __slots__ = ("below", "children", "exact", "param")

    def __init__(self) -> None:
        self.children: dict[bytes, _Node] = {}
        self.param: _Node | None = None
        self.exact: Route | None = None
        self.below: Route | None = None

    def child(self, segment: str) -> _Node:
        if segment.startswith("{"):
            self.param = self.param or _Node()
            return self.param
        return self.children.setdefault(segment.encode(), _Node())


class Routes:
    """The rows as a tree of segments. A literal wins over a parameter, a longer row over `*`."""

    def __init__(self, rows: Sequence[Row] = ROWS, site: Sequence[Row] = SITE) -> None:
        self._api = _tree(rows)
        self._site = _tree(site)
        self._found: dict[bytes, Match] = {}

    def match(self, path: bytes) -> Match | None:
        """The owner of a path (without its query), or None."""
        match = self._found.get(path)
        if match is None:
            match = self._find(path)
            if match is not None and len(path) <= _REMEMBERED_BYTES:
                if len(self._found) >= _REMEMBERED:
                    self._found.clear()
                self._found[path] = match
        return match

    def _find(self, path: bytes) -> Match | None:
        root, rest = self._site, path[1:]
        for base in _BASES:
            if path.startswith(base):
                root, rest = self._api, path[len(base) :]
                break
        segments = rest.split(b"/")
        if b"%" in rest or b"/." in path or b"//" in path:
            decoded = _plain(segments)
            if decoded is None:
                return None
            segments = decoded
        route = _walk(root, segments)
        if route is None:
            return None
        major = segments[route.major_at] if route.major_at >= 0 else b""
        secret = b"\n%b/%b" % (major, segments[route.opened_at]) if route.opened_at >= 0 else b""
        return Match(route, b"/" + rest, major, secret)


def _tree(rows: Sequence[Row]) -> _Node:
    root = _Node()
    for row in rows:
        node = root
        segments = row.pattern.split("/")
        is_open = segments[-1] == "*"
        for segment in segments[:-1] if is_open else segments:
            node = node.child(segment)
        if (node.below if is_open else node.exact) is not None:
            raise ValueError(f"{row.pattern} is declared twice")
        if is_open:
            node.below = Route(row)
        else:
            node.exact = Route(row)
    return root


def _walk(node: _Node, segments: Sequence[bytes]) -> Route | None:
    below: Route | None = None
    for segment in segments:
        below = node.below or below
        step = node.children.get(segment) or node.param
        if step is None:
            return below
        node = step
    return node.exact or node.below or below


def _plain(segments: Sequence[bytes]) -> list[bytes] | None:
    """Segments without escapes; None for a path that a service might read as another one."""
    decoded = [unquote_to_bytes(segment) for segment in segments]
    for segment in decoded:
        if segment in _NOT_A_NAME or b"/" in segment or b"\\" in segment or b"\0" in segment:
            return None
    return decoded
