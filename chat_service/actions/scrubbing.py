"""Files that are kept as they came, but for what they say of where and by what they were made. They
may be large: of a film only what describes it is in memory.
"""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from typing import NamedTuple

from chassis.blobs import Blobs
from chat_service.domain import scrubbing
from chat_service.domain.scrubbing import Patch
from contracts import kinds
from contracts.kinds import Kind

_PIECE_BYTES = 256 << 10
_MOST_BOXES = 4_096
_MOST_READ = 32 << 20
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_HEAD_BYTES = 32


class _Found(NamedTuple):
    """A box of the file itself, and how it begins."""

    name: bytes
    at: int
    length: int
    head: bytes


async def scrub(blobs: Blobs, key: str, kind: Kind, size: int) -> None:
    """Write it once more without, if there is anything. What can not be read is left alone."""
    try:
        patches = scrubbing.merged(await _patches(blobs, key, kind, size))
    except scrubbing.TORN:
        return
    if not patches:
        return
    # It is exchanged as a whole when the last piece is written.
    writing = blobs.begin(key)
    for at in range(0, size, _PIECE_BYTES):
        data = await blobs.part(key, at, min(size, at + _PIECE_BYTES))
        await writing.write(scrubbing.patched(data, at, patches))
    await writing.close()


async def _patches(blobs: Blobs, key: str, kind: Kind, size: int) -> list[Patch]:
    if kind == kinds.TIFF:
        return scrubbing.of_tiff(await blobs.part(key, 0, min(size, _MOST_READ)))
    found: list[Patch] = []
    if kind in (kinds.HEIC, kinds.AVIF):
        async for box in _boxes(blobs, key, size):
            if box.name == b"meta" and box.length <= _MOST_READ:
                meta = await blobs.part(key, box.at, box.at + box.length)
                found += scrubbing.of_still(meta, box.at)
    elif kind in (kinds.MP4, kinds.QUICKTIME):
        async for box in _boxes(blobs, key, size):
            if box.name == b"moov" and box.length <= _MOST_READ:
                moov = await blobs.part(key, box.at, box.at + box.length)
                found += scrubbing.of_film(moov, box.at)
            elif box.name in (b"udta", b"meta") or box.head[8:24] == _XMP:
                found.append(Patch(box.at, box.length, scrubbing.emptied(box.head[:8])))
    return found


async def _boxes(blobs: Blobs, key: str, size: int) -> AsyncIterator[_Found]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > size:
            return
        head = await blobs.part(key, at, min(size, at + _HEAD_BYTES))
        length, name = struct.unpack_from(">I4s", head)
        if length == 1:
            (length,) = struct.unpack_from(">Q", head, 8)
        length = length or size - at
        if length < 8:
            return
        yield _Found(name, at, min(length, size - at), head)
        at += length
