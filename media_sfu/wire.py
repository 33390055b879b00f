"""One WebRTC connection: names and addresses (ICE-lite), keys (DTLS), packets in and out (SRTP).

What the packets are about is told to the tracks (tracks.py, feedback.py); what is agreed in
descriptions, to seats.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.rpc.media_news import WireState
from media_sfu import feedback
from media_sfu.batch import Batch, Destination
from media_sfu.domain import rationing, rtp, stun
from media_sfu.domain.arrivals import Arrivals
from media_sfu.domain.describing import Face
from media_sfu.domain.lines import Line, Repeats
from media_sfu.kernel import choosing
from media_sfu.port import Address, UdpPort

if TYPE_CHECKING:
    from media_sfu import compat
    from media_sfu.tracks import DownTrack, UpLayer

log = logger("media")

ADDRESSES_MOST = 8
"""Addresses from which one wire may come while its client looks for the best."""
HELD_S = 2.0
"""An address is nobody else's for so long after its holder was heard there."""
CHECKS_KEPT = 32
"""Checks of one wire of which is known from where they came: whoever listened in repeats them."""
HANDSHAKE_S = 30.0
PACKET_MOST = 1_900
"""Longer ones are no media: with what is added to a copy, it has to fit a slot."""
SSRCS_MOST = 64
"""Unknown streams that one wire may try."""

SENDERS_MOST = 1_024
"""SSRCs that one wire may ever send under: libsrtp keeps a state of each and looks through all."""


def _ignore(wire: Wire, state: WireState) -> None:
    del wire, state


Bind = Callable[["Wire", int, bytes, dict[int, bytes]], "UpLayer | None"]


class Crypt:
    """What all wires of a worker share: the port, the certificate, time and tasks."""

    def __init__(
        self,
        port: UdpPort,
        addresses: tuple[Address, ...],
        clock: Clock,
        tasks: Tasks,
        *,
        library: Any = None,
    ) -> None:
        from media_sfu import compat

        self.compat = compat
        self.port = port
        self.addresses = addresses
        self.clock = clock
        self.tasks = tasks
        self.certificate = compat.certificate()
        self.fingerprint = compat.fingerprint(self.certificate)
        assert port.batch is not None, "the port is bound before the first wire"
        self.batch: Batch = port.batch
        cast = compat.ffi.cast
        self.inlet = cast("void *", port.inlet_address)
        self.length = compat.ffi.new("int *")
        self.press = choosing.press(library, self)


class Wire:
    """A connection that begins when somebody proves to know its password."""

    dtls: compat.Dtls | None = None
    sctp: compat.Sctp | None = None
    rx: compat.Srtp | None = None
    tx: compat.Srtp | None = None

    def __init__(self, crypt: Crypt, changed: Callable[[Wire, WireState], None]) -> None:
        self._crypt = crypt
        self._changed = changed
        self._names: dict[str, bytes] = {}
        self._addresses: list[Address] = []
        self._checks: dict[bytes, Address] = {}
        self._work: asyncio.Task[None] | None = None
        self.ufrag = self.password = ""
        self.outlet = crypt.press.outlet()
        self.state: WireState | None = None
        self.is_closed = False
        self.setup = "passive"
        self.own = secrets.randbits(31) + 1
        """The SSRC with which we report."""
        self.heard_at = 0.0
        self.began_at = crypt.clock.monotonic()
        self.layers: dict[int, UpLayer] = {}
        self.downs: dict[int, DownTrack] = {}
        self.bind: Bind | None = None
        self.remote_ufrag = ""
        self.data_port = 0
        """Of the other side's SCTP; 0: no data channels."""
        self.arrivals = Arrivals()
        self.transport_cc = 0
        """Id of the extension that numbers all packets of the wire; 0: not agreed."""
        self.line: Line | None = None
        """What is numbered for the other side, once that is agreed."""
        self.repeats = Repeats()
        self.estimate: int | None = None
        """Bits a second that the other side believes it can take."""
        self.reported: dict[int, float] = {}
        """When a sender report of this NTP middle left."""
        self.rtt = self.loss = 0.0
        self.unproven, self.senders = 0, set[bytes]()
        self.rations = rationing.of_media(), rationing.of_reports(), rationing.of_data()
        """Of what the other side sends: RTP, RTCP, DTLS."""
        self.restart()

    @property
    def to(self) -> Destination | None:
        """Where its packets go, once that is proven."""
        return self.outlet.to

    @property
    def session(self) -> Any:
        """For sending, while connected."""
        return self.outlet.session

    def restart(self) -> None:
        """Fresh ICE credentials. Checks with earlier ones are answered until it is closed: the
        client moves over when it knows the new.
        """
        self.ufrag, self.password = secrets.token_hex(6), secrets.token_hex(16)
        self._names[self.ufrag] = self.password.encode()
        self._crypt.port.by_name[self.ufrag] = self
        while len(self._names) > 3:
            oldest = next(iter(self._names))
            del self._names[oldest], self._crypt.port.by_name[oldest]

    def face(self, setup: str = "") -> Face:
        """As it shows itself in descriptions."""
        crypt = self._crypt
        return Face(
            self.ufrag, self.password, crypt.fingerprint, crypt.addresses, setup or self.setup
        )

    def begin(self, algorithm: str, fingerprint: str, *, is_server: bool) -> None:
        """The other side's certificate is known: shake hands as soon as it is there."""
        if self.dtls is None and not self.is_closed:
            self.dtls = self._crypt.compat.Dtls(self._crypt.certificate, self._say)
            self._work = self._crypt.tasks.spawn(
                "wire:handshake", self._shake(algorithm, fingerprint, is_server=is_server)
            )

    async def close(self) -> None:
        """End, and leave nothing behind."""
        if self.is_closed:
            return
        self.is_closed = True
        self.outlet.lead(self.to, None)
        port = self._crypt.port
        for name in self._names:
            port.by_name.pop(name, None)
        if self._work is not None:
            self._work.cancel()
        if self.sctp is not None:
            await self.sctp.end()
        if self.dtls is not None:
            await self.dtls.hang_up()
        for address in self._addresses:
            if port.by_address.get(address) is self:
                del port.by_address[address]
        self.layers.clear()
        self.downs.clear()
        # What holds each other waits for the collector, and OpenSSL's part of it is large.
        self.dtls = self.sctp = self.rx = self.tx = self.bind = self._work = None
        self._changed = _ignore

    def checked(self, request: stun.Request, address: Address) -> bytes | None:
        """Answer a check; the first proven one, and each that nominates, says where to send."""
        password = self._names.get(request.local)
        if password is None or not request.is_proven(password):
            return None
        if request.is_controlled:
            return stun.refusal(request, stun.ROLE_CONFLICT, password)
        if self._checks.setdefault(request.transaction, address) != address:
            return None
        while len(self._checks) > CHECKS_KEPT:
            del self._checks[next(iter(self._checks))]
        now = self._crypt.clock.monotonic()
        if not self._know(address, now):
            return None
        is_newest = request.local == self.ufrag
        if self.to is None or (
            request.is_nominating and is_newest and self.to.address != address[:2]
        ):
            self.outlet.lead(Destination((address[0], address[1])), self.outlet.srtp)
        self.heard_at = now
        if self.state is WireState.LOST:
            self._become(WireState.CONNECTED)
        return stun.response(request, (address[0], address[1]), password)

    def _know(self, address: Address, now: float) -> bool:
        port = self._crypt.port
        held = port.by_address.get(address)
        if held is self:
            return True
        if held is not None and now - held.heard_at < HELD_S:
            return False  # who can forge a sender's address shall silence nobody with it
        port.by_address[address] = self
        self._addresses.append(address)
        if len(self._addresses) > ADDRESSES_MOST:
            oldest = self._addresses.pop(0)
            if port.by_address.get(oldest) is self and oldest not in self._addresses:
                del port.by_address[oldest]
        return True

    def lapse(self) -> None:
        """Nothing proven was heard for long."""
        if self.state is WireState.CONNECTED:
            self._become(WireState.LOST)

    def _become(self, state: WireState) -> None:
        if state is not self.state:
            self.state = state
            self._changed(self, state)

    def greeted(self, data: bytes) -> None:
        """DTLS came."""
        now = self._crypt.clock.monotonic()
        if self.dtls is not None and self.rations[2].takes(len(data), now):
            self.dtls.inlet.put(data)

    def _say(self, data: bytes) -> None:
        if self.to is not None:
            self._crypt.port.send(data, self.to.address)

    async def _shake(self, algorithm: str, fingerprint: str, *, is_server: bool) -> None:
        dtls = self.dtls
        assert dtls is not None
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                is_well = await dtls.shake_hands(algorithm, fingerprint, is_server=is_server)
        except TimeoutError:
            is_well = False
        if not is_well:
            self._become(WireState.FAILED)
            return
        self.rx, self.tx = dtls.keys()
        self.outlet.lead(self.to, self.tx)
        self.heard_at = self._crypt.clock.monotonic()
        dtls.on_end(lambda: self._become(WireState.FAILED))
        self._become(WireState.CONNECTED)

    def media(self, size: int, now: float) -> None:
        """A packet lies in the port's inlet."""
        rx, crypt = self.rx, self._crypt
        if rx is None or self.is_closed or size > PACKET_MOST:
            return
        inlet = crypt.port.inlet
        is_report = 192 <= inlet[1] <= 223
        ration = self.rations[is_report]
        sender = bytes(inlet[4:8] if is_report else inlet[8:12])
        is_new = sender not in self.senders
        if ration.is_spent(now) or (is_new and len(self.senders) >= SENDERS_MOST):
            return  # before it costs more than its reading
        if is_report:
            data = rx.unprotect_rtcp(bytes(inlet[:size]))
            if data:
                ration.spend(size, now)
                self.heard_at = now
                self.senders.add(sender)
                feedback.hear(self, data, now)
            return
        length = crypt.length
        length[0] = size
        if crypt.compat.unprotect(rx.session, crypt.inlet, length):
            self.unproven += 1
            return
        ration.spend(size, now)
        self.heard_at = now
        self.senders.add(sender)
        data = bytes(inlet[: length[0]])
        begin = rtp.payload_at(data)
        if not begin:
            return
        elements = rtp.extensions(data)
        numbered = elements.get(self.transport_cc)
        if numbered is not None and len(numbered) == 2:
            self.arrivals.note(numbered[0] << 8 | numbered[1], int(now * 1e6))
        ssrc = int.from_bytes(data[8:12], "big")
        layer = self.layers.get(ssrc) or self._unknown(ssrc, data, elements)
        if layer is not None:
            layer.take(data, begin, elements, now)

    def _unknown(self, ssrc: int, data: bytes, elements: dict[int, bytes]) -> UpLayer | None:
        if self.bind is None or len(self.layers) >= SSRCS_MOST:
            return None
        layer = self.bind(self, ssrc, data, elements)
        if layer is not None:
            self.layers[ssrc] = layer
        return layer

    def send(self, packet: bytes) -> None:
        """One packet that is like no other's."""
        self._crypt.press.send(self.outlet, packet)

    def send_rtcp(self, data: bytes) -> None:
        """Feedback or reports, batched with what else leaves."""
        if self.tx is None or self.to is None or self.session is None:
            return
        made = self.tx.protect_rtcp(data)
        if made:
            batch = self._crypt.batch
            batch.views[batch.count][: len(made)] = made
            batch.push(self.to, len(made))
