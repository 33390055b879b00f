"""The folder of recordings: each in one of its own, from its first packet until chat_service has
its film. What a dead worker left there is found by the next one that starts.

    order       what it is of; held (flock) by the process that writes or delivers it
    packets     the dump
    end         when and why it ended; without one, whoever wrote it died
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import orjson

from contracts.rpc.media_news import RecordingEnd
from media_sfu.recording.film import DUMP

_ORDER, _END = "order", "end"


@dataclass(frozen=True, slots=True)
class Ending:
    """How it ended."""

    ended_ms: int
    reason: str
    left_out: tuple[str, ...] = ()


class Folder:
    """One recording, held by this process."""

    def __init__(self, path: Path, number: int, held: IO[bytes]) -> None:
        self.path = path
        self.number = number
        self._held = held

    @property
    def dump(self) -> Path:
        """What is written down."""
        return self.path / DUMP

    def end(self, ending: Ending) -> None:
        """It ended."""
        (self.path / _END).write_bytes(orjson.dumps(asdict(ending)))

    def ending(self) -> Ending:
        """How it ended; one whose writer died ended with the last packet."""
        with suppress(OSError, orjson.JSONDecodeError, TypeError):
            return Ending(**orjson.loads((self.path / _END).read_bytes()))
        with suppress(OSError):
            ended = self.dump.stat().st_mtime
            return Ending(int(ended * 1000), RecordingEnd.CUT_OFF.value)
        return Ending(0, RecordingEnd.CUT_OFF.value)

    def let_go(self) -> None:
        """Somebody else may have it."""
        self._held.close()

    def delete(self) -> None:
        """It has arrived, or nobody wants it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.let_go()


class Shelf:
    """All of them."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def room_left(self) -> int:
        """Free bytes of its disk."""
        return shutil.disk_usage(self._root).free if self._root.exists() else 0

    def open(self, number: int) -> Folder:
        """A new one."""
        path = self._root / str(number)
        path.mkdir(parents=True, exist_ok=True)
        held = _held(path)
        if held is None:
            raise OSError("somebody else writes there")
        return Folder(path, number, held)

    def left(self) -> Iterator[Folder]:
        """Those that no living process holds."""
        for path in sorted(self._root.iterdir()) if self._root.exists() else ():
            if path.name.isdecimal() and path.is_dir() and (held := _held(path)) is not None:
                yield Folder(path, int(path.name), held)


def _held(path: Path) -> IO[bytes] | None:
    found = (path / _ORDER).open("ab")
    try:
        fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        found.close()
        return None
    return found
