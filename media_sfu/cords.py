"""One cord: the connection of a bot's library. Sealed RTP over the worker's port, one voice up,
every voice of the room down; no handshake, for signaling hands out the key.

A cord believes packets under its own SSRC, proven by its key, each once; from the one address that
it is tied to, and follows its client to where such a packet comes from.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING

from contracts.rpc import media_cords
from media_sfu.batch import Destination
from media_sfu.domain import rationing, stun
from media_sfu.domain.freshness import Freshness
from media_sfu.domain.intake import Kept
from media_sfu.port import Address, UdpPort
from media_sfu.tracks import UpLayer, UpTrack

if TYPE_CHECKING:
    from media_sfu.domain.sealing import Seal

OPUS_PT = 120
LEVEL_ID = 1
SILENCE = b"\xf8\xff\xfe"
"""What such clients send, and wait for, when a voice pauses: five times."""
SILENCES = 5
PAUSE_S = 0.1
"""A voice that said nothing for so long pauses."""
_SPOKEN = {LEVEL_ID: b"\x14"}
_QUIET = {LEVEL_ID: b"\x7f"}
"""Cords carry no levels: what is no silence counts as speech."""
_FRAME_TICKS, _TICKS_S = 960, 48_000
_HEAD = Struct("!BBHII")
_HEAD_BYTES = 12
_PACKET_MOST = 1_500
_SEEN_MOST = 4
_COUNTS_FROM = 1 << 31
"""The key is the same both ways: clients count from 0, so a nonce never serves twice."""

Hears = Callable[[UpTrack], bool]


class Voice:
    """One track as a cord hears it: an ear that lets it go on where it paused."""

    def __init__(self, cord: Cord, track: UpTrack) -> None:
        self.track = track
        self.ssrc = media_cords.heard_as(track.name)
        self._cord = cord
        self._at = 0.0
        self._out, self._stamp = secrets.randbits(16), secrets.randbits(32)
        """Of the newest packet that was sent."""
        self._began: tuple[int, int, int, int] | None = None
        """Number and timestamp where it began to speak, as they came and as they are sent."""
        track.ears.append(self)

    def came(self, layer: UpLayer, kept: Kept, *, is_key: bool) -> None:
        """A packet of the track."""
        del layer, is_key
        if self._began is None or kept.at - self._at > PAUSE_S:
            ticks = int((kept.at - self._at) * _TICKS_S) if self._at else _FRAME_TICKS
            began = self._out + 1, self._stamp + ticks & 0xFFFFFFFF
            self._began = (kept.number, kept.timestamp, *began)
        number, timestamp, out, stamp = self._began
        if kept.number < number:
            return
        out += kept.number - number
        stamp = stamp + kept.timestamp - timestamp & 0xFFFFFFFF
        if out > self._out:
            self._out, self._stamp, self._at = out, stamp, kept.at
        self._cord.say(self.ssrc, out, stamp, kept.packet[_HEAD_BYTES:])

    def rest(self, now: float) -> None:
        """Close with silence, once, if it pauses."""
        if self._began is not None and now - self._at > PAUSE_S:
            self.hush()

    def hush(self) -> None:
        """Close with silence, so that nobody makes up what comes next."""
        if self._began is None:
            return
        self._began = None
        for _ in range(SILENCES):
            self._out, self._stamp = self._out + 1, self._stamp + _FRAME_TICKS & 0xFFFFFFFF
            self._cord.say(self.ssrc, self._out, self._stamp, SILENCE)
        self._at += SILENCES * _FRAME_TICKS / _TICKS_S

    def end(self) -> None:
        """Hear it no longer."""
        self.track.ears.remove(self)
        self.hush()


class Cord:
    """A port.Owner, and a watcher of its room."""

    def __init__(self, port: UdpPort, hears: Hears) -> None:
        self.ssrc = secrets.randbits(32) or 1
        self.layer: UpLayer | None = None
        """Where what is said goes."""
        self.to: Destination | None = None
        self.unproven = 0
        self.heard_at = 0.0
        self.ration, self._strangers = rationing.of_voice(), rationing.of_strangers()
        self._port = port
        self._hears = hears
        self._seen: list[Address] = []
        self._address: Address | None = None
        self._seal: Seal | None = None
        self._freshness = Freshness()
        self._count = _COUNTS_FROM
        self._voices: dict[str, Voice] = {}
        port.by_ssrc[self.ssrc] = self

    # Where the client is.

    def discovered(self, address: Address) -> None:
        """The client, who alone knows the SSRC, asked from there."""
        if address not in self._seen:
            self._seen = [*self._seen, address][-_SEEN_MOST:]

    def tie(self, address: Address, seal: Seal) -> bool:
        """To an address, and a fresh key; whether the client was seen there."""
        held = self._port.by_address.get(address)
        if address not in self._seen or not (held is None or isinstance(held, Cord)):
            return False
        self._settle_at(address)
        self._seal = seal
        self._freshness, self._count = Freshness(), _COUNTS_FROM
        return True

    def moved(self, size: int, address: Address, now: float) -> None:
        """A packet under this SSRC lies in the inlet, from where nobody is known: its router may
        have given the client another address. Only what is proven says so, and is not repeated.
        """
        if self._strangers.takes(size, now):
            packet = self._opened(size)
            if packet is not None:
                self._settle_at((address[0], address[1]))
                self._take(packet, now)

    def close(self) -> None:
        """End, and leave nothing behind."""
        for voice in self._voices.values():
            voice.end()
        self._voices.clear()
        self._untie()
        if self._port.by_ssrc.get(self.ssrc) is self:
            del self._port.by_ssrc[self.ssrc]
        self._seal = self.layer = None

    def _settle_at(self, address: Address) -> None:
        self._untie()
        self._address, self.to = address, Destination(address)
        self._port.by_address[address] = self

    def _untie(self) -> None:
        if self._address is not None and self._port.by_address.get(self._address) is self:
            del self._port.by_address[self._address]
        self._address = self.to = None

    # What it says.

    def media(self, size: int, now: float) -> None:
        """A packet lies in the port's inlet."""
        packet = None if self.ration.is_spent(now) else self._opened(size)
        if packet is not None:
            self._take(packet, now)

    def _opened(self, size: int) -> bytes | None:
        seal = self._seal
        if seal is None or size > _PACKET_MOST or size <= _HEAD_BYTES + 4:
            return None
        data = bytes(self._port.inlet[:size])
        if data[1] & 0x7F != OPUS_PT or int.from_bytes(data[8:12], "big") != self.ssrc:
            return None
        count = int.from_bytes(data[-4:], "big")
        packet = seal.open(data) if self._freshness.is_fresh(count) else None
        if packet is None:
            self.unproven += 1
        else:
            self._freshness.note(count)
        return packet

    def _take(self, packet: bytes, now: float) -> None:
        self.ration.spend(len(packet), now)
        self.heard_at, layer = now, self.layer
        if layer is not None:
            is_silent = packet[_HEAD_BYTES:] == SILENCE
            layer.take(packet, _HEAD_BYTES, _QUIET if is_silent else _SPOKEN, now)

    def checked(self, request: stun.Request, address: Address) -> bytes | None:
        """Cords have no name in a check."""

    def greeted(self, data: bytes) -> None:
        """Nor do they shake hands."""

    # What it hears.

    def settle(self, tracks: dict[str, UpTrack]) -> None:
        """Bring what is heard to what shall be heard."""
        for name, voice in tuple(self._voices.items()):
            if tracks.get(name) is not voice.track or not self._hears(voice.track):
                self._voices.pop(name).end()
        for name, track in tracks.items():
            # What is encrypted end-to-end would be noise to a bot.
            is_voice = track.codec.name == "opus" and not track.spec.encryption
            if name not in self._voices and is_voice and self._hears(track):
                self._voices[name] = Voice(self, track)

    def appeared(self, one: object, track: UpTrack) -> None:
        """A track is there."""
        del one
        self.settle(
            {name: voice.track for name, voice in self._voices.items()} | {track.name: track}
        )

    def ended(self, track: UpTrack) -> None:
        """A track is gone."""
        voice = self._voices.pop(track.name, None)
        if voice is not None:
            voice.end()

    def closed(self) -> None:
        """Nobody is there any more."""

    def rest(self, now: float) -> None:
        """Let voices that pause end in silence."""
        for voice in self._voices.values():
            voice.rest(now)

    def say(self, ssrc: int, number: int, stamp: int, payload: bytes) -> None:
        """Let the client hear this."""
        batch, seal, to = self._port.batch, self._seal, self.to
        if batch is None or seal is None or to is None:
            return
        header = _HEAD.pack(0x80, OPUS_PT, number & 0xFFFF, stamp, ssrc)
        packet = seal.seal(header, payload, self._count)
        self._count = _COUNTS_FROM | self._count + 1 & 0xFFFFFFFF
        batch.views[batch.count][: len(packet)] = packet
        batch.push(to, len(packet))
