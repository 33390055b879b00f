"""Pictures on the public origin, at the paths where Discord's clients look for them.

A path names its content, so an answer is good for ever. What was asked for lately is kept in
memory as it was sent; decoding, making smaller and writing happen on the threads of chassis.images.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Protocol

from fastapi import APIRouter, Request
from starlette.responses import Response

from chassis import images
from chassis.tasks import Tasks
from contracts import assets
from contracts.errors import Invalid, NotFound
from gateway.rest import faces

KEPT_BYTES = 32 << 20
_FOREVER = "public, max-age=31536000, immutable"

_AT_ONCE = 4
"""Files of messages are larger than pictures of ours: so many are whole in memory."""

Key = tuple[str, str, int | tuple[int, int] | None, bool]


class Blobs(Protocol):
    """Where they lie."""

    async def get(self, name: str) -> bytes | None:
        """The whole file, or None."""


class Pictures:
    """Pictures in the size and format somebody asks for."""

    def __init__(self, blobs: Blobs, tasks: Tasks, *, kept_bytes: int = KEPT_BYTES) -> None:
        self._blobs = blobs
        self._tasks = tasks
        self._most = kept_bytes
        self._size = 0
        self._kept: OrderedDict[Key, bytes] = OrderedDict()
        self._making: dict[Key, asyncio.Task[bytes | None]] = {}
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def get(self, shown: assets.Shown, size: int | None, *, moving: bool) -> bytes | None:
        """The picture of a path, or None."""

        async def made() -> bytes | None:
            data = await self._blobs.get(shown.key)
            if data is None:
                return None
            return await images.rendered(data, shown.ending, size, moving=moving)

        return await self._once((shown.key, shown.ending, size, moving), made)

    async def fitted(
        self, key: str, ending: str, box: tuple[int, int], *, moving: bool
    ) -> bytes | None:
        """A picture of a message, within a box."""

        async def made() -> bytes | None:
            async with self._free:
                data = await self._blobs.get(key)
                if data is None:
                    return None
                return await images.fitted(data, ending, box, moving=moving)

        return await self._once((key, ending, box, moving), made)

    async def face(self, number: int) -> bytes:
        """A default avatar."""

        async def made() -> bytes:
            return await images.aside(lambda: faces.drawn(number))

        found = await self._once(("embed", str(number), None, False), made)
        assert found is not None
        return found

    async def _once(self, key: Key, make: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        """What is kept, or is just being made for somebody else, or is made now."""
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            return kept
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = self._tasks.spawn("pictures", self._make(key, make))
        return await asyncio.shield(making)

    async def _make(self, key: Key, make: Callable[[], Awaitable[bytes | None]]) -> bytes | None:
        try:
            data = await make()
        finally:
            del self._making[key]
        if data is not None:
            self._kept[key] = data
            self._size += len(data)
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])
        return data


def router(pictures: Pictures) -> APIRouter:
    """The routes of all of them."""
    routes = APIRouter()

    @routes.get("/embed/avatars/{number}.png")
    async def default_avatar(number: int, request: Request) -> Response:
        """The face of somebody without a picture."""
        if not 0 <= number < assets.FACES:
            raise NotFound
        return await _answer(request, f"face-{number}", "png", lambda: pictures.face(number))

    @routes.get("/{path:path}")
    async def picture(path: str, request: Request) -> Response:
        """Everything else that the edge's table sends here."""
        shown = assets.parse(path)
        if shown is None:
            raise NotFound
        size = _size(request.query_params.get("size"))
        # A still of an animation is a .png, or a .webp that nobody asked to move.
        moving = shown.ending == "gif" or request.query_params.get("animated") == "true"
        tag = f"{shown.key.replace('/', '-')}-{size or 0}-{int(moving)}-{shown.ending}"
        return await _answer(
            request, tag, shown.ending, lambda: pictures.get(shown, size, moving=moving)
        )

    return routes


async def _answer(
    request: Request, tag: str, ending: str, get: Callable[[], Awaitable[bytes | None]]
) -> Response:
    headers = {
        "ETag": f'"{tag}"',
        "Cache-Control": _FOREVER,
        "X-Content-Type-Options": "nosniff",
    }
    if f'"{tag}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    data = await get()
    if data is None:
        raise NotFound
    return Response(data, media_type=assets.MEDIA_TYPES[ending], headers=headers)


def _size(asked: str | None) -> int | None:
    if asked is None:
        return None
    if not asked.isascii() or not asked.isdigit() or int(asked[:6]) not in assets.SIZES:
        text = "Must be a power of two between 16 and 4096."
        raise Invalid({"size": ("BASE_TYPE_CHOICES", text)})
    return int(asked)
