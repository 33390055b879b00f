"""Pictures at the public paths, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO

import pytest
from PIL import Image

from contracts import assets
from gateway.rest.pictures import Pictures
from tests.service.gateway.edge_stand import Stand, standing

DIGEST = "0123456789abcdef" * 2
KEY = assets.AVATARS.key(7, DIGEST)


def picture(side: int = 64) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side // 2), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as stand:
        stand.files[KEY] = picture()
        yield stand


async def test_anybody_gets_a_picture_in_the_size_and_format_of_the_path(stand: Stand) -> None:
    reply = await stand.ask("GET", f"/{KEY}.webp?size=32", extra="")
    assert reply.status == 200
    assert reply.headers["content-type"] == "image/webp"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    with Image.open(BytesIO(reply.body)) as image:
        assert (image.format, image.size) == ("WEBP", (32, 16))
    head = await stand.ask("HEAD", f"/{KEY}.webp?size=32", extra="")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(len(reply.body))


async def test_who_has_it_already_is_told_so(stand: Stand) -> None:
    first = await stand.ask("GET", f"/{KEY}.png", extra="")
    wire = await stand.wire()
    known = f"Accept: */*\r\nIf-None-Match: {first.headers['etag']}\r\n\r\n"
    for _ in range(2):
        wire.send(f"GET /{KEY}.png HTTP/1.1\r\nHost: m\r\n{known}")
        status, headers = await wire.head()
        assert status == 304
        assert "content-length" not in headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{assets.AVATARS.key(8, DIGEST)}.png", 404),
        ("avatars/8/nonsense.png", 404),
        ("embed/avatars/6.png", 404),
        (f"{KEY}.png?size=33", 400),
        (f"{KEY}.png?size=8192", 400),
    ],
)
async def test_what_is_not_there_is_clearly_not_there(stand: Stand, path: str, status: int) -> None:
    reply = await stand.ask("GET", f"/{path}", extra="")
    assert reply.status == status
    assert "message" in reply.json


async def test_everybody_has_a_face(stand: Stand) -> None:
    faces = [
        (await stand.ask("GET", f"/embed/avatars/{number}.png", extra="")).body
        for number in range(assets.FACES)
    ]
    assert len(set(faces)) == assets.FACES
    with Image.open(BytesIO(faces[0])) as image:
        assert image.size == (256, 256)


async def test_a_picture_is_made_smaller_once_and_memory_stays_bounded(stand: Stand) -> None:
    asked: list[str] = []

    class Files:
        async def get(self, name: str) -> bytes | None:
            asked.append(name)
            return picture()

    pictures = Pictures(Files(), stand.tasks, kept_bytes=3 * len(picture()))
    shown = assets.Shown(KEY, "png")
    crowd = [pictures.get(shown, None, moving=False) for _ in range(20)]
    assert set(await asyncio.gather(*crowd)) == {picture()}
    assert len(asked) == 1
    for number in range(3):
        await pictures.get(assets.Shown(str(number), "png"), None, moving=False)
    await pictures.get(shown, None, moving=False)
    assert asked.count(KEY) == 2
