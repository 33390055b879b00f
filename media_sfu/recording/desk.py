"""Recordings of this worker: begun, bounded, ended at once for all to see, and brought away."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from chassis.logs import logger
from contracts.errors import Conflict, ErrorCode, Unavailable
from contracts.rpc.media_news import RecordingEnd, RecordingEnded
from media_sfu.recording.delivering import Delivery, Undelivered
from media_sfu.recording.recorder import Recorder
from media_sfu.recording.shelf import Ending, Folder, Shelf
from media_sfu.recording.writer import Writer
from media_sfu.rooms import Room
from media_sfu.worker import Worker

log = logger("recording")

_AGAIN_S = 15.0
_SALVAGE_S = 60.0
BROUGHT_AT_ONCE = 2
"""Films that are made and sent at a time: each is a process."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a recording may go."""

    seconds: float
    octets: int
    left_on_disk: int


@dataclass(eq=False)
class _Running:
    number: int
    room: Room
    folder: Folder
    began: float
    writer: Writer = field(init=False)
    recorder: Recorder = field(init=False)
    writing: asyncio.Task[None] = field(init=False)


class Desk:
    """A part of the worker's service."""

    name = "recordings"

    def __init__(self, worker: Worker, shelf: Shelf, bounds: Bounds, delivery: Delivery) -> None:
        self._worker = worker
        self._shelf = shelf
        self._bounds = bounds
        self._delivery = delivery
        self._running: dict[str, _Running] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._due: dict[Folder, float] = {}
        """What is to be brought away, and when to try."""
        self._bringing: dict[Folder, asyncio.Task[None]] = {}
        self._salvaged_at = -_SALVAGE_S

    async def start(self) -> None:
        """What a former worker left is found by the clock."""

    async def stop(self) -> None:
        """End what runs; the next worker brings it away."""
        for one in tuple(self._running.values()):
            self._end(one, RecordingEnd.EMPTY)
        await asyncio.gather(*self._ending, return_exceptions=True)
        bringing = tuple(self._bringing.values())
        for work in bringing:
            work.cancel()
        await asyncio.gather(*bringing, return_exceptions=True)
        for folder in self._due:
            folder.let_go()

    def trouble(self) -> str | None:
        """None: people speak without."""
        return None

    def of(self, room: str) -> int:
        """The recording of a room that runs; 0: none."""
        one = self._running.get(room)
        return one.number if one is not None else 0

    def begin(self, room: Room, number: int) -> None:
        """Write down what happens in a room from now on."""
        one = self._running.get(room.name)
        if one is not None and one.number == number:
            return
        if one is not None:
            raise Conflict(ErrorCode.RECORDING_RUNS)
        if any(track.spec.encryption for track in room.tracks.values()):
            raise Conflict(ErrorCode.RECORDING_ENCRYPTED)
        try:
            folder = self._shelf.open(number)
            one = _Running(number, room, folder, self._worker.clock.monotonic())
            stop = partial(self._end, one)
            failed = partial(stop, RecordingEnd.DISK)
            one.writer = Writer(folder.dump, self._worker.clock, failed)
        except OSError as error:
            log.warning("recording.refused", reason=repr(error))
            raise Unavailable(message="nothing can be written here") from error
        if self._shelf.room_left() < self._bounds.left_on_disk:
            one.writer.end()
            folder.delete()
            raise Unavailable(message="the disk is full")
        one.recorder = Recorder(room, one.writer, one.began, stop)
        one.writing = one.writer.begin(self._worker.tasks)
        self._running[room.name] = one
        one.recorder.begin()
        one.recorder.look(one.began)

    def end(self, room: str, number: int, *, is_unwanted: bool) -> None:
        """It was asked for, or nobody was told that it began."""
        one = self._running.get(room)
        if one is None or one.number != number:
            return
        if is_unwanted:
            one.folder.delete()
        self._end(one, RecordingEnd.STOPPED, is_unwanted=is_unwanted)

    async def look(self) -> None:
        """By the clock: better layers, and bounds."""
        now = self._worker.clock.monotonic()
        for one in tuple(self._running.values()):
            one.recorder.look(now)
            if now - one.began > self._bounds.seconds:
                self._end(one, RecordingEnd.TOO_LONG)
            elif one.writer.size > self._bounds.octets:
                self._end(one, RecordingEnd.TOO_LARGE)
            elif self._shelf.room_left() < self._bounds.left_on_disk:
                self._end(one, RecordingEnd.DISK)

    async def bring(self) -> None:
        """By the clock: a few at a time of what is due, and of what a dead worker left."""
        now = self._worker.clock.monotonic()
        if now - self._salvaged_at >= _SALVAGE_S:
            self._salvaged_at = now
            for folder in self._shelf.left():
                self._due[folder] = now
                self._spawn("recording:end", self._tell_end(folder))
        for folder, at in tuple(self._due.items()):
            is_free = len(self._bringing) < BROUGHT_AT_ONCE and folder not in self._bringing
            if is_free and at <= now:
                work = self._worker.tasks.spawn("recording:bring", self._bring(folder))
                self._bringing[folder] = work

    async def _bring(self, folder: Folder) -> None:
        try:
            await self._try(folder)
        finally:
            self._bringing.pop(folder, None)

    async def _try(self, folder: Folder) -> None:
        try:
            await self._delivery.bring(folder)
            del self._due[folder]
        except Undelivered as error:
            log.warning("recording.undelivered", recording=folder.number, reason=str(error))
            # Behind the others.
            del self._due[folder]
            self._due[folder] = self._worker.clock.monotonic() + _AGAIN_S

    async def _tell_end(self, folder: Folder) -> None:
        with suppress(Undelivered):  # said again before it is brought
            await self._delivery.end(folder)

    def _spawn(self, name: str, work: Coroutine[None, None, None]) -> None:
        task = self._worker.tasks.spawn(name, work)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _end(self, one: _Running, reason: RecordingEnd, *, is_unwanted: bool = False) -> None:
        if self._running.get(one.room.name) is not one:
            return
        del self._running[one.room.name]
        one.recorder.end()
        one.writer.end()
        self._worker.tell(RecordingEnded(room=one.room.name, recording=one.number, reason=reason))
        if not is_unwanted:
            ending = Ending(
                self._worker.clock.now_ms(), reason.value, tuple(sorted(one.recorder.left_out))
            )
            self._spawn("recording:end", self._shelve(one, ending))

    async def _shelve(self, one: _Running, ending: Ending) -> None:
        await asyncio.wait((one.writing,))
        try:
            one.folder.end(ending)
        except OSError as error:
            log.warning("recording.unsigned", recording=one.number, reason=repr(error))
        self._due[one.folder] = self._worker.clock.monotonic()
        await self._tell_end(one.folder)
