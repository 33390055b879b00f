"""Every touch of what is private in aiortc and pylibsrtp, and nothing else.

aiortc's objects for DTLS and SCTP are used without its peer connection; what a forwarder needs of
them is underscored there. tests/unit/media_sfu/test_compat.py fails on the first rename, so that a
new version of aiortc is one look at this file. It is imported when the first wire is made: aiortc
brings codecs along that nobody here uses, and an idle worker shall stay small.

ICE is not taken from aioice: a worker is an ICE-lite agent on one port (domain/stun.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pylibsrtp
from aiortc import RTCCertificate, RTCSctpCapabilities, RTCSctpTransport
from aiortc.rtcdatachannel import RTCDataChannel, RTCDataChannelParameters
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from pylibsrtp import Policy, _binding

ffi: Any = _binding.ffi
_lib: Any = _binding.lib

protect: Callable[[Any, Any, Any], int] = _lib.srtp_protect
"""(session, packet, length): in place, 0 when it went well."""
unprotect: Callable[[Any, Any, Any], int] = _lib.srtp_unprotect
PROTECT = int(ffi.cast("uintptr_t", ffi.addressof(_lib, "srtp_protect")))
"""Where `protect` is, for a press in C."""

PROFILES = [
    profile
    for profile in (SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM, SRTP_AES128_CM_SHA1_80)
    if profile in SRTP_PROFILES
]
"""AES-GCM first: it costs less than half of AES-CM, and the DTLS server's order decides."""

HANDSHAKE_MOST = 64
"""Datagrams that wait for a handshake to begin."""


def _nowhere(data: bytes) -> None:
    del data


class _Inlet:
    """What RTCDtlsTransport takes for its ICE transport: datagrams in, datagrams out."""

    role = "controlled"
    state = "completed"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(HANDSHAKE_MOST)

    def put(self, data: bytes | None) -> None:
        """A datagram came; None: none will any more. What does not fit is lost, as on the way."""
        if data is None and self._queue.full():
            self._queue.get_nowait()
        if not self._queue.full():
            self._queue.put_nowait(data)

    def shut(self) -> None:
        """Nothing goes out any more, and nobody is held."""
        self._out = _nowhere

    async def _recv(self) -> bytes:
        data = await self._queue.get()
        if data is None:
            raise ConnectionError("the wire is closed")
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class Dtls(RTCDtlsTransport):
    """DTLS of one wire; only DTLS datagrams pass through it, media never does."""

    def __init__(self, certificate: RTCCertificate, send: Callable[[bytes], None]) -> None:
        self.inlet = _Inlet(send)
        super().__init__(self.inlet, [certificate])  # type: ignore[arg-type]
        self._srtp_profiles = PROFILES

    async def shake_hands(self, algorithm: str, fingerprint: str, *, is_server: bool) -> bool:
        """Do the handshake with whom this fingerprint proves; whether it succeeded."""
        self._set_role("server" if is_server else "client")
        known = RTCDtlsFingerprint(algorithm=algorithm, value=fingerprint)
        await self.start(RTCDtlsParameters(fingerprints=[known]))
        return self.state == "connected"

    def on_end(self, ended: Callable[[], None]) -> None:
        """Hear that the other side hung up or the wire broke."""

        def look() -> None:
            if self.state == "closed":
                ended()

        self.add_listener("statechange", look)

    def keys(self) -> tuple[Srtp, Srtp]:
        """For receiving and for sending, after the handshake."""
        return Srtp(self._rx_srtp), Srtp(self._tx_srtp)

    @property
    def pump(self) -> asyncio.Future[None] | None:
        """The task that reads, while it runs."""
        return self._task

    async def hang_up(self) -> None:
        """Say goodbye and end."""
        pump = self._task
        self.remove_all_listeners()
        await self.stop()
        self.inlet.put(None)
        if pump is not None:
            await asyncio.wait([pump])
        self.inlet.shut()
        self._ssl = self._data_receiver = None


class Srtp:
    """One direction's keys. `session` is what protect and unprotect take."""

    __slots__ = ("_kept", "session")

    def __init__(self, kept: pylibsrtp.Session) -> None:
        self._kept = kept
        self.session = kept._srtp[0]

    @property
    def address(self) -> int:
        """Of the session, which lives as long as this."""
        return int(ffi.cast("uintptr_t", self.session))

    def protect_rtcp(self, data: bytes) -> bytes:
        """Empty for what cannot be protected."""
        try:
            return bytes(self._kept.protect_rtcp(data))
        except (pylibsrtp.Error, ValueError):
            return b""

    def unprotect_rtcp(self, data: bytes) -> bytes:
        """Empty for what is not proven."""
        try:
            return bytes(self._kept.unprotect_rtcp(data))
        except (pylibsrtp.Error, ValueError):
            return b""


SEAL_BYTES = PROFILES[0].key_length + PROFILES[0].salt_length
"""Of a key with its salt."""


def keyed(rx: bytes, tx: bytes) -> tuple[Srtp, Srtp]:
    """For receiving and for sending, with keys that were agreed upon without a handshake."""
    made = []
    for key, kind in ((rx, Policy.SSRC_ANY_INBOUND), (tx, Policy.SSRC_ANY_OUTBOUND)):
        policy = Policy(key=key, ssrc_type=kind, srtp_profile=PROFILES[0].libsrtp_profile)
        policy.allow_repeat_tx, policy.window_size = True, 1024
        made.append(Srtp(pylibsrtp.Session(policy)))
    return made[0], made[1]


class Certificate(RTCCertificate):
    """All wires of a worker show the same, and share what OpenSSL makes of it."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, cert: x509.Certificate) -> None:
        super().__init__(key, cert)
        self._contexts: dict[bytes, SSL.Context] = {}

    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> SSL.Context:
        named = b":".join(profile.openssl_profile for profile in srtp_profiles)
        found = self._contexts.get(named)
        if found is None:
            found = self._contexts[named] = super()._create_ssl_context(srtp_profiles)
            # Nobody resumes: every wire proves its certificate.
            found.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        return found


def certificate() -> Certificate:
    """A fresh one."""
    return Certificate.generateCertificate()


def fingerprint(certificate: RTCCertificate) -> str:
    """Its SHA-256, as descriptions write it."""
    return next(each.value for each in certificate.getFingerprints() if each.algorithm == "sha-256")


Channel = RTCDataChannel


class Sctp(RTCSctpTransport):
    """Data channels over a wire's DTLS."""

    def __init__(self, dtls: Dtls) -> None:
        super().__init__(dtls)

    async def begin(self, remote_port: int, most: int) -> None:
        """Associate."""
        await self.start(RTCSctpCapabilities(maxMessageSize=most), remote_port)

    async def end(self) -> None:
        """Say goodbye, and hold nobody."""
        channels = [*self._data_channels.values(), *(each[0] for each in self._data_channel_queue)]
        await self.stop()
        self._data_channels.clear()
        self._data_channel_queue.clear()
        for channel in channels:
            channel.remove_all_listeners()

    def open(self, label: str, *, is_reliable: bool) -> Channel:
        """A channel of ours."""
        parameters = RTCDataChannelParameters(
            label=label, ordered=is_reliable, maxRetransmits=None if is_reliable else 0
        )
        return RTCDataChannel(self, parameters)
