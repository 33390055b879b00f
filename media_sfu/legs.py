"""A leg: one room's way to another worker. Towards that worker it is one more listener of each
layer that is wanted there, towards this one's listeners it is who publishes; so the way of a packet
and the way back are those of any wire. It has no handshake: both ends make its keys.

What is told over calls to keep both ends alike stands in actions/relaying.py.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

from contracts.rpc.media_legs import TRACKS_MOST, FarTrack, Peer
from contracts.rpc.media_news import WireState
from media_sfu.batch import Destination
from media_sfu.domain import rationing
from media_sfu.domain.codecs import OURS
from media_sfu.domain.intake import Rate
from media_sfu.domain.keying import leg_keys
from media_sfu.port import Address, UdpPort
from media_sfu.tracks import DownTrack, UpLayer, UpTrack
from media_sfu.wire import Crypt, Wire

if TYPE_CHECKING:
    from media_sfu.rooms import Participant, Room

RENEWED_AT = 768
"""So many SSRCs are sent under one key at most: libsrtp keeps a state of each."""


class _Told(Rate):
    """What its worker measures, whether or not it is sent here."""

    def measure(self, now: float) -> int:
        """As it was told last."""
        del now
        return self.value


class FarLayer(UpLayer):
    """A layer of somebody on another worker: sent here as long as somebody follows it."""

    def __init__(self, track: UpTrack, leg: Leg, ssrc: int, rid: str) -> None:
        super().__init__(track, leg, ssrc, rid)
        self.bits = _Told()
        self.flows_until = 0.0

    def flows(self, now: float) -> bool:
        """It does at its worker, or came just now."""
        return now < self.flows_until or super().flows(now)

    @property
    def is_wanted(self) -> bool:
        """Whether anybody here follows it, or is about to."""
        return bool(self.listeners or self.waiting or self.track.ears)


class Shown:
    """A track of this worker, as the other one may have it: one copy of each of its layers."""

    def __init__(self, one: Participant, track: UpTrack, leg: Leg, crypt: Crypt) -> None:
        self.track = track
        self.copies: dict[str, DownTrack] = {}
        for rid in track.rids or ("",):
            copy = self.copies[rid] = DownTrack(track, "", crypt)
            copy.pt = OURS[track.codec.name].pt
            copy.flow(leg)
            track.downs.append(copy)
        self.told = FarTrack(
            participant=one.name,
            identity=one.identity,
            name=one.label,
            spec=track.spec,
            codec=track.codec.name,
            rids=track.rids,
            streams=tuple(copy.ssrc for copy in self.copies.values()),
        )

    def serve(self, asked: set[int], now: float) -> None:
        """Send the layers that were asked for, from a key frame on, and no others. A copy that
        rests is kept: its numbers go on where they ended.
        """
        for rid, copy in self.copies.items():
            layer = self.track.layers.get(rid) if copy.ssrc in asked else None
            if copy.target is not layer:
                copy.aim(layer, now)

    def flows(self, now: float) -> dict[int, int]:
        """Bits a second of what could be sent."""
        layers = self.track.layers
        return {
            copy.ssrc: layers[rid].bits.value
            for rid, copy in self.copies.items()
            if rid in layers and layers[rid].flows(now)
        }

    def end(self, leg: Leg) -> None:
        """Send none of it any more."""
        for copy in self.copies.values():
            copy.end()
            leg.downs.pop(copy.ssrc, None)


def _unwatched(wire: Wire, state: WireState) -> None:
    del wire, state


class Leg(Wire):
    """A watcher of its room."""

    def __init__(self, crypt: Crypt, port: UdpPort, room: Room, peer: Peer) -> None:
        super().__init__(crypt, _unwatched)
        self.rations = (rationing.of_workers(),) * 3
        self.room, self.peer = room, peer
        self.changed: Callable[[], None] = _nobody_asks
        """Told when something else is shown, and (below) when nobody is here any more."""
        self.left: Callable[[], None] = _nobody_asks
        self.nonce = secrets.token_hex(16)
        self.their_nonce = ""
        self.their_own = 0
        self.word_at = crypt.clock.monotonic()
        """When the other end said something last."""
        self.version, self.told, self.heard = 1, 0, 0
        """Of what is shown; what the other end knows of it; what is known here of theirs."""
        self.said_wants: tuple[int, ...] = ()
        self.is_speaking = self.is_due = False
        self.useful: dict[str, int] = {}
        """The highest layer of use there, of our videos."""
        self.shown: dict[str, Shown] = {}
        self.people: dict[str, Participant] = {}
        """Of the other worker: not in the room here, but heard."""
        self.tracks: dict[str, UpTrack] = {}
        """Theirs."""
        self._asked: set[int] = set()
        self._port = port

    def restart(self) -> None:
        """It has no name: nobody checks it."""

    def aim(self, to: Address) -> None:
        """The other worker takes media there."""
        self.outlet.lead(Destination(to), self.tx)

    def agree(self, secret: bytes, here: str, their_nonce: str) -> None:
        """Keys, as soon as both nonces are known; others if one of them is new."""
        self.their_nonce = their_nonce
        compat = self._crypt.compat
        ends = (here, self.nonce), (self.peer.worker, their_nonce)
        keys = leg_keys(secret, self.room.name, *ends, compat.SEAL_BYTES)
        self.rx, self.tx = compat.keyed(*keys)
        self.outlet.lead(self.to, self.tx)
        self.senders.clear()

    def renew(self, secret: bytes, here: str) -> None:
        """Go on with fresh keys."""
        self.nonce = secrets.token_hex(16)
        self.agree(secret, here, self.their_nonce)

    # What is sent.

    def appeared(self, one: Participant, track: UpTrack) -> None:
        """A track is there. What came over a leg goes over no other."""
        if track.leg is None and len(self.shown) < TRACKS_MOST:
            self.shown[track.name] = Shown(one, track, self, self._crypt)
            self._showing()

    def ended(self, track: UpTrack) -> None:
        """A track is gone."""
        shown = self.shown.pop(track.name, None)
        if shown is not None:
            shown.end(self)
            self._showing()

    def closed(self) -> None:
        """The last one here left."""
        self.left()

    def asked(self, streams: tuple[int, ...], now: float) -> None:
        """The other end wants these."""
        self._asked = set(streams)
        self.serve(now)

    def serve(self, now: float) -> None:
        """Send what is asked for and there."""
        for shown in self.shown.values():
            shown.serve(self._asked, now)

    def flows(self, now: float) -> dict[int, int]:
        """Bits a second of whatever flows here."""
        return {ssrc: bits for one in self.shown.values() for ssrc, bits in one.flows(now).items()}

    @property
    def streams(self) -> int:
        """How many layers are sent now."""
        return sum(1 for copy in self.downs.values() if copy.layer is not None)

    def _showing(self) -> None:
        self.version += 1
        self.changed()

    # What comes.

    def wants(self) -> tuple[int, ...]:
        """Streams that somebody here follows."""
        layers = self.layers.items()
        return tuple(ssrc for ssrc, one in layers if isinstance(one, FarLayer) and one.is_wanted)

    def wanted_layers(self) -> dict[str, int]:
        """The highest layer of use to anybody here, of each of their videos."""
        return {name: track.wanted for name, track in self.tracks.items() if track.wanted >= 0}

    def hear_from(self, own: int) -> None:
        """Their feedback comes under this SSRC."""
        if own != self.their_own:
            self._forget((self.their_own,))
            self.their_own = own
            self._port.legs[own] = self

    def flowing(self, rates: dict[int, int], until: float) -> None:
        """These of their layers flow, with so many bits a second."""
        for ssrc, bits in rates.items():
            layer = self.layers.get(ssrc)
            if isinstance(layer, FarLayer):
                layer.bits.value, layer.flows_until = bits, until

    def add(self, told: FarTrack, one: Participant) -> UpTrack:
        """One of their tracks, for all here to hear."""
        track = UpTrack(told.participant, told.spec, OURS[told.codec], "", rids=told.rids, leg=self)
        for rid, ssrc in zip(told.rids or ("",), told.streams, strict=True):
            self.layers[ssrc] = track.layers[rid] = FarLayer(track, self, ssrc, rid)
            self._port.legs[ssrc] = self
        self.tracks[track.name] = one.published[track.name] = track
        self.people[one.name] = one
        return track

    def forget(self, track: UpTrack) -> None:
        """It is gone."""
        self._forget(tuple(layer.ssrc for layer in track.layers.values()))
        self.tracks.pop(track.name, None)
        one = self.people.get(track.owner)
        if one is not None and not set(one.published) - {track.name}:
            del self.people[track.owner]

    def _forget(self, ssrcs: tuple[int, ...]) -> None:
        for ssrc in ssrcs:
            if self._port.legs.get(ssrc) is self:
                del self._port.legs[ssrc]

    async def close(self) -> None:
        """End, and leave nothing behind."""
        for shown in self.shown.values():
            shown.end(self)
        self.shown.clear()
        self._forget((self.their_own,))
        self.changed = self.left = _nobody_asks
        await super().close()


def _nobody_asks() -> None:
    pass
