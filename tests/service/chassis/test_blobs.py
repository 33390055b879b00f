"""Files by name, in a folder of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from chassis.blobs import Blobs
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


async def test_a_server_that_does_not_answer_is_not_an_empty_one() -> None:
    blobs = at("s3://key:secret@bucket/files?endpoint=http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await blobs.get("icons/1/abc")
