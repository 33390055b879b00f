"""One end of a call in few lines, on one UDP socket: for `doctor voice`, benches and tests.

It checks by ICE, shakes hands by DTLS and speaks SRTP, as a client of a media worker would; it
codes and decodes nothing. Whoever uses it carries its descriptions.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import secrets
import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from typing import Any

from media_sfu import compat
from media_sfu.domain import sdp, stun
from media_sfu.domain.codecs import LEVEL, MID, RID, TRANSPORT_CC

_HEAD = Struct("!HHI12s")
_COOKIE = 0x2112A442
_PRIORITY = (0x6E00_1EFF).to_bytes(4, "big")
_CHECK_EVERY_S = 0.2
_KERNEL_BYTES = 4 << 20
SIZE = 2_048


@dataclass(frozen=True)
class Stream:
    """What is published: one section."""

    kind: str
    name: str
    ssrc: int = field(default_factory=lambda: secrets.randbits(31) + 1)
    mid: str = ""
    """Empty: its place among what is offered."""
    rids: tuple[str, ...] = ()
    """Of a simulcast: the layers are told apart by what their packets carry."""

    @property
    def pt(self) -> int:
        """Payload type."""
        return 111 if self.kind == "audio" else 96


class Caller:
    """A wire's other end."""

    def __init__(self, heard: Callable[[bytes], None] | None = None) -> None:
        self._heard = heard
        """Told what comes; a crowd that only counts decrypts nothing."""
        self.fed_back: Callable[[bytes], None] | None = None
        """Told RTCP that comes."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KERNEL_BYTES)
        self._socket.bind(("0.0.0.0", 0))  # noqa: S104
        self._certificate = compat.certificate()
        self._dtls = compat.Dtls(self._certificate, self._send)
        self._to: tuple[str, int] | None = None
        self._user, self._password = b"", b""
        self._checked = asyncio.Event()
        self._rx: compat.Srtp | None = None
        self._tx: compat.Srtp | None = None
        self._memory = compat.ffi.new("char[]", SIZE)
        self._view = memoryview(compat.ffi.buffer(self._memory))
        self._length = compat.ffi.new("int *")
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(12)
        self.packets = 0
        asyncio.get_running_loop().add_reader(self._socket, self._readable)

    async def close(self) -> None:
        """Hang up, once."""
        if self._socket.fileno() < 0:
            return
        await self._dtls.hang_up()
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def prefer(self, profile: bytes) -> None:
        """Offer this way of encrypting only, by OpenSSL's name."""
        self._dtls._srtp_profiles = [
            each for each in compat.PROFILES if each.openssl_profile == profile
        ]

    def offer(self, streams: list[Stream], *, receives: bool = False) -> str:
        """What this end publishes; or, on a wire of its own, what it would receive."""
        sections = []
        mids = [stream.mid or str(number) for number, stream in enumerate(streams)]
        for mid, stream in zip(mids, streams, strict=True):
            codec = "opus/48000/2" if stream.kind == "audio" else "VP8/90000"
            sections += [
                f"m={stream.kind} 9 UDP/TLS/RTP/SAVPF {stream.pt}",
                "c=IN IP4 0.0.0.0",
                *self._credentials("actpass"),
                f"a=mid:{mid}",
                "a=recvonly" if receives else "a=sendonly",
                "a=rtcp-mux",
                "a=rtcp-rsize",
                f"a=msid:stream {stream.name}",
                f"a=extmap:3 {LEVEL}" if stream.kind == "audio" else f"a=extmap:1 {MID}",
                f"a=extmap:2 {TRANSPORT_CC}",
                f"a=rtpmap:{stream.pt} {codec}",
                f"a=rtcp-fb:{stream.pt} nack",
                *self._layers(stream),
            ]
        return self._written(" ".join(mids), sections)

    @staticmethod
    def _layers(stream: Stream) -> list[str]:
        if not stream.rids:
            return [f"a=ssrc:{stream.ssrc} cname:caller"]
        return [
            f"a=extmap:4 {RID}",
            *(f"a=rid:{rid} send" for rid in stream.rids),
            f"a=simulcast:send {';'.join(stream.rids)}",
        ]

    def answer(self, offer: str) -> str:
        """Everything that is offered is taken, in its first form."""
        sections = []
        said = sdp.parse(offer)
        for section in said.sections:
            sections.append(f"m={section.kind} 9 {section.protocol} {section.formats[0]}")
            sections += ["c=IN IP4 0.0.0.0", *self._credentials("active")]
            sections.append(f"a=mid:{section.mid}")
            if section.is_media:
                sections.append("a=recvonly" if section.direction == "sendonly" else "a=inactive")
            kept = ("rtpmap", "fmtp", "extmap", "sctp-port", "rtcp-mux", "rtcp-fb")
            for name, value in section.attributes:
                if name in kept:
                    sections.append(f"a={name}:{value}" if value else f"a={name}")
        return self._written(" ".join(section.mid for section in said.sections), sections)

    async def connect(self, description: str, within: float = 10.0) -> None:
        """To whom this description names; TimeoutError or ConnectionError when it fails."""
        self.aim(description)
        said = sdp.parse(description)
        algorithm, _, value = said.value(said.sections[0], "fingerprint").partition(" ")
        is_server = said.value(said.sections[0], "setup") == "active"
        async with asyncio.timeout(within):
            while not self._checked.is_set():
                self.check()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._checked.wait(), _CHECK_EVERY_S)
            if not await self._shaken(algorithm, value, is_server=is_server):
                raise ConnectionError("the DTLS handshake failed")
        self._rx, self._tx = self._dtls.keys()

    async def _shaken(self, algorithm: str, value: str, *, is_server: bool) -> bool:
        """Checks go on meanwhile: a full agent that was checked before it knew of this end has
        answered, and forgotten it.
        """
        shaking = asyncio.ensure_future(
            self._dtls.shake_hands(algorithm, value, is_server=is_server)
        )
        try:
            while not (await asyncio.wait([shaking], timeout=_CHECK_EVERY_S))[0]:
                self.check()
        finally:
            shaking.cancel()
        return await shaking

    def aim(self, description: str) -> None:
        """Check whom this description names from now on."""
        first = sdp.parse(description).sections[0]
        words = first.first("candidate").split()
        self._to = (words[4], int(words[5]))
        self._user = f"{first.first('ice-ufrag')}:{self.ufrag}".encode()
        self._password = first.first("ice-pwd").encode()

    @property
    def address(self) -> tuple[str, int]:
        """Where it sends from, on this machine."""
        return ("127.0.0.1", int(self._socket.getsockname()[1]))

    def check(self) -> None:
        """Prove to be there; also to be done every few seconds."""
        named = self._attribute(0x0006, self._user) + self._attribute(0x802A, bytes(8))
        named += self._attribute(0x0025, b"") + self._attribute(0x0024, _PRIORITY)
        transaction = secrets.token_bytes(12)
        head = _HEAD.pack(1, len(named) + 24, _COOKIE, transaction)
        signed = named + self._attribute(0x0008, hmac.digest(self._password, head + named, "sha1"))
        head = _HEAD.pack(1, len(signed) + 8, _COOKIE, transaction)
        seal = (zlib.crc32(head + signed) ^ 0x5354554E).to_bytes(4, "big")
        self._send(head + signed + self._attribute(0x8028, seal))

    def lend(self) -> tuple[socket.socket, Any]:
        """Its socket, and the session that decrypts what comes there: it reads no more itself."""
        assert self._rx is not None, "connected first"
        asyncio.get_running_loop().remove_reader(self._socket)
        return self._socket, self._rx.session

    def send(self, packet: bytes) -> None:
        """One RTP packet."""
        assert self._tx is not None, "connected first"
        self._view[: len(packet)] = packet
        self._length[0] = len(packet)
        if compat.protect(self._tx.session, self._memory, self._length) == 0:
            self._send(bytes(self._view[: self._length[0]]))

    def send_rtcp(self, packet: bytes) -> None:
        """Feedback."""
        assert self._tx is not None, "connected first"
        self._send(self._tx.protect_rtcp(packet))

    async def send_data(self, packet: bytes) -> None:
        """Whatever DTLS shall carry, such as SCTP."""
        await self._dtls._send_data(packet)

    def _send(self, data: bytes) -> None:
        if self._to is not None:
            self._socket.sendto(data, self._to)

    def _readable(self) -> None:
        for _ in range(64):
            try:
                size = self._socket.recv_into(self._view)
            except BlockingIOError:
                return
            except OSError:
                continue
            self._take(size)

    def _take(self, size: int) -> None:
        first = self._view[0]
        if first >= 128:
            self._media(size)
        elif first == 1:
            if self._view[1] == 1:
                self._checked.set()
        elif first == 0:
            self._answer_check(bytes(self._view[:size]))
        else:
            self._dtls.inlet.put(bytes(self._view[:size]))

    def _answer_check(self, data: bytes) -> None:
        """Some media servers check those who check them."""
        request = stun.read(data)
        password = self.pwd.encode()
        if request is not None and self._to is not None and request.is_proven(password):
            self._send(stun.response(request, self._to, password))

    def _media(self, size: int) -> None:
        if 192 <= self._view[1] <= 223:
            if self.fed_back is not None and self._rx is not None:
                self.fed_back(self._rx.unprotect_rtcp(bytes(self._view[:size])))
            return
        self.packets += 1
        if self._heard is not None and self._rx is not None:
            self._length[0] = size
            if compat.unprotect(self._rx.session, self._memory, self._length) == 0:
                self._heard(bytes(self._view[: self._length[0]]))

    def _credentials(self, setup: str) -> list[str]:
        return [
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.pwd}",
            f"a=fingerprint:sha-256 {compat.fingerprint(self._certificate)}",
            f"a=setup:{setup}",
        ]

    def _written(self, bundle: str, sections: list[str]) -> str:
        head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {bundle}"]
        return "\r\n".join([*head, *sections, ""])

    @staticmethod
    def _attribute(kind: int, value: bytes) -> bytes:
        size = len(value)
        return kind.to_bytes(2, "big") + size.to_bytes(2, "big") + value + bytes(-size % 4)
