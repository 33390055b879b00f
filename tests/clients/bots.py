"""Bots as their authors run them: processes on unmodified libraries, which print what they see and
do what they are asked. Lines of JSON both ways.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stack import node
from tests.fixtures.recording import overheard

HERE = Path(__file__).parent
PROGRAMS = {
    "discord.py": [sys.executable, str(HERE / "bot_discordpy.py")],
    "hikari": [sys.executable, str(HERE / "bot_hikari.py")],
    "discord.js": ["node", str(HERE / "node" / "discordjs.mjs")],
    "oceanic.js": ["node", str(HERE / "node" / "oceanic.mjs")],
}
ASKED = {
    "discord.py": [sys.executable, str(HERE / "asked_discordpy.py")],
    "hikari": [sys.executable, str(HERE / "asked_hikari.py")],
    "discord.js": ["node", str(HERE / "node" / "asked_discordjs.mjs")],
    "oceanic.js": ["node", str(HERE / "node" / "asked_oceanic.mjs")],
}
"""The same libraries, answering what people ask."""
WITHIN_S = 60.0

without_node = pytest.mark.skipif(not node.is_furnished(), reason=node.ABSENT)
LIBRARIES = [
    pytest.param(name, marks=without_node if program[0] == "node" else ())
    for name, program in PROGRAMS.items()
]
PRESENT = [
    name for name, program in PROGRAMS.items() if program[0] != "node" or node.is_furnished()
]
"""Those that can run here."""

Line = dict[str, Any]
Fits = Callable[[Line], bool]


class Refused(Exception):
    """The server refused, and the library raised its own error for it."""

    def __init__(self, line: Line) -> None:
        super().__init__(f"{line['status']} {line['code']}")
        self.status: int = line["status"]
        self.code: int = line["code"]


class BotProcess:
    """One running bot. What it printed is remembered, so the order of asking does not matter."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._is_over = False
        self._next: dict[str, int] = {}
        self.seen: list[Line] = []
        self._reading = asyncio.ensure_future(self._read())

    async def sees(self, what: str, where: Fits = lambda line: True) -> Line:
        """The next line of this kind that fits; those before it are passed over."""
        return await self._find(what, where, self._next.get(what, 0))

    async def has_seen(self, what: str, where: Fits) -> Line:
        """The first line of this kind that fits, past or future."""
        return await self._find(what, where, 0)

    async def does(self, deed: str, **how: Any) -> Any:
        """Ask it to call its library; the result. Refused if the server refused."""
        n = next(self._numbers)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"n": n, "does": deed, **how}).encode() + b"\n")
        line = await self._find("", lambda line: line.get("n") == n, 0)
        if line["saw"] == "refused":
            raise Refused(line)
        assert line["saw"] == "done", f"{deed}: {line}"
        return line["result"]

    async def end(self) -> None:
        """Stop it."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while raw := await self._process.stdout.readline():
            async with self._changed:
                self.seen.append(json.loads(raw))
                self._changed.notify_all()
        async with self._changed:
            self._is_over = True
            self._changed.notify_all()

    async def _find(self, what: str, where: Fits, start: int) -> Line:
        async with asyncio.timeout(WITHIN_S), self._changed:
            while True:
                for at, line in enumerate(self.seen[start:], start):
                    if line["saw"] == (what or line["saw"]) and where(line):
                        self._next[what] = at + 1
                        return line
                start = len(self.seen)
                assert not self._is_over, f"the bot ended before {what}; seen: {self.seen[-5:]}"
                await self._changed.wait()


@asynccontextmanager
async def running(
    library: str,
    url: str,
    token: str,
    log: Path,
    *,
    programs: Mapping[str, Sequence[str]] = PROGRAMS,
    trusts: Mapping[str, str] | None = None,
) -> AsyncIterator[BotProcess]:
    """A bot while the block lasts; what it complained about is shown when a test fails. `trusts`:
    variables that tell it of an authority.
    """
    async with overheard(url) as door:
        with log.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *programs[library],
                door,
                token,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **(trusts or {})},
                limit=1 << 24,
            )
        bot = BotProcess(process)
        try:
            yield bot
        finally:
            await bot.end()
            sys.stderr.write(log.read_text())
