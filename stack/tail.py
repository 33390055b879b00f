"""Follows log files and makes their JSON lines readable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from zlib import crc32

from stack import say
from stack.readable import readable


class Tail:
    """The growing end of one file, by whole lines."""

    def __init__(self, path: Path, *, lines: int | None = None) -> None:
        """`lines` of what is there already; None starts at the end."""
        self.name = path.stem
        self._path = path
        self._at = 0
        self._rest = b""
        if lines is None:
            self._at = path.stat().st_size if path.exists() else 0
        elif lines:
            self._at = _start_of_last(path, lines)

    def news(self) -> Iterator[str]:
        """Lines that were written since."""
        try:
            with self._path.open("rb") as file:
                if file.seek(0, 2) < self._at:  # a new file took its place
                    self._at, self._rest = 0, b""
                file.seek(self._at)
                found = file.read(1 << 20)
        except FileNotFoundError:
            return
        self._at += len(found)
        *whole, self._rest = (self._rest + found).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace")


def show(tails: Iterable[Tail], width: int) -> None:
    """Print the news of these files, each line with its name before it."""
    for tail in tails:
        colour = say.NAMES[crc32(tail.name.encode()) % len(say.NAMES)]
        prefix = say.paint(tail.name.ljust(width), colour)
        for line in tail.news():
            for text in readable(line, say.paint):
                say.line(f"{prefix} {text}")


def _start_of_last(path: Path, lines: int) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(0, size - lines * 400)
        file.seek(start)
        text = file.read()
    ends = [at for at, byte in enumerate(text) if byte == 0x0A]
    if len(ends) > lines:
        return start + ends[-lines - 1] + 1
    return start if start == 0 or not ends else start + ends[0] + 1
