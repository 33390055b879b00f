"""Files of messages at their signed links, over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from PIL import Image

from contracts.attachments import Place
from contracts.errors import Unavailable
from gateway.rest.attachments import PIECE_BYTES
from tests.service.gateway.edge_stand import Stand, standing

FILE = Place(5, 7, "회의록 1.bin")
PICTURE = Place(5, 8, "p.png")
LARGE = Place(5, 9, "large.bin")
PAGE = Place(5, 10, "page.html")


def picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (300, 100), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        stand.files[FILE.key] = b"\0" + bytes(range(99))
        stand.files[PICTURE.key] = picture()
        stand.files[LARGE.key] = bytes(range(256)) * (PIECE_BYTES // 64)
        stand.files[PAGE.key] = b"<!doctype html><script>alert(1)</script>"
        yield stand


def link(stand: Stand, place: Place) -> str:
    return stand.links.shown(place, stand.clock.now().timestamp())


async def test_a_link_shows_its_file_and_lets_nothing_run(stand: Stand) -> None:
    """Seed A15: what strangers sent ran in the page of who looked at it."""
    reply = await stand.ask("GET", link(stand, FILE), extra="")
    assert (reply.status, reply.body) == (200, stand.files[FILE.key])
    assert reply.headers["content-type"] == "application/octet-stream"
    name = "%ED%9A%8C%EC%9D%98%EB%A1%9D%201.bin"
    assert reply.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    page = await stand.ask("GET", link(stand, PAGE), extra="")
    assert page.headers["content-type"] == "text/plain; charset=utf-8"
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["content-security-policy"].startswith("sandbox")
    shown = await stand.ask("GET", link(stand, PICTURE), extra="")
    assert shown.headers["content-disposition"].startswith("inline")


async def test_a_film_shows_its_poster_to_whoever_asks_for_a_picture(stand: Stand) -> None:
    film = Place(5, 11, "f.mp4")
    stand.files[film.key] = b"\0\0\0\x18ftypmp42" + bytes(60)
    bare = await stand.ask("GET", f"{link(stand, film)}&format=webp", extra="")
    assert bare.status == 404
    stand.files[film.poster_key] = picture()
    poster = await stand.ask("GET", f"{link(stand, film)}&format=webp&width=30", extra="")
    assert (poster.status, poster.headers["content-type"]) == (200, "image/webp")
    with Image.open(BytesIO(poster.body)) as image:
        assert image.size == (30, 10)
    whole = await stand.ask("GET", f"{link(stand, film)}&width=30", extra="")
    assert (whole.headers["content-type"], whole.body) == ("video/mp4", stand.files[film.key])


async def test_only_a_link_of_ours_opens_a_file_and_only_for_a_day(stand: Stand) -> None:
    url = link(stand, FILE)
    wrong = (
        url.partition("?")[0],
        url.replace("/7/", "/8/"),
        url.replace("ex=", "ex=f"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        stand.links.sent(FILE, stand.clock.now().timestamp(), 60).replace("uploads", "attachments"),
        link(stand, Place(5, 6, "gone.bin")),
    )
    for each in wrong:
        assert (await stand.ask("GET", each, extra="")).status == 404, each
    assert (await stand.ask("GET", url, extra="")).status == 200
    stand.clock.advance(24 * 3600)
    assert (await stand.ask("GET", url, extra="")).status == 404


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ("bytes=0-9", 206, 0, 10),
        ("bytes=90-", 206, 90, 100),
        ("bytes=-5", 206, 95, 100),
        ("bytes=-500", 206, 0, 100),
        ("bytes=99-500", 206, 99, 100),
        ("bytes=100-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=9-3", 416, 0, 0),
        ("bytes=-", 200, 0, 100),
        ("bytes=0-1,5-6", 200, 0, 100),
        ("lines=0-1", 200, 0, 100),
    ],
)
async def test_a_part_is_answered_as_asked(
    stand: Stand, asked: str, status: int, start: int, end: int
) -> None:
    reply = await stand.ask("GET", link(stand, FILE), extra=f"Range: {asked}\r\n")
    assert reply.status == status
    assert reply.body == stand.files[FILE.key][start:end]
    said = {206: f"bytes {start}-{end - 1}/100", 416: "bytes */100"}
    assert reply.headers.get("content-range") == said.get(status)


async def test_a_large_file_comes_in_pieces_and_so_does_a_part_of_it(stand: Stand) -> None:
    wire, whole = await stand.wire(), stand.files[LARGE.key]
    for _ in range(2):
        reply = await wire.ask("GET", link(stand, LARGE), extra="")
        assert (reply.status, reply.body) == (200, whole)
    part = await wire.ask("GET", link(stand, LARGE), extra="Range: bytes=100-\r\n")
    assert (part.status, part.body) == (206, whole[100:])
    head = await wire.ask("HEAD", link(stand, LARGE), extra="")
    assert head.headers["content-length"] == str(len(whole))
    changed = 'Range: bytes=100-\r\nIf-Range: "other"\r\n'
    assert (await wire.ask("GET", link(stand, LARGE), extra=changed)).status == 200
    known = f"If-None-Match: {reply.headers['etag']}\r\n\r\n"
    wire.send(f"GET {link(stand, LARGE)} HTTP/1.1\r\nHost: m\r\n{known}")
    assert (await wire.head())[0] == 304


async def test_a_store_that_fails_is_not_an_empty_one(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*asked: object) -> None:
        raise Unavailable

    for way in ("size", "part"):
        with monkeypatch.context() as broken:
            broken.setattr(stand.files, way, fails)
            assert (await stand.ask("GET", link(stand, FILE), extra="")).status == 503
    assert (await stand.ask("GET", link(stand, FILE), extra="")).status == 200


async def test_who_leaves_in_the_middle_harms_nobody(stand: Stand) -> None:
    stand.files[LARGE.key] *= 32
    wire = await stand.wire()
    wire.send(f"GET {link(stand, LARGE)} HTTP/1.1\r\nHost: m\r\n\r\n")
    assert (await wire.head())[0] == 200
    wire.writer.transport.abort()
    assert (await stand.ask("GET", link(stand, FILE), extra="")).status == 200


@pytest.mark.parametrize(
    ("query", "size", "kind"),
    [
        ("width=150", (150, 50), "PNG"),
        ("height=10", (30, 10), "PNG"),
        ("width=60&height=60&format=webp", (60, 20), "WEBP"),
        ("width=4096", (300, 100), "PNG"),
        ("format=jpeg", (300, 100), "JPEG"),
    ],
)
async def test_a_picture_fits_where_it_is_wanted_and_keeps_its_proportions(
    stand: Stand, query: str, size: tuple[int, int], kind: str
) -> None:
    reply = await stand.ask("GET", f"{link(stand, PICTURE)}&{query}", extra="")
    with Image.open(BytesIO(reply.body)) as image:
        assert (image.size, image.format) == (size, kind)
    assert reply.headers["content-type"] == f"image/{kind.lower()}"


@pytest.mark.parametrize("query", ["width=0", "width=4097", "height=-1", "format=svg"])
async def test_what_can_not_be_made_is_refused(stand: Stand, query: str) -> None:
    assert (await stand.ask("GET", f"{link(stand, PICTURE)}&{query}", extra="")).status == 400
    assert (await stand.ask("GET", f"{link(stand, FILE)}&{query}", extra="")).status == 200


async def test_a_deleted_picture_is_not_remembered(stand: Stand) -> None:
    url = f"{link(stand, PICTURE)}&width=50"
    assert (await stand.ask("GET", url, extra="")).status == 200
    del stand.files[PICTURE.key]
    assert (await stand.ask("GET", url, extra="")).status == 404
