"""Files by name, in a folder of this machine or in a bucket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.blobs import Blobs
from chassis.service import listen
from chassis.settings import BlobSettings
from contracts.errors import Unavailable


class Settings(BlobSettings):
    service: ClassVar[str] = "files"


def at(place: str) -> Blobs:
    return Blobs(Settings(keyring=SecretStr(""), blobs=SecretStr(place)))


async def test_a_file_is_there_until_it_is_deleted(tmp_path: Path) -> None:
    blobs = at(str(tmp_path / "not" / "yet"))
    assert await blobs.get("avatars/1/abc") is None
    await blobs.put("avatars/1/abc", b"first")
    await blobs.put("avatars/1/abc", b"second")
    assert await blobs.get("avatars/1/abc") == b"second"
    await blobs.delete(["avatars/1/abc", "avatars/1/never"])
    assert await blobs.get("avatars/1/abc") is None


async def test_every_process_sees_the_same_files(tmp_path: Path) -> None:
    await at(str(tmp_path)).put("icons/1/abc", b"here")
    assert await at(str(tmp_path)).get("icons/1/abc") == b"here"


async def test_no_name_leads_out_of_the_place(tmp_path: Path) -> None:
    """A16: a client's file name became a path."""
    (tmp_path / "secret").write_bytes(b"secret")
    with pytest.raises(ValueError):
        await at(str(tmp_path / "files")).get("../secret")


@dataclass
class Bucket:
    """As much of S3 as files need."""

    files: dict[str, bytes] = field(default_factory=dict)
    signed: set[str] = field(default_factory=set)

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.signed.add(request.headers.get("authorization", "").partition("/")[0])
        if request.method == "POST":
            keys = re.findall(r"<Key>(.*?)</Key>", (await request.body()).decode())
            for key in keys:
                self.files.pop(f"{path.rstrip('/')}/{key}", None)
            gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            return Response(f"<DeleteResult>{gone}</DeleteResult>", media_type="application/xml")
        if request.method == "PUT":
            self.files[path] = await request.body()
            return Response(headers={"ETag": '"1"'})
        if path not in self.files:
            return Response(status_code=404)
        modified = {"ETag": '"1"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        return Response(self.files[path], headers=modified)


@pytest.fixture
async def bucket() -> AsyncIterator[tuple[Bucket, str]]:
    """It, and where it is."""
    bucket = Bucket()
    app = Starlette(routes=[Route("/{path:path}", bucket.answer, methods=["GET", "PUT", "POST"])])
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.ensure_future(server._serve([listener]))
    yield bucket, f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


async def test_a_bucket_is_as_good_as_a_folder(bucket: tuple[Bucket, str]) -> None:
    there, url = bucket
    blobs = at(f"s3://key:se%2Fcret@moim/files?endpoint={url}&region=eu-1")
    assert await blobs.get("avatars/1/abc") is None
    await blobs.put("avatars/1/abc", b"here")
    assert there.files == {"/moim/files/avatars/1/abc": b"here"}
    assert there.signed == {"AWS4-HMAC-SHA256 Credential=key"}
    assert await blobs.get("avatars/1/abc") == b"here"
    await blobs.delete(["avatars/1/abc", "avatars/1/never"])
    assert there.files == {}


async def test_a_server_that_does_not_answer_is_not_an_empty_one() -> None:
    blobs = at("s3://key:secret@bucket/files?endpoint=http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await blobs.get("icons/1/abc")
