"""A room is recorded by a worker while real peers speak in it, made into a film by a process of its
own, and brought to chat_service, over crashes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
from aiortc import VideoStreamTrack

from chassis.rpc import RpcServer
from contracts.errors import Conflict, ErrorCode, NotFound
from contracts.ids import Snowflake
from contracts.rpc import media, media_news
from contracts.rpc.base import Done
from contracts.rpc.chat import EndRecording, KeepRecording, OfferRecording, RecordingPlace
from contracts.rpc.media_news import RecordingEnd
from contracts.rpc.media_recording import StartRecording, StopRecording
from media_sfu.recording.recorder import Recorder
from media_sfu.recording.shelf import Ending, Shelf
from tests.fixtures.patience import PATIENCE
from tests.fixtures.services import stub
from tests.service.media_sfu.stand import Stand, Tone, standing


@dataclass
class Archive:
    """Stands for chat_service, and takes files."""

    url: str = ""
    entry: str = ""
    ended: list[EndRecording] = field(default_factory=list)
    kept: list[KeepRecording] = field(default_factory=list)
    films: list[bytes] = field(default_factory=list)
    wanted: bool = True
    slow: int = 0
    """The film of this recording has to wait until it may go on."""
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def declare(self, rpc: RpcServer) -> None:
        rpc.handle(EndRecording, self._end)
        rpc.handle(OfferRecording, self._offer)
        rpc.handle(KeepRecording, self._keep)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        self.films.append(await reader.readexactly(size))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async def _end(self, call: EndRecording) -> Done:
        if not self.wanted:
            self.arrived.set()
            raise NotFound(ErrorCode.UNKNOWN_RECORDING)
        self.ended.append(call)
        return Done()

    async def _offer(self, call: OfferRecording) -> RecordingPlace:
        return RecordingPlace(file_id=Snowflake(7), url=f"{self.url}/uploads/{call.filename}?ex=1")

    async def _keep(self, call: KeepRecording) -> Done:
        if call.recording_id == self.slow:
            await self.go_on.wait()
        self.kept.append(call)
        self.arrived.set()
        return Done()

    async def receives(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self.arrived.wait()


@asynccontextmanager
async def archive() -> AsyncIterator[Archive]:
    made = Archive()
    server = await asyncio.start_server(made.take, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, stub("chat", made.declare) as entry:
        made.entry = entry
        yield made


@asynccontextmanager
async def studio(shelf: Path, **settings: Any) -> AsyncIterator[tuple[Stand, Archive]]:
    async with archive() as made:
        given = {"recordings": str(shelf), "recording_disk_bytes": 0} | settings
        async with standing(made.entry, **given) as stand:
            yield stand, made


async def start(stand: Stand, number: int = 5) -> None:
    await stand.ask(StartRecording(room="room", recording=number))


def heard(stand: Stand, packets: int) -> Any:
    """Whether every track has brought so much since the recorder listens."""

    def is_so() -> bool:
        tracks = stand.worker.rooms.room("room").tracks.values()
        watcher = stand.worker.rooms.room("room").watchers[0]
        assert isinstance(watcher, Recorder)
        began = {layer.track for layer in watcher._numbers}
        return began == set(tracks) and all(
            layer.intake.received > packets for one in tracks for layer in one.layers.values()
        )

    return is_so


async def test_who_speaks_and_who_is_seen_become_tracks_of_a_film(tmp_path: Path) -> None:
    async with studio(tmp_path) as (stand, made):
        mina = await stand.join("PA_1", identity="11", name="Mina")
        jun = await stand.join("PA_2", identity="22", name="Jun")
        await mina.publish(Tone(), "voice", source="microphone")
        await start(stand)
        await jun.publish(VideoStreamTrack(), "camera", source="camera")
        with pytest.raises(Conflict):
            await start(stand, 6)
        again = await stand.ask(media.OpenParticipant(room="room", participant="PA_3"))
        assert again.recording == 5
        await stand.until(heard(stand, 25))
        await stand.ask(StopRecording(room="room", recording=5))
        said = await stand.expect(media_news.RecordingEnded)
        assert (said.recording, said.reason) == (5, RecordingEnd.STOPPED)
        await made.receives()
    (kept,), (film,) = made.kept, made.films
    assert kept.file_id == 7
    assert [(one.identity, one.name, one.source) for one in kept.tracks] == [
        ("11", "Mina", "microphone"),
        ("22", "Jun", "camera"),
    ]
    with av.open(BytesIO(film)) as container:
        assert [one.codec_context.name for one in container.streams] == ["opus", "vp8"]
        assert container.streams[0].metadata["title"] == "Mina · microphone"
        assert sum(1 for _ in container.decode(video=0)) == kept.tracks[1].frames
    with av.open(BytesIO(film)) as container:
        loudest = max(abs(frame.to_ndarray()).max() for frame in container.decode(audio=0))
        assert loudest > 0.1
    assert not list(tmp_path.iterdir())


async def test_what_is_encrypted_is_refused_and_what_becomes_too_large_is_ended(
    tmp_path: Path,
) -> None:
    async with studio(tmp_path, recording_bytes=1 << 12) as (stand, made):
        mina = await stand.join("PA_1")
        await mina.publish(Tone(), "voice", encryption="gcm")
        with pytest.raises(Conflict) as refusal:
            await start(stand)
        assert refusal.value.error is ErrorCode.RECORDING_ENCRYPTED
        await mina.ask(media.Unpublish, track="voice")
        await start(stand)
        await mina.publish(Tone(), "secret", encryption="gcm")
        await mina.publish(Tone(), "plain")
        said = await stand.expect(media_news.RecordingEnded)
        assert said.reason is RecordingEnd.TOO_LARGE
        await made.receives()
    assert made.ended[0].reason == "too_large"
    assert len(made.kept[0].tracks) == 1


async def test_what_a_dead_worker_has_written_is_saved_by_the_next_one(tmp_path: Path) -> None:
    async with studio(tmp_path / "one") as (stand, _):
        mina = await stand.join("PA_1", identity="11")
        await mina.publish(Tone(), "voice")
        await start(stand)
        dump = tmp_path / "one" / "5" / "packets"
        await stand.until(lambda: dump.stat().st_size > 4_000)
        written = dump.read_bytes()
    left = tmp_path / "two" / "5"
    left.mkdir(parents=True)
    (left / "packets").write_bytes(written[:-7])
    async with studio(tmp_path / "two") as (_, made):
        await made.receives()
    assert made.ended[0].reason == "cut_off"
    assert made.kept[0].tracks[0].frames > 5
    assert len(made.films) == 1


async def test_what_nobody_wants_any_more_is_thrown_away(tmp_path: Path) -> None:
    folder = Shelf(tmp_path).open(5)
    folder.end(Ending(0, "stopped"))
    folder.let_go()
    async with archive() as made:
        made.wanted = False
        async with standing(made.entry, recordings=str(tmp_path)) as stand:
            await made.receives()
            await stand.until(lambda: not list(tmp_path.iterdir()))


async def test_that_it_ended_is_told_at_once_and_a_slow_film_holds_up_no_other(
    tmp_path: Path,
) -> None:
    for number in (5, 6):
        folder = Shelf(tmp_path).open(number)
        folder.dump.write_bytes(b"")
        folder.end(Ending(number, "stopped"))
        folder.let_go()
    async with archive() as made:
        made.slow = 5
        async with standing(made.entry, recordings=str(tmp_path)) as stand:
            await made.receives()
            await stand.until(lambda: {one.recording_id for one in made.ended} == {5, 6})
            assert [one.recording_id for one in made.kept] == [6]
            made.go_on.set()
            await stand.until(lambda: len(made.kept) == 2)
            await stand.until(lambda: not list(tmp_path.iterdir()))
