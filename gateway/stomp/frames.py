"""STOMP 1.0 to 1.2 frames: bytes in, frames out, and frames built. Pure; what they ask for is not
known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

HEAD_BYTES = 8 << 10
HEADERS = 64
BODY_BYTES = 64 << 10

_COMMANDS = frozenset(
    {"CONNECT", "STOMP", "DISCONNECT", "SEND", "SUBSCRIBE", "UNSUBSCRIBE"}
    | {"ACK", "NACK", "BEGIN", "COMMIT", "ABORT"}
)
_UNESCAPED = frozenset({"CONNECT", "STOMP", "CONNECTED"})
"""Frames of the greeting, which are the same in all versions."""
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_PLAIN = {"n": "\n", "c": ":", "\\": "\\", "r": "\r"}
_ESCAPED = str.maketrans({"\\": "\\\\", "\n": "\\n", ":": "\\c", "\r": "\\r"})


class Malformed(Exception):
    """No frame: the connection can not go on."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame of a client's."""

    command: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Parser:
    """Incremental. Line ends between frames are heart-beats, and are passed over."""

    __slots__ = ("_buffer", "version")

    def __init__(self) -> None:
        self._buffer = b""
        self.version = "1.2"
        """What escapes mean, as soon as both sides have agreed."""

    def feed(self, data: bytes) -> list[Frame]:
        """Every frame that these bytes complete; Malformed for what is none."""
        buffer = self._buffer + data
        found: list[Frame] = []
        at = 0
        while True:
            at = _skipped(buffer, at)
            read = self._read(buffer, at)
            if read is None:
                break
            frame, at = read
            found.append(frame)
        self._buffer = buffer[at:]
        return found

    def _read(self, buffer: bytes, at: int) -> tuple[Frame, int] | None:
        end = _end_of_head(buffer, at)
        if end is None:
            if len(buffer) - at > HEAD_BYTES:
                raise Malformed("the head is too long")
            return None
        head, body_at = buffer[at : end[0]], end[1]
        if len(head) > HEAD_BYTES:
            raise Malformed("the head is too long")
        command, headers = self._head(head)
        stop = _end_of_body(buffer, body_at, headers)
        if stop is None:
            return None
        return Frame(command, headers, buffer[body_at:stop]), stop + 1

    def _head(self, head: bytes) -> tuple[str, dict[str, str]]:
        try:
            command, *lines = head.decode().replace("\r\n", "\n").split("\n")
        except UnicodeDecodeError:
            raise Malformed("the head is not UTF-8") from None
        if command not in _COMMANDS:
            raise Malformed("there is no such command")
        if len(lines) > HEADERS:
            raise Malformed("there are too many headers")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise Malformed("a header has no colon")
            if command not in _UNESCAPED:
                name, value = self._plain(name), self._plain(value)
            # Of repeated headers the first counts.
            headers.setdefault(name, value)
        return command, headers

    def _plain(self, text: str) -> str:
        if "\\" not in text or self.version == "1.0":
            return text

        def one(found: re.Match[str]) -> str:
            plain = _PLAIN.get(found[1])
            if plain is None or (plain == "\r" and self.version == "1.1"):
                raise Malformed("there is no such escape")
            return plain

        return _ESCAPE.sub(one, text)


def escaped(text: str) -> str:
    """As it stands in a header."""
    return text.translate(_ESCAPED)


def build(command: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A frame of the server's."""
    lines = [command.encode()]
    for name, value in headers.items():
        if command not in _UNESCAPED:
            name, value = escaped(name), escaped(value)  # noqa: PLW2901
        lines.append(f"{name}:{value}".encode())
    return b"\n".join((*lines, b"", body)) + b"\0"


def _skipped(buffer: bytes, at: int) -> int:
    while at < len(buffer) and buffer[at] in b"\r\n":
        at += 1
    return at


def _end_of_head(buffer: bytes, at: int) -> tuple[int, int] | None:
    """Where the head ends, and where the body begins."""
    window = at + HEAD_BYTES + 4
    bare, both = buffer.find(b"\n\n", at, window), buffer.find(b"\n\r\n", at, window)
    if bare < 0 and both < 0:
        return None
    if both < 0 or 0 <= bare < both:
        return bare, bare + 2
    end = both - 1 if buffer[both - 1 : both] == b"\r" else both
    return end, both + 3


def _end_of_body(buffer: bytes, at: int, headers: Mapping[str, str]) -> int | None:
    given = headers.get("content-length")
    if given is None:
        stop = buffer.find(b"\0", at, at + BODY_BYTES + 1)
        if stop < 0 and len(buffer) - at > BODY_BYTES:
            raise Malformed("the body is too long")
        return stop if stop >= 0 else None
    if not given.isascii() or not given.isdigit() or len(given) > 9 or int(given) > BODY_BYTES:
        raise Malformed("the body is too long")
    stop = at + int(given)
    if len(buffer) <= stop:
        return None
    if buffer[stop] != 0:
        raise Malformed("the body does not end with a NUL")
    return stop
