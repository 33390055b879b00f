"""The service's side: a worker for one film."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import NamedTuple

import orjson

from chassis.logs import logger
from contracts import kinds
from contracts.kinds import Kind
from contracts.wire import JSON

log = logger("films")

MOST_BYTES = 64 << 20
"""Larger films have no poster: they would be in memory twice."""
_WITHIN_S = 30.0
_ROOT = Path(__file__).parents[2]
_FORMATS = {kinds.MP4: "mp4", kinds.QUICKTIME: "mp4", kinds.WEBM: "webm"}


class Shown(NamedTuple):
    """What a film shows first."""

    facts: JSON
    poster: bytes


async def first_picture(film: bytes, kind: Kind) -> Shown | None:
    """The first picture of a film; None if it shows none, or is not worth the time it takes."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat_service.films", _FORMATS[kind]),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=_ROOT,
        # Nothing of ours goes along: no keys, no passwords.
        env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            answer, _ = await process.communicate(film)
    except TimeoutError:
        log.warning("film.endless", size=len(film))
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    said, _, poster = answer.partition(b"\n")
    return Shown(orjson.loads(said), poster) if poster else None
