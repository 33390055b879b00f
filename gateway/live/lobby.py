"""The WebSocket side of one gateway process as a part: lets sessions in, keeps their records and
deadlines, tells presence, and sees everybody off at the end. Bytes are the sockets' business.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from secrets import token_hex
from typing import Protocol, cast

from redis.exceptions import RedisError

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts.closecodes import Close
from contracts.errors import DomainError
from contracts.events.settings import StatusChosen
from contracts.identity import Identity
from contracts.intents import ALL
from contracts.rpc.base import Done
from contracts.rpc.edge import Recalled, RecallSight, ReleaseSession
from gateway.live import recall
from gateway.live.codec import Encoding
from gateway.live.frames import PING, frame
from gateway.live.greeting import Greeting
from gateway.live.hub import Hub
from gateway.live.joining import Joining
from gateway.live.listing import Listing
from gateway.live.members import Chunks
from gateway.live.outages import Outages
from gateway.live.outlet import Outlet, Sink
from gateway.live.payloads import Identify, MembersRequest, ResumeRequest, Shown, VoiceRequest
from gateway.live.ready import Readying, Refused
from gateway.live.records import RENEW_EVERY_S, Records
from gateway.live.resume import Resuming
from gateway.live.seams import Asks, PresenceSink, Store
from gateway.live.viewer import Link, Viewer
from gateway.live.voice_link import VoiceLink
from gateway.live.warmth import warm
from gateway.live.wheel import Spoke, Wheel

log = logger("lobby")

Authenticate = Callable[[str], Awaitable[Identity | None]]

ARRIVALS = 64
"""So many sessions are let in at once; the others wait their turn."""
_TURN_S = 1.0
_SWEEP_EVERY = 5
_WAVE_S = 0.25
_GOODBYE_S = 3.0


class Visitor(Link, Spoke, Protocol):
    """A socket, as the lobby needs it."""

    outlet: Outlet
    sink: Sink
    encoding: Encoding
    version: int

    def go_live(self, viewer: Viewer) -> None:
        """Its session is answered and gets events."""

    def refuse(self) -> None:
        """Its RESUME is refused; it may identify anew."""

    def reconnect(self) -> None:
        """Ask it to come back elsewhere."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be said to it."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where this process is, and how much one session may have."""

    node: str
    """Its RPC address, host:port, by which other gateways reach it."""
    resume_url: str
    """Where its clients come back to it, or at least to some gateway."""
    guilds_per_shard: int = 2_500


class Lobby:
    """Everything that the sockets of one process share."""

    name = "websockets"

    def __init__(
        self,
        bus: Bus,
        calls: Asks,
        *,
        authenticate: Authenticate,
        presence: PresenceSink,
        site: Site,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self.clock = clock
        self.tasks = tasks
        self.wheel = Wheel()
        self.hub = Hub(bus, calls, clock=clock, tasks=tasks)
        self.sockets: set[Visitor] = set()
        self._voice = VoiceLink(calls, tasks)
        self.is_draining = False
        self._authenticate = authenticate
        self._presence = presence
        store = cast(Store, bus.commands)
        self._records = Records(store, node=site.node, epoch=lambda: bus.epoch)
        self._records.schedule = self._flush_soon
        self._is_flushing = False
        resume_url = site.resume_url.replace("http", "ws", 1).rstrip("/")
        self._readying = Readying(
            self.hub,
            self._records,
            resume_url=resume_url,
            guilds_per_shard=site.guilds_per_shard,
        )
        self._resuming = Resuming(self.hub, calls, self._records)
        self._joining = Joining(self.hub, self._records, tasks)
        self.hub.atlas.on_status = self._choose
        self.listing = Listing(self.hub, calls, clock=clock, tasks=tasks)
        self._greeting = Greeting(self.hub, calls, clock=clock, tasks=tasks)
        self._outages = Outages(self.hub, clock=clock, tasks=tasks)
        self._chunks = Chunks(self.hub, calls, clock)
        self._places = asyncio.Semaphore(ARRIVALS)

    # A part of the service.

    async def start(self) -> None:
        """Hear of logins that end, turn the wheel, and get ready for the first to come."""
        self.tasks.spawn("websockets:identity", self.hub.start(), fatal=True)
        self.tasks.spawn("websockets:wheel", self._turn(), fatal=True)
        self.tasks.spawn("websockets:warm", warm(self.clock))

    async def stop(self) -> None:
        """Hang up, and write what is known of the sessions."""
        for socket in tuple(self.sockets):
            socket.close(Close.RESTART)
        await self._records.flush()

    def trouble(self) -> str | None:
        """It needs nothing of its own."""
        return None

    def measure(self, metrics: Metrics) -> None:
        """Show how many there are."""
        hub = self.hub
        sockets = metrics.gauge("gateway_sockets", "Open WebSocket connections")
        sockets.set_function(lambda: len(self.sockets))
        sessions = metrics.gauge("gateway_sessions", "Sessions that get events")
        sessions.set_function(lambda: len(hub.viewers))
        places = metrics.gauge("gateway_topics", "Guilds and people heard")
        places.set_function(lambda: len(hub.atlas))
        ring = metrics.gauge("gateway_ring_events", "Events remembered for RESUME")
        ring.set_function(lambda: len(hub.ring))

    async def drain(self, seconds: float) -> None:
        """Ask everybody to come back elsewhere, in waves; hang up on who has not gone by then."""
        self.is_draining = True
        began = self.clock.monotonic()
        leaving = list(self.sockets)
        random.shuffle(leaving)
        waves = max(1, int(seconds * 0.7 / _WAVE_S))
        size = max(1, -(-len(leaving) // waves))
        for start in range(0, len(leaving), size):
            for socket in leaving[start : start + size]:
                socket.reconnect()
            await self.clock.sleep(_WAVE_S * random.uniform(0.5, 1.0))
        until = min(began + seconds, self.clock.monotonic() + _GOODBYE_S)
        while self.sockets and self.clock.monotonic() < until:
            await self.clock.sleep(0.05)
        for socket in tuple(self.sockets):
            socket.close(Close.RESTART)
        await self._records.flush()

    async def release(self, call: ReleaseSession) -> Done:
        """Another gateway goes on with this session: the answer to ReleaseSession."""
        self._resuming.revoke(call.session_id)
        viewer = self.hub.viewers.get(call.session_id)
        if viewer is not None:
            viewer.link.close(Close.TAKEN_OVER)
        return Done()

    async def recall(self, call: RecallSight) -> Recalled:
        """Another gateway goes on with a session and asks what its client knows."""
        return recall.answer(self.hub, call)

    # What sockets ask for.

    async def identify(self, socket: Visitor, request: Identify) -> None:
        """Answer IDENTIFY."""
        since = self.hub.ring.mark
        try:
            async with self._places:
                identity = await self._authenticate(request.token)
                if identity is None:
                    return socket.close(Close.AUTHENTICATION_FAILED)
                if identity.is_bot and request.intents is None:
                    return socket.close(Close.INVALID_INTENTS)
                viewer = self._viewer(socket, identity, request)
                if not await self._readying.welcome(viewer, identity, since=since):
                    return socket.close(Close.AUTHENTICATION_FAILED)
                self._open(socket, viewer)
        except Refused as refused:
            socket.close(refused.close)
        except (DomainError, RedisError) as error:
            log.warning("identify.failed", reason=str(error))
            socket.close(Close.UNKNOWN_ERROR)

    async def resume(self, socket: Visitor, request: ResumeRequest) -> None:
        """Answer RESUME."""
        since = self.hub.ring.mark
        try:
            identity = await self._authenticate(request.token)
            if identity is None:
                return socket.close(Close.AUTHENTICATION_FAILED)
            seq = request.seq
            record = await self._resuming.find(request.session_id, seq, identity)
            if record is None:
                return socket.refuse()
            viewer = Viewer(
                session_id=request.session_id,
                identity=identity,
                intents=record.intents,
                shard=record.shard,
                link=socket,
                outlet=socket.outlet,
                sink=socket.sink,
                encoding=socket.encoding,
            )
            viewer.shown, viewer.platform = record.shown, record.platform
            viewer.custom = record.custom
            if not await self._resuming.go_on(viewer, record, seq, identity, since=since):
                return socket.refuse()
            if not socket.is_over:
                self._open(socket, viewer)
        except (DomainError, RedisError) as error:
            log.warning("resume.failed", reason=str(error))
            socket.close(Close.UNKNOWN_ERROR)

    async def members(self, viewer: Viewer, request: MembersRequest) -> None:
        """Answer REQUEST GUILD MEMBERS."""
        await self._chunks.answer(viewer, request)

    def show(self, viewer: Viewer, shown: Shown) -> None:
        """A session wants to be seen otherwise."""
        viewer.shown = shown
        self._records.put(viewer)
        self._presence.changed(viewer.seat())

    def update_voice(self, viewer: Viewer, request: VoiceRequest) -> None:
        """A session wants into or out of a voice channel."""
        self._voice.update(viewer, request)

    def beat(self, viewer: Viewer) -> None:
        """A heartbeat came. Now and then the record is renewed, and the client's WebSocket is asked
        to echo how far it has got: an answer proves it, as nothing overtakes on a connection.
        """
        now = self.clock.monotonic()
        if now - viewer.renewed_at < RENEW_EVERY_S:
            return
        self._records.touch(viewer, now)
        question = frame(PING, self.hub.s.to_bytes(8, "big"))

        def ask() -> None:
            viewer.outlet.write(question)

        if not viewer.is_behind:
            self.hub.fanout.then(viewer, ask)

    def echoed(self, viewer: Viewer, payload: bytes) -> None:
        """The client got everything up to there."""
        s = int.from_bytes(payload, "big") if len(payload) == 8 else 0
        if viewer.seen < s <= self.hub.s:
            viewer.seen = s
            self._records.touch(viewer, viewer.renewed_at)

    def gone(self, viewer: Viewer, *, is_resumable: bool) -> None:
        """The session has no socket any more."""
        self.hub.detach(viewer)
        viewer.outlet.release()
        if not is_resumable:
            self._records.drop(viewer)
        self._presence.closed(viewer.session_id)

    # Inside.

    def _viewer(self, socket: Visitor, identity: Identity, request: Identify) -> Viewer:
        viewer = Viewer(
            session_id=token_hex(16),
            identity=identity,
            intents=(request.intents or 0) if identity.is_bot else int(ALL),
            shard=request.shard,
            link=socket,
            outlet=socket.outlet,
            sink=socket.sink,
            encoding=socket.encoding,
        )
        viewer.shown, viewer.platform = request.shown, request.platform
        viewer.version = socket.version
        return viewer

    def _open(self, socket: Visitor, viewer: Viewer) -> None:
        viewer.renewed_at = self.clock.monotonic()
        self._outages.watch(viewer)
        self._presence.opened(viewer.seat())
        socket.go_live(viewer)

    def _choose(self, viewer: Viewer, chosen: StatusChosen) -> None:
        viewer.choose(chosen)
        self.show(viewer, viewer.shown)

    def _flush_soon(self) -> None:
        if not self._is_flushing:
            self._is_flushing = True
            self.tasks.spawn("websockets:records", self._flush())

    async def _flush(self) -> None:
        try:
            await self._records.flush()
        finally:
            self._is_flushing = False

    async def _turn(self) -> None:
        turns = 0
        while True:
            await self.clock.sleep(_TURN_S)
            self.wheel.turn(self.clock.monotonic())
            turns += 1
            if turns % _SWEEP_EVERY == 0:
                self.hub.sweep()
                if self._records.is_pending:
                    self._flush_soon()
