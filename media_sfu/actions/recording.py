"""A room is recorded, or no longer."""

from __future__ import annotations

from contracts.rpc.media_recording import StartRecording, StopRecording
from media_sfu.recording.desk import Desk
from media_sfu.worker import Worker


class Recording:
    """What signaling asks of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def start(self, worker: Worker, asked: StartRecording) -> None:
        """Begin."""
        self._desk.begin(worker.rooms.room(asked.room), asked.recording)

    async def stop(self, worker: Worker, asked: StopRecording) -> None:
        """End."""
        del worker
        self._desk.end(asked.room, asked.recording, is_unwanted=asked.is_unwanted)

    def of(self, room: str) -> int:
        """The one that runs; 0: none."""
        return self._desk.of(room)
