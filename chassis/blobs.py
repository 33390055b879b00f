"""Files by name, in a local folder or in anything that speaks S3. What a name means is the caller's
business; it is made by our own code, never by a client.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from chassis.logs import logger
from chassis.settings import BlobSettings
from contracts.errors import Unavailable

if TYPE_CHECKING:
    from obstore import AsyncWritableFile
    from obstore.store import LocalStore, S3Config, S3Store

log = logger("blobs")

T = TypeVar("T")

_WITHIN = "10s"
_LISTED = 500
_PIECE_BYTES = 256 << 10
_S3_PIECE_BYTES = 5 << 20
"""The least that S3 takes as a piece of a larger file."""


class Listed(NamedTuple):
    """A file, and when it was written."""

    name: str
    written: datetime


class Writing:
    """A file that is written piece by piece."""

    def __init__(self, file: AsyncWritableFile) -> None:
        self._file = file

    async def write(self, data: bytes) -> None:
        """More of it."""
        await _reached(self._file.write(data))

    async def close(self) -> None:
        """That was all."""
        await _reached(self._file.close())


class Blobs:
    """One place for all files of an installation. It is opened by its first use: most processes
    that may need it never do, and the library behind it is large.
    """

    def __init__(self, settings: BlobSettings) -> None:
        self._place = settings.blobs.get_secret_value()
        self._opened: LocalStore | S3Store | None = None

    async def put(self, name: str, data: bytes) -> None:
        """Keep a file; one of the same name is replaced as a whole."""
        await _reached(self._store().put_async(name, data))

    async def get(self, name: str) -> bytes | None:
        """The whole file, or None."""
        try:
            found = await _reached(self._store().get_async(name))
            return bytes(await _reached(found.bytes_async()))
        except FileNotFoundError:
            return None

    async def size(self, name: str) -> int | None:
        """How many bytes a file has, or None."""
        from obstore import head_async

        try:
            return int((await _reached(head_async(self._store(), name)))["size"])
        except FileNotFoundError:
            return None

    async def part(self, name: str, start: int, end: int) -> bytes:
        """The bytes of a file from `start` to before `end`, both within it; FileNotFoundError."""
        from obstore import get_range_async

        return bytes(await _reached(get_range_async(self._store(), name, start=start, end=end)))

    def begin(self, name: str) -> Writing:
        """Keep a file of any size, a piece of it in memory at a time. It is there once it is
        closed; whoever lets go of it before leaves nothing.
        """
        from obstore import open_writer_async

        is_bucket = self._place.startswith("s3://")
        size = _S3_PIECE_BYTES if is_bucket else _PIECE_BYTES
        return Writing(open_writer_async(self._store(), name, buffer_size=size, max_concurrency=2))

    async def copy(self, name: str, other: str) -> bool:
        """Have the same file under another name too; False if there is none."""
        from obstore import copy_async

        try:
            await _reached(copy_async(self._store(), name, other))
        except FileNotFoundError:
            return False
        return True

    async def listed(self, folder: str) -> AsyncIterator[list[Listed]]:
        """Everything in a folder, some at a time."""
        import obstore

        pages = aiter(obstore.list(self._store(), folder, chunk_size=_LISTED))
        while (page := await _reached(anext(pages, None))) is not None:
            yield [Listed(one["path"], one["last_modified"]) for one in page]

    async def delete(self, names: Iterable[str]) -> None:
        """Forget files; those that are not there are forgotten already."""
        for name in names:
            try:
                await _reached(self._store().delete_async(name))
            except FileNotFoundError:
                continue

    def _store(self) -> LocalStore | S3Store:
        if self._opened is None:
            self._opened = _open(self._place)
        return self._opened


def _open(place: str) -> LocalStore | S3Store:
    from obstore.store import LocalStore, S3Store

    if not place.startswith("s3://"):
        return LocalStore(place, mkdir=True)
    url = urlsplit(place)
    said = dict(parse_qsl(url.query))
    # Without an endpoint the library knows Amazon's; without keys it asks the machine's own role.
    config = {
        "endpoint": said.get("endpoint"),
        "region": said.get("region", "us-east-1"),
        "access_key_id": unquote(url.username or ""),
        "secret_access_key": unquote(url.password or ""),
    }
    return S3Store(
        url.hostname,
        prefix=url.path.strip("/") or None,
        config=cast("S3Config", {name: value for name, value in config.items() if value}),
        client_options={"timeout": _WITHIN, "allow_http": True},
        retry_config={"max_retries": 2},
    )


async def _reached(work: Awaitable[T]) -> T:
    """What the store answers; that a file is not there is an answer, anything else is not."""
    from obstore.exceptions import BaseError, NotFoundError

    try:
        return await work
    except (NotFoundError, FileNotFoundError):
        raise FileNotFoundError from None
    except (BaseError, OSError) as error:
        log.error("blobs.unreachable", error=str(error))
        raise Unavailable from error
