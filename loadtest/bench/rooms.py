"""A media worker of one's own, and callers in its one room: ours, as `bench sfu` measures it."""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from chassis.clock import SystemClock
from chassis.metrics import Metrics
from chassis.rpc import Calls, RpcServer
from chassis.tasks import Tasks
from contracts.rpc import media, media_news, media_stats
from contracts.rpc.base import Cast
from contracts.rpc.media import LayerSpec, Quality, TrackSpec
from loadtest.bench.streams import Source
from stack.caller import Caller, Stream
from stack.environ import ROOT

LOCAL = "127.0.0.1"
ROOM = "bench"
LAYERS = (
    LayerSpec(quality=Quality.LOW, width=320, height=180, rid="q"),
    LayerSpec(quality=Quality.MEDIUM, width=640, height=360, rid="h"),
    LayerSpec(quality=Quality.HIGH, width=1280, height=720, rid="f"),
)


class Forwarder(Protocol):
    """One room of a media server: whatever forwards packets can be measured."""

    @property
    def pids(self) -> Sequence[int]:
        """Of the processes whose CPU counts."""

    async def publish(
        self, name: str, sources: list[Source], cipher: bytes, *, hears: bool = False
    ) -> Caller:
        """Somebody sends; who also wants to hear does so by `listen`, under the same name."""

    async def listen(self, name: str, tracks: int, cipher: bytes) -> Caller:
        """Somebody hears everybody else: so many tracks."""

    async def leave(self, *names: str) -> None:
        """Out of the room."""


@dataclass
class News:
    """What a worker tells its signaling, as far as a bench wants to know."""

    here: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    offers: dict[str, list[media_news.Offered]] = field(default_factory=dict)

    def hear(self, said: Cast) -> None:
        """Something was told."""
        if isinstance(said, media_news.WorkerHere):
            self.here.set()
        elif isinstance(said, media_news.Offered):
            self.offers.setdefault(said.participant, []).append(said)
            self.changed.set()

    async def next_offer(self, name: str) -> media_news.Offered:
        """For this participant."""
        while not self.offers.get(name):
            self.changed.clear()
            await self.changed.wait()
        return self.offers[name].pop(0)


@dataclass
class Worker:
    """A process of media_sfu, with this process as its signaling."""

    pid: int
    calls: Calls
    news: News
    port: int
    """Where media arrives."""
    _seated: set[str] = field(default_factory=set)

    @property
    def pids(self) -> Sequence[int]:
        """One process."""
        return (self.pid,)

    async def ask(self, call: Any) -> Any:
        """Of the worker."""
        return await self.calls.ask(call, deadline=20)

    async def publish(
        self, name: str, sources: list[Source], cipher: bytes, *, hears: bool = False
    ) -> Caller:
        """Open, announce, offer, connect."""
        who = await self._seat(name, hears=hears)
        streams: dict[str, Stream] = {source.stream.name: source.stream for source in sources}
        for stream in streams.values():
            spec = TrackSpec(
                track=f"{name}-{stream.name}",
                cid=stream.name,
                kind=stream.kind,
                layers=LAYERS if stream.rids else (),
            )
            await self.ask(media.Publish(**who, track=spec))
        caller = Caller()
        caller.prefer(cipher)
        answered = await self.ask(media.Offer(**who, sdp=caller.offer(list(streams.values()))))
        await caller.connect(answered.sdp)
        return caller

    async def listen(self, name: str, tracks: int, cipher: bytes) -> Caller:
        """Open, and answer offers until one has all tracks."""
        who = await self._seat(name, hears=True)
        caller = Caller()
        caller.prefer(cipher)
        is_connected = False
        async with asyncio.timeout(60):
            while True:
                said = await self.news.next_offer(name)
                answer = media.Answer(**who, sdp=caller.answer(said.sdp), offer_id=said.offer_id)
                await self.ask(answer)
                if not is_connected:
                    is_connected = True
                    await caller.connect(said.sdp)
                if len(said.tracks) >= tracks:
                    return caller

    async def leave(self, *names: str) -> None:
        """All of them."""
        for name in names:
            await self.ask(media.LeaveRoom(room=ROOM, participant=name))
            self.news.offers.pop(name, None)
            self._seated.discard(name)

    async def _seat(self, name: str, *, hears: bool) -> dict[str, str]:
        who = {"room": ROOM, "participant": name}
        if name not in self._seated:
            self._seated.add(name)
            await self.ask(media.OpenParticipant(**who, subscribes_by_itself=hears))
        return who


@asynccontextmanager
async def worker(
    host: str, ports: Sequence[int], variant: Mapping[str, str]
) -> AsyncIterator[Worker]:
    """Started and ready to be asked, on three ports; media arrives at this address. A variant is
    what its environment has besides.
    """
    keys = {name: secrets.token_bytes(32) for name in ("signaling>media", "media>signaling")}
    rpc_port, admin_port, udp_port = ports
    tasks, clock, metrics = Tasks(), SystemClock(), Metrics()
    async with AsyncExitStack() as stack:
        door = RpcServer(
            "signaling", keys, bind=LOCAL, port=0, clock=clock, tasks=tasks, metrics=metrics
        )
        news = News()
        _listen(door, news)
        stack.push_async_callback(tasks.cancel)
        await door.start()
        stack.push_async_callback(door.stop)
        env = {
            "PATH": "/usr/bin:/bin",
            "MEDIA_KEYRING": ",".join(f"{name}:{key.hex()}" for name, key in keys.items()),
            "MEDIA_RPC_PORT": str(rpc_port),
            "MEDIA_ADMIN_PORT": str(admin_port),
            "MEDIA_PUBLIC_IPS": host,
            "MEDIA_UDP_PORT": str(udp_port),
            "MEDIA_NEIGHBOURS": f"signaling={LOCAL}:{door.port}",
            "MEDIA_LOST_SECONDS": "600",
            **variant,
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "media_sfu", env=env, cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        stack.push_async_callback(process.wait)
        stack.callback(process.terminate)
        await asyncio.wait_for(news.here.wait(), 30)
        calls = Calls(
            "signaling",
            {"media": (LOCAL, rpc_port)},
            keys,
            clock=clock,
            tasks=tasks,
            metrics=metrics,
            instance="bench",
        )
        await calls.start()
        stack.push_async_callback(calls.stop)
        made = Worker(process.pid, calls, news, udp_port)
        # The link stands before this process is busy with the bare cost and hears nothing.
        await made.ask(media_stats.ListRooms())
        yield made


def _listen(door: RpcServer, news: News) -> None:
    for kind in vars(media_news).values():
        if isinstance(kind, type) and issubclass(kind, Cast) and kind is not Cast:
            door.hear(kind, lambda said, link: news.hear(said))
