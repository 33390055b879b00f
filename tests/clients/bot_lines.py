"""Lines of JSON both ways: what a bot sees goes out, what it is asked to do comes in."""

from __future__ import annotations

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

How = dict[str, Any]
Deed = Callable[[How], Awaitable[Any]]
Refusal = Callable[[Exception], dict[str, Any] | None]


def tell(what: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"saw": what, **more}) + "\n")
    sys.stdout.flush()


async def obey(deeds: Mapping[str, Deed], refusal: Refusal) -> None:
    """`refusal(error)` gives status and code of what the server refused, None otherwise."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    doing = set()
    while line := await reader.readline():
        task = asyncio.ensure_future(_do(deeds, refusal, json.loads(line)))
        doing.add(task)
        task.add_done_callback(doing.discard)


async def _do(deeds: Mapping[str, Deed], refusal: Refusal, asked: How) -> None:
    n, deed = asked.pop("n"), asked.pop("does")
    try:
        tell("done", n=n, result=await deeds[deed](asked))
    except Exception as error:
        refused = refusal(error)
        if refused is None:
            tell("failed", n=n, why=traceback.format_exc())
        else:
            tell("refused", n=n, **refused)
