"""Files of messages on the public origin, for whoever was shown their link.

Strangers' files never run here: what a browser does not merely show is saved, nothing is guessed,
and whatever it is, it is in a sandbox. Bytes go from the store to the client piece by piece.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import NamedTuple, Protocol
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from chassis.clock import Clock
from contracts import assets
from contracts.attachments import SHOWN, Links, Place
from contracts.errors import Invalid, NotFound
from contracts.kinds import FILMS, HEAD_BYTES, PICTURES, Kind, kind_of
from gateway.rest.pictures import Pictures

PIECE_BYTES = 256 << 10
MOST_SIDE = 4_096
_UNBOUNDED = 1 << 16
_ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


class Blobs(Protocol):
    """Where they lie."""

    async def get(self, name: str) -> bytes | None:
        """The whole file, or None."""

    async def size(self, name: str) -> int | None:
        """How many bytes it has, or None."""

    async def part(self, name: str, start: int, end: int) -> bytes:
        """Some of it."""


class Variant(NamedTuple):
    """A picture as somebody would like it."""

    ending: str
    box: tuple[int, int]
    moving: bool


class Attachments:
    """Files, whole, in ranges, or as smaller pictures."""

    def __init__(self, blobs: Blobs, links: Links, pictures: Pictures, clock: Clock) -> None:
        self._blobs = blobs
        self._links = links
        self._pictures = pictures
        self._clock = clock

    async def show(self, place: Place, request: Request) -> Response:
        """What a link opens."""
        until = self._links.expires(place, SHOWN, dict(request.query_params))
        left = (until or 0) - int(self._clock.now().timestamp())
        # Whether it is there is asked each time: a file that was deleted is not kept in memory.
        size = await self._blobs.size(place.key) if left > 0 else None
        if size is None:
            raise NotFound
        kind = kind_of(await self._blobs.part(place.key, 0, min(size, HEAD_BYTES)))
        wanted = _variant(request, kind)
        tag = f'"{place.id}"'
        if wanted is not None:
            tag = f'"{place.id}-{wanted.ending}-{wanted.box}-{wanted.moving:d}"'.replace(" ", "")
        headers = _headers(place, kind, wanted) | {
            "ETag": tag,
            "Cache-Control": f"private, max-age={left}, immutable",
        }
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if wanted is not None:
            return await self._fitted(place, wanted, headers, is_film=kind in FILMS)
        return await self._ranged(place, size, headers, request)

    async def _fitted(
        self, place: Place, wanted: Variant, headers: dict[str, str], *, is_film: bool
    ) -> Response:
        ending, box, moving = wanted
        key = place.poster_key if is_film else place.key
        data = await self._pictures.fitted(key, ending, box, moving=moving)
        if data is None:
            raise NotFound
        return Response(data, headers=headers)

    async def _ranged(
        self, place: Place, size: int, headers: dict[str, str], request: Request
    ) -> Response:
        headers["Accept-Ranges"] = "bytes"
        start, end, status = 0, size, 200
        asked = _RANGE.fullmatch(request.headers.get("range", ""))
        if asked and any(asked.groups()) and _still(request, headers["ETag"]):
            start, end = _span(asked[1], asked[2], size)
            if start >= end:
                headers["Content-Range"] = f"bytes */{size}"
                return Response(status_code=416, headers=headers)
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
            status = 206
        if end - start <= PIECE_BYTES:
            data = await self._blobs.part(place.key, start, end)
            return Response(data, status, headers)
        headers["Content-Length"] = str(end - start)
        return StreamingResponse(self._pieces(place.key, start, end), status, headers)

    async def _pieces(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        for at in range(start, end, PIECE_BYTES):
            yield await self._blobs.part(key, at, min(end, at + PIECE_BYTES))


def router(attachments: Attachments) -> APIRouter:
    """The route."""
    routes = APIRouter()

    @routes.get("/attachments/{channel_id}/{attachment_id}/{filename}", include_in_schema=False)
    async def attachment(
        channel_id: int, attachment_id: int, filename: str, request: Request
    ) -> Response:
        """A file of a message."""
        return await attachments.show(Place(channel_id, attachment_id, filename), request)

    return routes


def _headers(place: Place, kind: Kind, wanted: Variant | None) -> dict[str, str]:
    name = quote(place.filename, safe="")
    how = "inline" if kind.is_shown else "attachment"
    return {
        "Content-Type": assets.MEDIA_TYPES[wanted.ending] if wanted else kind.media_type,
        "Content-Disposition": f"{how}; filename*=UTF-8''{name}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Referrer-Policy": "no-referrer",
    }


def _variant(request: Request, kind: Kind) -> Variant | None:
    query = request.query_params
    width, height, ending = (query.get(name) for name in ("width", "height", "format"))
    # Of a film a picture is shown if one asks for a format; by size alone it is the film itself.
    if not (kind in PICTURES and (width or height or ending)) and not (kind in FILMS and ending):
        return None
    if ending is not None and ending not in assets.MEDIA_TYPES:
        raise Invalid({"format": ("BASE_TYPE_CHOICES", "Must be png, jpg, jpeg, webp or gif.")})
    moving = ending is None or ending == "gif" or query.get("animated") == "true"
    box = _side("width", width), _side("height", height)
    return Variant(ending or _ENDINGS[kind.media_type], box, moving)


def _side(name: str, asked: str | None) -> int:
    if asked is None:
        return _UNBOUNDED
    if not (asked.isascii() and asked.isdigit() and 1 <= int(asked[:6]) <= MOST_SIDE):
        raise Invalid({name: ("NUMBER_TYPE_RANGE", f"Must be between 1 and {MOST_SIDE}.")})
    return int(asked)


def _still(request: Request, tag: str) -> bool:
    """Whether what the asker has a part of is what is here."""
    return request.headers.get("if-range", tag) == tag


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """From where to before where; nothing if that lies beyond the file."""
    if not first:
        return max(0, size - int(last)), size
    end = min(int(last) + 1, size) if last else size
    return int(first), end
