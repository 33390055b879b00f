"""A room where everybody has a camera on and a microphone open, none of which pauses: the hardest
ordinary room. Each sends three layers and sees one person large, all others small.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from contracts.rpc import media
from contracts.rpc.media import LayerWish
from loadtest.bench.loads import AUDIO_BYTES
from loadtest.bench.measure import cpu_seconds, quantile
from loadtest.bench.report import progress
from loadtest.bench.rooms import LAYERS, ROOM, Worker
from loadtest.bench.streams import Source
from loadtest.bench.traffic import Ear, Traffic
from stack.caller import Caller, Stream

CIPHER = b"SRTP_AEAD_AES_128_GCM"
WARM_S = 3.0
"""Until layers flow, are known, and each listener has the one that it wishes."""


@dataclass(frozen=True)
class Layer:
    """One encoding of a camera."""

    rid: str
    frames: float
    burst: int
    size: int


CAMERA = (Layer("q", 15, 1, 1_050), Layer("h", 20, 3, 1_000), Layer("f", 30, 6, 1_100))
"""About 0.13, 0.5 and 1.6 Mbit/s."""


def sources() -> list[Source]:
    """Of one person."""
    audio = Stream("audio", "audio", mid="0")
    video = Stream("video", "video", mid="1", rids=tuple(layer.rid for layer in CAMERA))
    made = [Source(audio, 50, AUDIO_BYTES)]
    for layer in CAMERA:
        ssrc = secrets.randbits(31) + 1
        made.append(Source(video, layer.frames, layer.size, layer.burst, layer.rid, ssrc))
    return made


def forwarded(people: int) -> float:
    """Packets a second that leave the worker when nothing is lost."""
    small, *_, large = (layer.frames * layer.burst for layer in CAMERA)
    to_one_speaker = (people - 1) * (50 + small)
    to_others = (people - 1) * (50 * (people - 1) + small * (people - 2) + large)
    return to_one_speaker + to_others


async def measured(on: Worker, people: int, seconds: float) -> dict[str, float]:
    """Figures of such a room."""
    names = [f"person {number}" for number in range(people)]
    voices: list[tuple[Caller, list[Source]]] = []
    for name in names:
        sent = sources()
        voices.append((await on.publish(name, sent, CIPHER, hears=True), sent))
    ears = []
    for name in names:
        caller = await on.listen(name, 2 * (people - 1), CIPHER)
        ears.append(Ear(caller, looks=name == names[-1]))
        await _wish(on, name, names)
    traffic = Traffic(voices, ears)
    await asyncio.to_thread(traffic.play, WARM_S)
    for ear in ears:
        ear.forget()
    numbers = {caller.address[1] for caller, _ in voices} | {ear.caller.address[1] for ear in ears}
    unread = dropped(numbers), dropped({on.port})
    spent, began = cpu_seconds(on.pids), monotonic()
    await asyncio.to_thread(traffic.play, seconds)
    past, spent = monotonic() - began, cpu_seconds(on.pids) - spent
    traffic.close()
    found = _figures(ears, people, seconds)
    found |= {"core": spent / past, "us": spent / sum(ear.came for ear in ears) * 1e6}
    found["unread_by_generator"] = dropped(numbers) - unread[0]
    found["unread_by_worker"] = dropped({on.port}) - unread[1]
    await on.leave(*names)
    for caller in [caller for caller, _ in voices] + [ear.caller for ear in ears]:
        await caller.close()
    told = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
    progress(f"{people} cameras: {told}")
    return found


async def _wish(on: Worker, name: str, names: list[str]) -> None:
    """The first large, all others small; the first sees all small."""
    small, large = LAYERS[0], LAYERS[-1]
    wishes = []
    for other in names:
        layer = large if other == names[0] else small
        track = f"{other}-video"
        wishes.append(LayerWish(track=track, width=layer.width, height=layer.height))
    await on.ask(media.WishLayers(room=ROOM, participant=name, wishes=tuple(wishes)))


def _figures(ears: list[Ear], people: int, seconds: float) -> dict[str, float]:
    streams = [stream for ear in ears for stream in ear.streams.values()]
    missing, came = sum(stream.missing for stream in streams), sum(ear.came for ear in ears)
    absent = len(ears) * 2 * (people - 1) - len(streams)
    late = [one for ear in ears for one in ear.late]
    return {
        "pps": came / seconds,
        "lost": (missing + absent) / max(1, came + missing),
        "of_expected": came / seconds / forwarded(people),
        "p50_us": quantile(late, 0.5),
        "p99_us": quantile(late, 0.99),
    }


def dropped(ports: set[int]) -> int:
    """Datagrams that the kernel threw away because nobody read them in time, at these ports."""
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return sum(int(row[-1]) for row in rows if int(row[1].rpartition(":")[2], 16) in ports)
