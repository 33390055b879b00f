"""A recording that ended becomes a film, and the film a file of chat_service's: each step as often
as it takes. Every step may be done twice without harm.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

import orjson

from chassis.logs import logger
from contracts.errors import DomainError, NotFound
from contracts.ids import Snowflake
from contracts.rpc.base import Call
from contracts.rpc.chat import EndRecording, KeepRecording, OfferRecording, RecordedTrack
from contracts.wire import JSON, Wire
from media_sfu.recording.shelf import Folder

log = logger("recording")

R = TypeVar("R", bound=Wire)


class Asks(Protocol):
    """Asks chat_service."""

    async def __call__(self, call: Call[R]) -> R:
        """And waits for the answer."""


_ROOT = Path(__file__).parents[2]
_WITHIN_S = 3 * 3600.0


class Undelivered(Exception):
    """Not this time."""


class Delivery:
    """Brings one recording where it belongs."""

    def __init__(self, ask: Asks, files_url: str) -> None:
        self._ask = ask
        self._files_url = files_url

    async def end(self, folder: Folder) -> None:
        """That it ended: everybody shall see so long before there is a film."""
        try:
            await self._ask(_ended(folder))
        except NotFound:
            return
        except DomainError as error:
            raise Undelivered(str(error)) from error

    async def bring(self, folder: Folder) -> None:
        """All of it; Undelivered when it has to be tried again."""
        number = Snowflake(folder.number)
        try:
            await self._ask(_ended(folder))
            made = orjson.loads(await _run("make", str(folder.path)))
            file_id = await self._send(folder, number, made) if made["film"] else None
            tracks = tuple(_track(one) for one in made["tracks"])
            seconds = made["seconds"]
            await self._ask(
                KeepRecording(recording_id=number, file_id=file_id, seconds=seconds, tracks=tracks)
            )
        except NotFound:
            log.info("recording.unwanted", recording=folder.number)
        except DomainError as error:
            raise Undelivered(str(error)) from error
        await asyncio.to_thread(folder.delete)

    async def _send(self, folder: Folder, number: Snowflake, made: JSON) -> Snowflake:
        name = str(made["film"])
        asked = OfferRecording(recording_id=number, filename=name, size=int(made["size"]))
        place = await self._ask(asked)
        await _run("send", str(folder.path / name), self._reached(place.url))
        return place.file_id

    def _reached(self, url: str) -> str:
        """From where this worker stands."""
        if not self._files_url:
            return url
        ours, theirs = urlsplit(self._files_url), urlsplit(url)
        return urlunsplit((ours.scheme, ours.netloc, theirs.path, theirs.query, ""))


def _ended(folder: Folder) -> EndRecording:
    number, ending = Snowflake(folder.number), folder.ending()
    return EndRecording(recording_id=number, ended_ms=ending.ended_ms, reason=ending.reason)


def _track(told: JSON) -> RecordedTrack:
    named = {"from": "from_s", "to": "to_s"}
    return RecordedTrack(**{named.get(name, name): value for name, value in told.items()})


async def _run(*what: str) -> bytes:
    """In a process of its own, without any key of ours."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "media_sfu.recording", *what),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=_ROOT,
        env={"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            said, wrong = await process.communicate()
    except TimeoutError as error:
        raise Undelivered("it takes too long") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Undelivered(wrong.decode("utf-8", "replace")[-500:])
    return said
