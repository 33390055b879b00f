"""The worker's side: a question a line on stdin, an answer a line on stdout."""

from __future__ import annotations

import asyncio
import sys

import orjson

from chassis.confine import confine
from chat_service.unfurl.fetching import Outside

MEMORY_BYTES = 768 << 20
CPU_S = 120
"""Of a whole life: who has used it up is replaced by a new one."""
_FILES = 128


def main() -> None:
    """Look at what is asked until nobody asks any more. Arguments: host:port that are allowed."""
    confine(memory_bytes=MEMORY_BYTES, cpu_s=CPU_S, open_files=_FILES)
    places = (one.rpartition(":") for one in sys.argv[1:])
    asyncio.run(_serve(Outside([(host, int(port)) for host, _, port in places])))


async def _serve(outside: Outside) -> None:
    questions = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(questions), sys.stdin)
    async with asyncio.TaskGroup() as looking:
        while line := await questions.readline():
            asked = orjson.loads(line)
            looking.create_task(_answer(outside, asked["n"], asked["url"]))


async def _answer(outside: Outside, number: int, url: str) -> None:
    found = await outside.look(url)
    sys.stdout.buffer.write(orjson.dumps({"n": number, "found": found}) + b"\n")
    sys.stdout.buffer.flush()
