"""A media worker with a stand-in for signaling, and participants that are real aiortc peers."""

from __future__ import annotations

import asyncio
import math
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiortc import (
    AudioStreamTrack,
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCPeerConnection,
    RTCSessionDescription,
)

from chassis.rpc import Calls, RpcServer
from contracts.rpc import media, media_news
from contracts.rpc.base import Call, Cast
from contracts.rpc.media import End, Manner, TrackSpec
from contracts.wire import Wire
from media_sfu.app import build
from media_sfu.settings import Settings
from media_sfu.worker import Worker
from tests.fixtures.patience import PATIENCE, until
from tests.fixtures.services import Running, running, stub

R = TypeVar("R", bound=Wire)
N = TypeVar("N", bound=Cast)
Route = Callable[[str], str]
"""Changes a description on its way to a client, such as its address to that of a proxy."""

NEWS: list[type[Any]] = [
    kind
    for kind in vars(media_news).values()
    if isinstance(kind, type) and issubclass(kind, Cast) and kind is not Cast
]


@dataclass
class Stand:
    """The worker, and all that it told."""

    running: Running
    calls: Calls
    told: list[Any] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)
    sockets: list[asyncio.DatagramTransport] = field(default_factory=list)
    """Of those who are not browsers; closed in the end."""
    on_offer: Callable[[media_news.Offered], Coroutine[None, None, None]] | None = None
    """Who else takes offers, such as a browser."""
    _work: set[asyncio.Task[None]] = field(default_factory=set)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def worker(self) -> Worker:
        """The one part that knows the rooms."""
        return next(part for part in self.running.service._parts if isinstance(part, Worker))

    @property
    def spoken(self) -> list[media_news.Speaker]:
        """All that was told of voices, in order."""
        heard = [said for said in self.told if isinstance(said, media_news.SpeakersHeard)]
        return [each for said in heard for each in said.speakers]

    async def ask(self, call: Call[R]) -> R:
        """As signaling."""
        return await self.calls.ask(call, deadline=10)

    def hear(self, said: Cast) -> None:
        """Note it, and wake whoever waits."""
        self.told.append(said)
        self._heard.set()
        self._heard = asyncio.Event()
        for client in self.clients:
            client.hear(said)
        if self.on_offer is not None and isinstance(said, media_news.Offered):
            task = asyncio.ensure_future(self.on_offer(said))
            self._work.add(task)
            task.add_done_callback(self._work.discard)

    async def expect(self, kind: type[N], within: float = PATIENCE, **fields: Any) -> N:
        """The first news of this kind with these fields, come or to come."""
        async with asyncio.timeout(within):
            while True:
                for said in self.told:
                    if isinstance(said, kind) and all(
                        getattr(said, name) == value for name, value in fields.items()
                    ):
                        return said
                await self._heard.wait()

    async def until(self, is_so: Callable[[], Any], within: float = PATIENCE) -> None:
        """Wait for something that nobody tells."""
        async with asyncio.timeout(within):
            await until(is_so)

    async def join(self, name: str, /, room: str = "room", **how: Any) -> Client:
        """A participant with its listening wire up."""
        client = Client(self, room, name, how.pop("manner", Manner.TWO), how.pop("route", None))
        self.clients.append(client)
        await self.ask(
            media.OpenParticipant(room=room, participant=name, manner=client.manner, **how)
        )
        return client


class Tone(AudioStreamTrack):
    """A voice that says A as long as it is loud."""

    def __init__(self) -> None:
        super().__init__()
        self.is_loud = True

    async def recv(self) -> Any:
        """The next 20 ms."""
        frame = await super().recv()
        for plane in frame.planes if self.is_loud else ():
            count = plane.buffer_size // 2
            waves = (int(9_000 * math.sin(0.345 * step)) for step in range(count))
            plane.update(struct.pack(f"<{count}h", *waves))
        return frame


@dataclass(eq=False)
class Client:
    """One participant; on two wires, offers of the worker are answered by themselves."""

    stand: Stand
    room: str
    name: str
    manner: Manner
    route: Route | None = None
    heard: dict[str, MediaStreamTrack] = field(default_factory=dict)
    """Tracks that came, by their name in the room."""
    channels: dict[str, RTCDataChannel] = field(default_factory=dict)
    data: list[bytes] = field(default_factory=list)
    _work: set[asyncio.Task[None]] = field(default_factory=set)
    _offers: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.up = _peer()
        self.down = _peer() if self.manner is Manner.TWO else self.up
        self.names: dict[str, str] = {}
        for peer in {self.up, self.down}:
            peer.on("track", self._came)
            peer.on("datachannel", self._channel)

    def hear(self, said: Cast) -> None:
        """News for this one."""
        if getattr(said, "participant", "") != self.name or getattr(said, "room", "") != self.room:
            return
        if isinstance(said, media_news.Offered):
            self._spawn(self._answer(said))
        elif isinstance(said, media_news.SectionsWanted):
            self._spawn(self._add(said))

    async def publish(self, track: MediaStreamTrack, name: str, **how: Any) -> None:
        """Announce, add, offer."""
        spec = TrackSpec(track=name, cid=track.id, kind=track.kind, **how)
        await self.ask(media.Publish, track=spec)
        self.up.addTrack(track)
        await self.offer()

    async def offer(self) -> None:
        """On the publishing wire."""
        async with self._offers:
            await self._stands(self.up)
            await self.up.setLocalDescription(await self.up.createOffer())
            answered = await self.ask(media.Offer, sdp=self.up.localDescription.sdp)
            self.names |= answered.tracks
            text = self.route(answered.sdp) if self.route else answered.sdp
            await self.up.setRemoteDescription(RTCSessionDescription(text, "answer"))

    async def ask(self, call: Callable[..., Call[R]], **fields: Any) -> R:
        """Something about oneself."""
        return await self.stand.ask(call(room=self.room, participant=self.name, **fields))

    async def connected(self, end: End = End.DOWN) -> None:
        """Until the wire stands."""
        await self.stand.expect(
            media_news.WireChanged, participant=self.name, end=end, state="connected"
        )

    async def hears(self, track: str, frames: int = 3, within: float = PATIENCE) -> None:
        """Until so many frames of a track came."""
        await self.stand.until(lambda: track in self.heard, within)
        async with asyncio.timeout(within):
            for _ in range(frames):
                await self.heard[track].recv()

    async def leave(self) -> None:
        """With a word to signaling."""
        await self.ask(media.LeaveRoom)
        await self.close()

    async def close(self) -> None:
        """Without one."""
        for task in self._work:
            task.cancel()
        for peer in {self.up, self.down}:
            await peer.close()

    async def _answer(self, said: media_news.Offered) -> None:
        async with self._offers:
            await self._stands(self.down)
            self.names |= said.tracks
            text = self.route(said.sdp) if self.route else said.sdp
            await self.down.setRemoteDescription(RTCSessionDescription(text, "offer"))
            await self.down.setLocalDescription(await self.down.createAnswer())
            sdp = self.down.localDescription.sdp
            await self.ask(media.Answer, sdp=sdp, offer_id=said.offer_id)

    async def _stands(self, peer: RTCPeerConnection) -> None:
        """aiortc never starts what is agreed upon while its first handshake is under way."""
        if peer.remoteDescription is not None:
            await self.stand.until(lambda: peer.connectionState == "connected")

    async def _add(self, said: media_news.SectionsWanted) -> None:
        for _ in range(said.audios):
            self.up.addTransceiver("audio", direction="recvonly")
        for _ in range(said.videos):
            self.up.addTransceiver("video", direction="recvonly")
        await self.offer()

    def _came(self, track: MediaStreamTrack) -> None:
        for transceiver in self.down.getTransceivers():
            if transceiver.receiver.track is track and transceiver.mid in self.names:
                self.heard[self.names[transceiver.mid]] = track

    def _channel(self, channel: RTCDataChannel) -> None:
        self.channels[channel.label] = channel
        channel.on("message", self.data.append)

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


def _peer() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[]))


@asynccontextmanager
async def standing(*neighbours: str, **settings: Any) -> AsyncIterator[Stand]:
    """A worker, ready to be asked; `neighbours` besides signaling."""
    stand: Stand | None = None

    def declare(rpc: RpcServer) -> None:
        for kind in NEWS:
            rpc.hear(kind, lambda said, link: stand and stand.hear(said))

    async with stub("signaling", declare) as entry:
        given = {"udp_bind": "127.0.0.1", "udp_port": 0} | settings
        given["neighbours"] = ",".join((entry, *neighbours))
        async with running(Settings, build, **given) as media_:
            stand = Stand(media_, await media_.calls_from("signaling"))
            try:
                yield stand
            finally:
                for client in stand.clients:
                    await client.close()
                for each in stand.sockets:
                    each.close()
