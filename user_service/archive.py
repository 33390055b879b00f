"""A zip of JSON files, written as its pages come: one file after the other, on disk when it is
large.
"""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

import orjson

from contracts.wire import JSON

_IN_MEMORY = 4 << 20


class Archive:
    """Being written inside its `with`; `bytes` when it is done."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see exit
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        self._name = ""
        self._open: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_file()
        self._zip.close()
        self._file.close()

    async def add(self, name: str, records: Sequence[JSON]) -> None:
        """More records of a file. Pages of one file follow each other."""
        if records:
            await asyncio.to_thread(self._add, name, records)

    async def finish(self) -> bytes:
        """The whole archive."""
        return await asyncio.to_thread(self._finish)

    def _add(self, name: str, records: Sequence[JSON]) -> None:
        is_new = name != self._name
        if is_new:
            self._end_file()
            self._name = name
            self._open = self._zip.open(name, "w")
        assert self._open is not None
        for number, record in enumerate(records):
            self._open.write(b"[\n" if is_new and number == 0 else b",\n")
            self._open.write(orjson.dumps(record))

    def _end_file(self) -> None:
        if self._open is not None:
            self._open.write(b"\n]\n")
            self._open.close()
            self._open = None

    def _finish(self) -> bytes:
        self._end_file()
        self._zip.close()
        self._file.seek(0)
        return self._file.read()
