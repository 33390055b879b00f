"""Files in a bucket of a server that nobody here wrote: s3rver."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from chassis.blobs import Blobs
from chassis.settings import BlobSettings
from tests.clients.bots import HERE, without_node
from tests.fixtures.patience import PATIENCE
from tests.fixtures.ports import free_ports

pytestmark = without_node

SERVER = HERE / "node" / "node_modules" / "s3rver" / "bin" / "s3rver.js"
MIB = 1 << 20


class Settings(BlobSettings):
    service: ClassVar[str] = "files"


def at(port: int) -> Blobs:
    place = f"s3://S3RVER:S3RVER@moim/files?endpoint=http://127.0.0.1:{port}"
    return Blobs(Settings(keyring=SecretStr(""), blobs=SecretStr(place)))


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        *("node", str(SERVER), "-d", str(tmp_path), "-a", "127.0.0.1", "-p", str(port)),
        *("--configure-bucket", "moim"),
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
    )
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while str(port).encode() not in await process.stdout.readline():
            assert process.returncode is None
    yield port
    process.kill()
    await process.communicate()


async def test_files_of_every_size_are_kept_read_in_parts_copied_and_deleted(port: int) -> None:
    blobs = at(port)
    await blobs.put("avatars/1/abc", b"small")
    assert (await blobs.get("avatars/1/abc"), await blobs.size("avatars/1/abc")) == (b"small", 5)
    writing = blobs.begin("attachments/1/2")
    for n in range(13):
        await writing.write(bytes([n]) * MIB)
    await writing.close()
    assert await blobs.size("attachments/1/2") == 13 * MIB
    assert await blobs.part("attachments/1/2", 7 * MIB - 1, 7 * MIB + 1) == b"\x06\x07"
    assert await blobs.copy("attachments/1/2", "attachments/1/3")
    listed = [one.name async for page in blobs.listed("attachments") for one in page]
    assert sorted(listed) == ["attachments/1/2", "attachments/1/3"]
    await blobs.delete(["attachments/1/2", "attachments/1/never"])
    assert await blobs.get("attachments/1/2") is None
    assert await blobs.size("attachments/1/3") == 13 * MIB


async def test_what_is_let_go_of_is_not_there(port: int) -> None:
    blobs = at(port)
    writing = blobs.begin("attachments/1/2")
    await writing.write(bytes(7 * MIB))
    del writing
    assert await blobs.size("attachments/1/2") is None
