"""Files by name, in a folder of this machine or in a bucket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from pydantic import SecretStr

from chassis.blobs import Blobs
from chassis.settings import BlobSettings
from contracts.errors import Unavailable
from tests.fixtures.bucket import serving


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


async def test_a_folder_is_listed_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.blobs._LISTED", 2)
    blobs = at(str(tmp_path))
    names = {f"a/{n}/{n}" for n in range(5)}
    for name in (*names, "b/1"):
        await blobs.put(name, b"")
    pages = [page async for page in blobs.listed("a")]
    assert {one.name for page in pages for one in page} == names
    assert max(map(len, pages)) <= 2
    assert datetime.now(UTC) - pages[0][0].written < timedelta(hours=1)
    assert [page async for page in blobs.listed("c")] == []


async def test_no_name_leads_out_of_the_place(tmp_path: Path) -> None:
    """A16: a client's file name became a path."""
    (tmp_path / "secret").write_bytes(b"secret")
    with pytest.raises(ValueError):
        await at(str(tmp_path / "files")).get("../secret")


async def test_a_bucket_is_as_good_as_a_folder() -> None:
    async with serving() as there:
        blobs = at(f"s3://key:se%2Fcret@moim/files?endpoint={there.url}&region=eu-1")
        assert await blobs.get("avatars/1/abc") is None
        await blobs.put("avatars/1/abc", b"here")
        assert there.files == {"/moim/files/avatars/1/abc": b"here"}
        assert there.signed == {"AWS4-HMAC-SHA256 Credential=key"}
        assert await blobs.get("avatars/1/abc") == b"here"
        await blobs.delete(["avatars/1/abc", "avatars/1/never"])
        assert there.files == {}


@pytest.mark.parametrize("fault", [500, 403])
async def test_a_store_that_fails_says_so_and_loses_nothing(fault: int) -> None:
    async with serving() as there:
        blobs = at(f"s3://key:secret@moim/files?endpoint={there.url}")
        await blobs.put("a/1", b"here")
        there.broken = dict.fromkeys(("GET", "HEAD", "PUT", "POST"), fault)

        async def written() -> None:
            writing = blobs.begin("a/2")
            await writing.write(b"more")
            await writing.close()

        for work in (
            blobs.get("a/1"),
            blobs.size("a/1"),
            blobs.part("a/1", 0, 2),
            blobs.put("a/1", b"other"),
            blobs.delete(["a/1"]),
            written(),
        ):
            with pytest.raises(Unavailable):
                await work
        there.broken = {}
        assert await blobs.get("a/1") == b"here"
        assert there.files.keys() == {"/moim/files/a/1"}


async def test_a_store_that_is_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as there:
        place = f"s3://key:secret@moim/files?endpoint={there.url}"
        await at(place).put("a/1", b"here")
        monkeypatch.setattr("chassis.blobs._WITHIN", "50ms")
        hasty = at(place)
        there.speaks.clear()
        for work in (hasty.get("a/1"), hasty.put("a/2", b"more")):
            with pytest.raises(Unavailable):
                await work
        there.speaks.set()
        monkeypatch.undo()
        assert await at(place).get("a/1") == b"here"


async def test_a_server_that_does_not_answer_is_not_an_empty_one() -> None:
    blobs = at("s3://key:secret@bucket/files?endpoint=http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        await blobs.get("icons/1/abc")
