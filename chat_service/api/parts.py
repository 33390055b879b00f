"""Bodies in parts, read as they come: nothing of a part is kept here but what arrived together.

The grammar is python-multipart's, with its bounds on headers; how many parts there may be and how
large, the taker decides.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import NamedTuple, Protocol

from contracts.errors import DomainError, ErrorCode


class Part(NamedTuple):
    """What a part says of itself."""

    name: str
    filename: str | None = None
    """Of a file: as its sender calls it."""


class Taker(Protocol):
    """Who takes parts, one after another."""

    async def begin(self, part: Part) -> None:
        """Another part comes."""

    async def more(self, data: bytes) -> None:
        """A piece of it."""

    async def end(self) -> None:
        """It is whole."""


def boundary_of(content_type: str | None) -> bytes | None:
    """What divides the parts of a body of this type; None if it does not come in parts."""
    from python_multipart.multipart import parse_options_header

    kind, options = parse_options_header(content_type)
    return options.get(b"boundary") or b"" if kind == b"multipart/form-data" else None


async def read(body: AsyncIterable[bytes], boundary: bytes, taker: Taker) -> None:
    """Hand every part over. Raises DomainError where the grammar ends."""
    from python_multipart.exceptions import FormParserError

    try:
        listing = _Listing(boundary)
        async for data in body:
            for step in listing.steps(data):
                match step:
                    case Part():
                        await taker.begin(step)
                    case bytes():
                        await taker.more(step)
                    case None:
                        await taker.end()
        if not listing.is_over:
            raise DomainError(ErrorCode.INVALID_FORM)
    except FormParserError:
        raise DomainError(ErrorCode.INVALID_FORM) from None


Step = Part | bytes | None
"""A part begins, goes on, ends."""


class _Listing:
    """What the parser calls back, in order."""

    def __init__(self, boundary: bytes) -> None:
        from python_multipart.multipart import MultipartParser

        self.is_over = False
        self._steps: list[Step] = []
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def steps(self, data: bytes) -> list[Step]:
        """What these bytes complete."""
        self._steps = []
        self._parser.write(data)
        return self._steps

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _on_headers(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, said = parse_options_header(self._headers.pop(b"content-disposition", b""))
        self._headers.clear()
        filename = said.get(b"filename")
        self._steps.append(
            Part(
                said.get(b"name", b"").decode("utf-8", "replace"),
                None if filename is None else filename.decode("utf-8", "replace"),
            )
        )

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        self._steps.append(data[start:end])

    def _on_part_end(self) -> None:
        self._steps.append(None)

    def _on_end(self) -> None:
        self.is_over = True
