"""A media worker of one's own and callers in its rooms: what `bench sfu` measures with."""

from __future__ import annotations

import asyncio
import secrets
import struct
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter, perf_counter_ns
from typing import Any

from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.rpc import Calls, RpcServer
from chassis.tasks import Tasks
from contracts.rpc import media, media_news
from contracts.rpc.base import Cast
from contracts.rpc.media import TrackSpec
from stack.caller import Caller, Stream
from stack.environ import ROOT

_HEAD = struct.Struct("!BBHII")
_STAMP = struct.Struct("!Q")
HOST = "127.0.0.1"


@dataclass
class Source:
    """What one publisher sends, evenly."""

    stream: Stream
    per_second: float
    size: int
    number: int = 0

    def packet(self) -> bytes:
        """The next one; its last bytes say when it left. Every picture is a key frame of VP8."""
        self.number += 1
        ticks = 48_000 if self.stream.kind == "audio" else 90_000
        stamp = int(self.number * ticks / self.per_second) & 0xFFFFFFFF
        head = _HEAD.pack(0x80, self.stream.pt, self.number & 0xFFFF, stamp, self.stream.ssrc)
        start = b"" if self.stream.kind == "audio" else b"\x10\x00"
        body = start + bytes(self.size - len(start) - _STAMP.size - _HEAD.size)
        return head + body + _STAMP.pack(perf_counter_ns())


@dataclass
class Worker:
    """A process of media_sfu, with this process as its signaling."""

    pid: int
    calls: Calls
    offers: dict[str, list[media_news.Offered]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, call: Any) -> Any:
        """Of the worker."""
        return await self.calls.ask(call, deadline=20)

    def offered(self, said: media_news.Offered) -> None:
        """An offer came."""
        self.offers.setdefault(said.participant, []).append(said)
        self.changed.set()

    async def publish(self, name: str, sources: list[Source], cipher: bytes) -> Caller:
        """Somebody speaks who hears nobody."""
        who = {"room": "bench", "participant": name}
        await self.ask(media.OpenParticipant(**who, subscribes_by_itself=False))
        for source in sources:
            stream = source.stream
            spec = TrackSpec(track=f"{name}-{stream.name}", cid=stream.name, kind=stream.kind)
            await self.ask(media.Publish(**who, track=spec))
        caller = Caller()
        caller.prefer(cipher)
        streams = [source.stream for source in sources]
        answered = await self.ask(media.Offer(**who, sdp=caller.offer(streams)))
        await caller.connect(answered.sdp)
        return caller

    async def listen(
        self, name: str, tracks: int, cipher: bytes, heard: Callable[[bytes], None] | None
    ) -> Caller:
        """Somebody hears so many tracks."""
        who = {"room": "bench", "participant": name}
        caller = Caller(heard)
        caller.prefer(cipher)
        await self.ask(media.OpenParticipant(**who))
        is_connected = False
        async with asyncio.timeout(30):
            while True:
                said = await self._next(name)
                answer = media.Answer(**who, sdp=caller.answer(said.sdp), offer_id=said.offer_id)
                await self.ask(answer)
                if not is_connected:
                    is_connected = True
                    await caller.connect(said.sdp)
                if len(said.tracks) >= tracks:
                    return caller

    async def leave(self, *names: str) -> None:
        """Out of the room."""
        for name in names:
            await self.ask(media.LeaveRoom(room="bench", participant=name))
            self.offers.pop(name, None)

    async def _next(self, name: str) -> media_news.Offered:
        while not self.offers.get(name):
            self.changed.clear()
            await self.changed.wait()
        return self.offers[name].pop(0)


@asynccontextmanager
async def worker(ports: tuple[int, int, int]) -> AsyncIterator[Worker]:
    """Started, and ready to be asked."""
    keys = {name: secrets.token_bytes(32) for name in ("signaling>media", "media>signaling")}
    ring = ",".join(f"{name}:{key.hex()}" for name, key in keys.items())
    rpc_port, admin_port, udp_port = ports
    tasks, clock, metrics = Tasks(), SystemClock(), Metrics()
    async with AsyncExitStack() as stack:
        door = RpcServer(
            "signaling", keys, bind=HOST, port=0, clock=clock, tasks=tasks, metrics=metrics
        )
        here = asyncio.Event()
        _listen(door, here)
        stack.push_async_callback(tasks.cancel)
        await door.start()
        stack.push_async_callback(door.stop)
        env = {
            "PATH": "/usr/bin:/bin",
            "MEDIA_KEYRING": ring,
            "MEDIA_RPC_PORT": str(rpc_port),
            "MEDIA_ADMIN_PORT": str(admin_port),
            "MEDIA_UDP_BIND": HOST,
            "MEDIA_UDP_PORT": str(udp_port),
            "MEDIA_NEIGHBOURS": f"signaling={HOST}:{door.port}",
            "MEDIA_LOST_SECONDS": "600",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media_sfu", env=env, cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        stack.push_async_callback(process.wait)
        stack.callback(process.terminate)
        await asyncio.wait_for(here.wait(), 30)
        neighbours = {"media": (HOST, rpc_port)}
        calls = Calls(
            "signaling",
            neighbours,
            keys,
            clock=clock,
            tasks=tasks,
            metrics=metrics,
            instance="bench",
        )
        await calls.start()
        stack.push_async_callback(calls.stop)
        made = Worker(process.pid, calls)
        _OFFERED.append(made)
        yield made


_OFFERED: list[Worker] = []


def _listen(door: RpcServer, here: asyncio.Event) -> None:
    for kind in vars(media_news).values():
        if isinstance(kind, type) and issubclass(kind, Cast) and kind is not Cast:
            door.hear(kind, lambda said, link: _hear(said, here))


def _hear(said: Cast, here: asyncio.Event) -> None:
    if isinstance(said, media_news.WorkerHere):
        here.set()
    elif isinstance(said, media_news.Offered) and _OFFERED:
        _OFFERED[-1].offered(said)


async def play(caller_sources: list[tuple[Caller, list[Source]]], seconds: float) -> int:
    """Send everything at its pace; how many packets that were."""
    began = perf_counter()
    due = {id(source): began for _, sources in caller_sources for source in sources}
    sent, now = 0, began
    while now - began < seconds:
        for caller, sources in caller_sources:
            for source in sources:
                while due[id(source)] <= now:
                    caller.send(source.packet())
                    due[id(source)] += 1 / source.per_second
                    sent += 1
        await asyncio.sleep(0.002)
        now = perf_counter()
    return sent
