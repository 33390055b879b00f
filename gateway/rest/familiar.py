"""Heads that were seen before: a client repeats its headers, so most requests need no parsing.

Only what the parser accepted is recognised, byte for byte; anything else is left to the parser.
"""

from __future__ import annotations

import re

from gateway.rest.heads import Head

_MOST = 4_096
_BLOCK_BYTES = 1_024

_REQUEST_LINE = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (/[!\"$-~]*) HTTP/1\.1")
_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: ([0-9]{1,9})(?=\r\n)")
_VARYING = (b"upgrade", b"expect", b"x-request-id", b"transfer-encoding")


Key = bytes | tuple[bytes, bytes]


class Familiar:
    """Header blocks by their bytes, the length of the body left out; and the whole heads that came
    again exactly as they were.
    """

    def __init__(self) -> None:
        self._known: dict[Key, Head] = {}
        self._repeated: dict[bytes, Head] = {}

    def recognise(self, data: bytes) -> tuple[Head, bytes] | None:
        """Head and body, if `data` is exactly one whole request with known headers."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return None
        repeated = self._repeated.get(data[:end])
        if repeated is not None:
            is_whole = end + 4 + repeated.length == len(data)
            return (repeated, data[end + 4 :]) if is_whole else None
        start = data.find(b"\r\n")
        key, length = _key(data[start : end + 2])
        known = self._known.get(key)
        if known is None or end + 4 + length != len(data):
            return None
        line = _REQUEST_LINE.fullmatch(data, 0, start)
        if line is None:
            return None
        method, target = line.groups()
        path, mark, query = target.partition(b"?")
        head = Head(
            method,
            path,
            mark + query,
            known.passing,
            known.special,
            length,
            known.is_keep_alive,
            False,
            0,
        )
        if end <= _BLOCK_BYTES:
            if len(self._repeated) >= _MOST:
                self._repeated.clear()
            self._repeated[data[:end]] = head
        return head, data[end + 4 :]

    def learn(self, data: bytes, head: Head) -> None:
        """Remember the headers of a request that was parsed from the beginning of `data`."""
        end = data.find(b"\r\n\r\n")
        start = data.find(b"\r\n")
        if not 0 < start < end or end - start > _BLOCK_BYTES or head.fault or head.is_http10:
            return
        if any(name in head.special for name in _VARYING):
            return
        key, length = _key(data[start : end + 2])
        if length != head.length or (not length and b"content-length" in head.special):
            return
        if len(self._known) >= _MOST:
            self._known.clear()
        head.passing = [b"".join(head.passing)]
        self._known[key] = head


def _key(block: bytes) -> tuple[Key, int]:
    """What stands before and after the length of the body, if there is one, and that length."""
    length = _LENGTH.search(block)
    if length is None:
        return block, 0
    return (block[: length.start()], block[length.end() :]), int(length[1])
