"""Who sends what to how many in `bench sfu`, and one such load measured with whoever forwards."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from loadtest.bench.measure import cpu_seconds, quantile
from loadtest.bench.rooms import Forwarder
from loadtest.bench.streams import Source
from loadtest.bench.traffic import Ear, Traffic
from stack.caller import Caller, Stream

AUDIO_BYTES, VIDEO_BYTES = 112, 1_052
WARM_S = 1.0


@dataclass(frozen=True)
class Load:
    """Everybody sends alike."""

    name: str
    publishers: int
    listeners: int
    """0: the publishers hear each other."""
    frames: int = 0
    """Of video, a second; voice is always sent, fifty times a second."""
    burst: int = 4
    """Packets of a frame."""

    def sources(self) -> list[Source]:
        """Of one publisher."""
        made = [Source(Stream("audio", "audio"), 50, AUDIO_BYTES)]
        if self.frames:
            made.append(Source(Stream("video", "video"), self.frames, VIDEO_BYTES, self.burst))
        return made

    def sizes(self) -> list[int]:
        """Of packets, in their proportion."""
        return [AUDIO_BYTES] + [VIDEO_BYTES] * (self.frames * self.burst // 50)

    @property
    def ends(self) -> int:
        """Listeners of one publisher."""
        return self.listeners or self.publishers - 1


LOADS = (
    Load("1 to 16", 1, 16, frames=150),
    Load("1 to 64", 1, 64, frames=50),
    Load("10-way audio", 10, 0),
)
WARM = Load("warm", 1, 1)


async def measured(on: Forwarder, load: Load, cipher: bytes, seconds: float) -> dict[str, float]:
    """Figures of one load."""
    before_join = cpu_seconds(on.pids)
    voices: list[tuple[Caller, list[Source]]] = []
    names = [f"speaker {number}" for number in range(load.publishers)]
    for name in names:
        sources = load.sources()
        caller = await on.publish(name, sources, cipher, hears=not load.listeners)
        voices.append((caller, sources))
    tracks = load.publishers * len(load.sources())
    hearers = [f"listener {number}" for number in range(load.listeners)] or names
    tracks -= 0 if load.listeners else len(load.sources())
    ears = [Ear(await on.listen(name, tracks, cipher)) for name in hearers]
    people = {*names, *hearers}
    join = (cpu_seconds(on.pids) - before_join) / len(people)
    traffic = Traffic(voices, ears)
    await asyncio.to_thread(traffic.play, WARM_S)
    for ear in ears:
        ear.forget()
    spent = cpu_seconds(on.pids)
    sent = await asyncio.to_thread(traffic.play, seconds)
    spent = cpu_seconds(on.pids) - spent
    traffic.close()
    await on.leave(*people)
    for caller in [caller for caller, _ in voices] + [ear.caller for ear in ears]:
        await caller.close()
    came, late = sum(ear.came for ear in ears), [one for ear in ears for one in ear.late]
    return {
        "us": spent / max(1, came) * 1e6,
        "pps": came / seconds,
        "delivery": (came - sum(ear.refused for ear in ears)) / (sent * load.ends),
        "p50_us": quantile(late, 0.5),
        "p99_us": quantile(late, 0.99),
        "join_ms": join * 1000,
    }
