"""What a file says of where, when and by what it was made, and which bytes have to be written over
so that it does not: for formats that we can not write anew. Nothing moves and nothing becomes
longer or shorter, so what one sees and hears stays as it was. Pure.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

_MOST_BOXES = 4_096
_MOST_ENTRIES = 1_024
_MOST_LISTS = 64
_MOST_SAMPLES = 4_096

TORN = (ValueError, IndexError, struct.error)
"""What reading a file raises that ends too early, or leads nowhere."""


class Patch(NamedTuple):
    """A part of the file that becomes zeros, or these bytes and then zeros."""

    at: int
    length: int
    head: bytes = b""


def patched(data: bytes, at: int, patches: Iterable[Patch]) -> bytes:
    """A piece of the file, which begins at a place, as it is to be."""
    fresh = bytearray(data)
    for patch in patches:
        start, end = max(patch.at - at, 0), min(patch.at + patch.length - at, len(data))
        if start < end:
            skipped = start + at - patch.at
            fresh[start:end] = patch.head[skipped : skipped + end - start].ljust(end - start, b"\0")
    return bytes(fresh)


def merged(patches: Iterable[Patch]) -> list[Patch]:
    """The same, no byte twice: a file may name one part as often as it likes."""
    found: list[Patch] = []
    for patch in sorted(patches):
        last = found[-1] if found else Patch(0, 0)
        over = last.at + last.length - patch.at
        if over <= 0 or patch.head:
            found.append(patch)
        elif over < patch.length:
            found.append(Patch(patch.at + over, patch.length - over))
    return found


class _Box(NamedTuple):
    """A part of a film or a picture: where it begins, where its content does, where it ends."""

    name: bytes
    at: int
    start: int
    end: int


def of_film(moov: bytes, at: int) -> list[Patch]:
    """A film whose `moov` begins at a place: what its maker wrote beside the pictures becomes empty
    space, and so do tracks that are neither seen nor heard (positions of every second).
    """
    empty = [
        Patch(at + box.at, box.end - box.at, emptied(moov[box.at : box.start]))
        for box in _telling(moov)
    ]
    days = [
        Patch(at + box.start + 4, 16 if moov[box.start] == 1 else 8)
        for box in _dated(moov, _Box(b"moov", 0, 8, len(moov)))
    ]
    silent = (box for box in _boxes(moov, 8, len(moov)) if _is_silent(moov, box))
    said = (patch for box in silent for patch in _samples(moov, box))
    return [*empty, *days, *islice(said, _MOST_SAMPLES)]


def emptied(head: bytes) -> bytes:
    """The head of a box that holds nothing any more."""
    return head[:4] + b"free" + head[8:]


def _telling(moov: bytes) -> Iterator[_Box]:
    for outer in _boxes(moov, 8, len(moov)):
        if outer.name in (b"udta", b"meta") or _is_silent(moov, outer):
            yield outer
        elif outer.name == b"trak":
            inner = _boxes(moov, outer.start, outer.end)
            yield from (box for box in inner if box.name in (b"udta", b"meta"))


def _dated(moov: bytes, within: _Box) -> Iterator[_Box]:
    """What says when it was made and changed."""
    for box in _boxes(moov, within.start, within.end):
        if box.name in (b"mvhd", b"tkhd", b"mdhd"):
            yield box
        elif (within.name, box.name) in ((b"moov", b"trak"), (b"trak", b"mdia")):
            yield from _dated(moov, box)


def _is_silent(data: bytes, box: _Box) -> bool:
    """Whether it is a track that is neither seen nor heard."""
    hdlr = _within(data, box, b"mdia", b"hdlr") if box.name == b"trak" else None
    return hdlr is not None and data[hdlr.start + 8 : hdlr.start + 12] in (b"meta", b"camm")


def _within(data: bytes, box: _Box, *names: bytes) -> _Box | None:
    """The box at the end of a path."""
    for name in names:
        inner = _boxes(data, box.start, box.end)
        found = next((one for one in inner if one.name == name), None)
        if found is None:
            return None
        box = found
    return box


def _samples(data: bytes, trak: _Box) -> Iterator[Patch]:
    """Where the samples of a track lie in the file."""
    table = _within(data, trak, b"mdia", b"minf", b"stbl")
    boxes = {box.name: box.start for box in _boxes(data, table.start, table.end)} if table else {}
    places, form = (b"stco", ">I") if b"stco" in boxes else (b"co64", ">Q")
    if not {b"stsc", b"stsz", places} <= boxes.keys():
        return
    sizes, runs = boxes[b"stsz"] + 4, boxes[b"stsc"] + 4
    same, many = struct.unpack_from(">II", data, sizes)
    (count,) = struct.unpack_from(">I", data, runs)
    run, per_chunk, sample = 0, 0, 0
    (chunks,) = struct.unpack_from(">I", data, boxes[places] + 4)
    for chunk in range(min(chunks, many)):
        if run < count and struct.unpack_from(">I", data, runs + 4 + 12 * run)[0] == chunk + 1:
            (per_chunk,) = struct.unpack_from(">I", data, runs + 8 + 12 * run)
            run += 1
        if not 0 < per_chunk <= many - sample:
            return
        at = boxes[places] + 8 + struct.calcsize(form) * chunk
        (place,) = struct.unpack_from(form, data, at)
        for _ in range(per_chunk):
            length = same or struct.unpack_from(">I", data, sizes + 8 + 4 * sample)[0]
            yield Patch(place, length)
            place, sample = place + length, sample + 1


_NOTHING = {b"Exif": b"\0\0\0\0MM\0*\0\0\0\x08" + bytes(6), b"mime": b""}
"""Exif without any entry: some readers refuse a picture whose Exif is none."""


def of_still(meta: bytes, at: int) -> list[Patch]:
    """A HEIF picture whose `meta` begins at a place: its items of Exif and XMP become empty."""
    boxes = {box.name: box for box in _boxes(meta, 12, len(meta))}
    if b"iinf" not in boxes or b"iloc" not in boxes:
        return []
    telling = dict(_telling_items(meta, boxes[b"iinf"]))
    idat = boxes.get(b"idat")
    found = (
        Patch(start + (at + idat.start if is_within and idat else 0), length, telling[item])
        for item, is_within, start, length in _extents(meta, boxes[b"iloc"])
        if item in telling
    )
    return list(islice(found, _MOST_LISTS))


def _telling_items(meta: bytes, iinf: _Box) -> Iterator[tuple[int, bytes]]:
    """Their numbers, and what is there instead."""
    wide = meta[iinf.start] > 0
    for infe in _boxes(meta, iinf.start + (8 if wide else 6), iinf.end):
        version, form = meta[infe.start], ">I" if meta[infe.start] == 3 else ">H"
        if infe.name == b"infe" and version in (2, 3):
            (item,) = struct.unpack_from(form, meta, infe.start + 4)
            kind = infe.start + 4 + struct.calcsize(form) + 2
            if meta[kind : kind + 4] in _NOTHING:
                yield item, _NOTHING[meta[kind : kind + 4]]


def _extents(meta: bytes, iloc: _Box) -> Iterator[tuple[int, bool, int, int]]:
    """Item, whether it lies within `meta`, where, and how long."""
    read = _Reader(meta, iloc.start)
    version = read.number(1)
    read.number(3)
    sizes = read.number(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    for _ in range(min(read.number(4 if version == 2 else 2), _MOST_ENTRIES)):
        item = read.number(4 if version == 2 else 2)
        is_within = version > 0 and read.number(2) & 15 == 1
        read.number(2)
        base = read.number(base_size)
        for _ in range(min(read.number(2), _MOST_ENTRIES)):
            read.number(index_size)
            start, length = base + read.number(offset_size), read.number(length_size)
            yield item, is_within, start, length


class _Reader:
    """Numbers one after another."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at

    def number(self, size: int) -> int:
        if self._at + size > len(self._data):
            raise ValueError("the file ends")
        self._at += size
        return int.from_bytes(self._data[self._at - size : self._at], "big")


_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WORDS = frozenset((270, 271, 272, 285, 305, 306, 315, 316, 700, 33_432, 33_723, 34_377, 37_724))
"""Who, when, with what; XMP, IPTC, Photoshop."""
_BOOKS = frozenset((34_665, 34_853))
"""Exif and GPS: lists of their own."""


def of_tiff(data: bytes) -> list[Patch]:
    """A TIFF: words become empty, and lists of Exif and GPS too."""
    order = "<" if data[:2] == b"II" else ">"
    patches: list[Patch] = []
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    seen: set[int] = set()
    while at and at not in seen and len(seen) < _MOST_LISTS:
        seen.add(at)
        found, at = _listed(data, order, at)
        for tag, place, length in found:
            if tag in _WORDS:
                patches.append(Patch(place, length))
            elif tag in _BOOKS:
                (book,) = struct.unpack_from(f"{order}I", data, place)
                patches += [Patch(where, size) for _, where, size in _pages(data, order, book)]
    return patches


def _pages(data: bytes, order: str, at: int) -> list[tuple[int, int, int]]:
    """All of a list: what it names, and itself."""
    found, _ = _listed(data, order, at)
    return [*found, (0, at, 2 + 12 * len(found))]


def _listed(data: bytes, order: str, at: int) -> tuple[list[tuple[int, int, int]], int]:
    """Tag, place and length of what a list names, and where the next list is."""
    (count,) = struct.unpack_from(f"{order}H", data, at)
    found = []
    for n in range(min(count, _MOST_ENTRIES)):
        entry = at + 2 + 12 * n
        tag, kind, many, place = struct.unpack_from(f"{order}HHII", data, entry)
        length = _SIZES.get(kind, 1) * many
        place = entry + 8 if length <= 4 else place
        if place + length <= len(data):
            found.append((tag, place, length))
    (after,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)
    return found, after


def _boxes(data: bytes, at: int, end: int) -> Iterator[_Box]:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        length, name = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if length == 1:
            (length,), start = struct.unpack_from(">Q", data, start), start + 8
        after = at + length if length else end
        if after < start or after > end:
            return
        yield _Box(name, at, start, after)
        at = after
