"""The one UDP port of a worker: which wire a datagram belongs to, and what leaves together.

A binding request finds its wire by the name in it; anything else by the address it comes from,
which a proven request made known. Nothing unproven changes where media goes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Protocol

from chassis.clock import Clock
from chassis.logs import logger
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from media_sfu.batch import FFI, SLOT_BYTES, Batch
from media_sfu.domain import discovery, stun

log = logger("media")

_TRY_EVERY_S = 1.0
_READ_AT_ONCE = 64
_KERNEL_BYTES = 4 << 20

SEEN_AFTER_S = 0.1
"""Some who ask where they are seen begin to listen only then; discord.py, moved to another channel,
misses an answer that comes at once, and asks no second time.
"""

Address = tuple[str, int]


class Owner(Protocol):
    """A wire, as the port sees it."""

    @property
    def heard_at(self) -> float:
        """When something proven came last."""

    def checked(self, request: stun.Request, address: Address) -> bytes | None:
        """The answer to a binding request with this wire's name."""

    def greeted(self, data: bytes) -> None:
        """A datagram of DTLS came."""

    def media(self, size: int, now: float) -> None:
        """A packet of RTP or RTCP lies in the inlet."""


class Hidden(Protocol):
    """Somebody who knows an SSRC and asks from where it is seen."""

    def discovered(self, address: Address) -> None:
        """It is seen there."""

    def moved(self, size: int, address: Address, now: float) -> None:
        """A packet of RTP under its SSRC lies in the inlet, from an address nobody is known at."""


class UdpPort:
    """A part that holds the port, and tries again while somebody else does."""

    name = "udp"

    def __init__(
        self, bind: str, port: int, *, clock: Clock, tasks: Tasks, metrics: Metrics
    ) -> None:
        self._bind = bind
        self._port = port
        self._clock = clock
        self._tasks = tasks
        self._counted = metrics.counter("media_packets", "Packets received")
        self._forwarded = metrics.counter("media_packets_sent", "Packets sent")
        self._lost = metrics.counter("media_packets_unsent", "Packets the kernel had no room for")
        self._surplus = metrics.counter(
            "media_packets_surplus", "Packets dropped, as their sender sent more than anybody needs"
        )
        self._wires = metrics.gauge("media_wires", "Connections that are open or being made")
        self._socket: socket.socket | None = None
        self._trouble: str | None = "not bound yet"
        self._told = [0, 0, 0, 0]
        memory = FFI.new("char[]", SLOT_BYTES)
        self._memory = memory
        self.inlet_address = int(FFI.cast("uintptr_t", memory))
        self.inlet = memoryview(FFI.buffer(memory))
        """The datagram that was read last."""
        self.batch: Batch | None = None
        self.received = self.surplus = 0
        self.by_name: dict[str, Owner] = {}
        self.by_address: dict[Address, Owner] = {}
        self.by_ssrc: dict[int, Hidden] = {}
        self.legs: dict[int, Owner] = {}
        """By the SSRCs of what other workers send: from where, only their keys prove."""

    @property
    def port(self) -> int:
        """Where media arrives, once bound."""
        return self._port

    async def start(self) -> None:
        """Bind now or, if that can not be, as soon as it can."""
        if not self._bound():
            self._tasks.spawn("udp:bind", self._persist(), fatal=True)

    async def stop(self) -> None:
        """Let go of the port."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = self.batch = None

    def trouble(self) -> str | None:
        """Why media can not arrive."""
        return self._trouble

    def send(self, data: bytes, address: Address) -> None:
        """One datagram, at once."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto(data, address)

    def flush(self) -> None:
        """Let go of what was batched."""
        if self.batch is not None:
            self.batch.flush()

    async def found(self, host: str, port: int) -> Address:
        """Another worker's port in numbers, of the kind that this one's socket sends to."""
        is_six = ":" in self._bind
        where = await asyncio.get_running_loop().getaddrinfo(
            host,
            port,
            family=socket.AF_INET6 if is_six else socket.AF_INET,
            type=socket.SOCK_DGRAM,
            flags=socket.AI_V4MAPPED if is_six else 0,
        )
        return str(where[0][4][0]), port

    @property
    def sent(self) -> int:
        """Packets that left in batches."""
        return self.batch.sent if self.batch is not None else 0

    def count(self) -> None:
        """Bring the metrics up to date: counting each packet there costs more than reading it."""
        unsent = self.batch.dropped if self.batch is not None else 0
        now = [self.received, self.sent, unsent, self.surplus]
        counters = (self._counted, self._forwarded, self._lost, self._surplus)
        for counter, fresh, old in zip(counters, now, self._told, strict=True):
            counter.inc(fresh - old)
        self._told = now
        self._wires.set(len(set(self.by_name.values())))

    async def _persist(self) -> None:
        while not self._bound():
            await self._clock.sleep(_TRY_EVERY_S)

    def _bound(self) -> bool:
        family = socket.AF_INET6 if ":" in self._bind else socket.AF_INET
        made = socket.socket(family, socket.SOCK_DGRAM)
        try:
            made.bind((self._bind, self._port))
        except OSError as error:
            made.close()
            if self._trouble != str(error):
                log.warning("udp.not_bound", port=self._port, error=str(error))
            self._trouble = str(error)
            return False
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BYTES)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)
        self._socket, self.batch = made, Batch(made)
        self._port = made.getsockname()[1]
        self._trouble = None
        asyncio.get_running_loop().add_reader(made, self._readable)
        return True

    def _readable(self) -> None:
        receive, inlet, owners = self._socket.recvfrom_into, self.inlet, self.by_address  # type: ignore[union-attr]
        now = self._clock.monotonic()
        for _ in range(_READ_AT_ONCE):
            try:
                size, address = receive(inlet)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error of an earlier send
            self.received += 1
            if size < 12:
                continue
            first = inlet[0]
            if first >= 128:
                owner = owners.get(address) or self._leg()
                if owner is not None:
                    owner.media(size, now)
                else:
                    self._look_who(size, address, now)
            elif first < 4:
                self._check(bytes(inlet[:size]), address)
            elif 20 <= first < 64:
                owner = owners.get(address)
                if owner is not None:
                    owner.greeted(bytes(inlet[:size]))
        self.batch.flush()  # type: ignore[union-attr]

    def _leg(self) -> Owner | None:
        inlet = self.inlet
        sender = inlet[4:8] if 192 <= inlet[1] <= 223 else inlet[8:12]
        return self.legs.get(int.from_bytes(sender, "big")) if self.legs else None

    def _look_who(self, size: int, address: Address, now: float) -> None:
        who = self.by_ssrc.get(int.from_bytes(self.inlet[8:12], "big"))
        if who is not None:
            who.moved(size, address, now)

    def _check(self, data: bytes, address: Address) -> None:
        if len(data) == discovery.BYTES:
            self._discover(data, address)
        request = stun.read(data)
        owner = self.by_name.get(request.local) if request else None
        if request is None or owner is None:
            return  # silence: an answer would tell scanners that somebody is here
        answer = owner.checked(request, address)
        if answer is not None:
            self.send(answer, address)

    def _discover(self, data: bytes, address: Address) -> None:
        ssrc = discovery.read(data)
        asker = self.by_ssrc.get(ssrc) if ssrc is not None else None
        if ssrc is not None and asker is not None:
            asker.discovered((address[0], address[1]))
            self._tasks.spawn("udp:seen", self._tell_seen(ssrc, (address[0], address[1])))

    async def _tell_seen(self, ssrc: int, address: Address) -> None:
        await self._clock.sleep(SEEN_AFTER_S)
        self.send(discovery.answer(ssrc, address), address)
