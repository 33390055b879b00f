"""The way of a packet: from a publisher's layer to the listeners' copies of it.

`UpLayer.take` is the hot path's first half, forwarding.py the second: what is the same for all
listeners is done once, here.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol

from contracts.rpc.media import TrackSpec
from media_sfu import forwarding, unfolding
from media_sfu.domain import frames, rationing, rtcp, rtp
from media_sfu.domain.codecs import SENT_AT, TRANSPORT_CC, Codec
from media_sfu.domain.intake import History, Intake, Kept, Rate
from media_sfu.domain.levels import Loudness
from media_sfu.domain.lines import Line
from media_sfu.domain.redundancy import Need

if TYPE_CHECKING:
    from media_sfu.legs import Leg
    from media_sfu.wire import Crypt, Wire

KEY_EVERY_S = 0.4
"""A layer is asked for a key frame at most this often, whoever wants one."""
FLOWS_S = 1.0
"""A layer that brought nothing for so long has stopped."""
KEPT = {"audio": 64, "video": 512}

_HEAD = Struct("!BBHII")


class Ear(Protocol):
    """Somebody inside this process who is handed the packets of a track (`UpTrack.ears`), whatever
    for. It is called on the hot path: it notes what it needs and returns.
    """

    def came(self, layer: UpLayer, kept: Kept, *, is_key: bool) -> None:
        """A packet of one of the track's layers, as listeners would get it, in the order in which
        packets come. Nothing comes while the track is muted.
        """


class UpLayer:
    """One incoming stream: a track, or one encoding of a simulcast."""

    def __init__(self, track: UpTrack, wire: Wire | None, ssrc: int, rid: str) -> None:
        self.track = track
        self.wire = wire
        self.ssrc = ssrc
        self.rid = rid
        self.is_video = track.spec.kind == "video"
        self.intake = Intake(track.codec.clock)
        self.history = History(KEPT[str(track.spec.kind)])
        self.listeners: list[DownTrack] = []
        """Changed by `join` and `part` alone."""
        self.roll: Any = None
        """Of those listeners who get each packet by itself, as the press reads it; None: something
        changed, and it is made anew for the next packet.
        """
        self.doubled: list[DownTrack] = []
        """The others."""
        self.waiting: list[DownTrack] = []
        """Those that change to this layer at its next key frame."""
        self.sender: tuple[rtcp.SenderInfo, float] | None = None
        self.asked_key_at = -KEY_EVERY_S
        self.wants_key = False
        self.heard_at = 0.0
        self.bits = Rate()
        self.ration = None if self.is_video else rationing.of_voice()
        """Pictures have that of their whole wire."""
        self._is_vp8 = track.codec.name == "vp8"
        self._is_h264 = track.codec.name == "h264"

    def take(self, data: bytes, begin: int, elements: dict[int, bytes], now: float) -> None:
        """A packet of this stream came."""
        intake, track = self.intake, self.track
        if track.red and data[1] & 0x7F == track.red:
            unfolding.unfold(self, data, begin, elements, now)
            return
        if self.ration is not None and not self.ration.takes(len(data), now):
            return
        _, second, short, timestamp, _ = _HEAD.unpack_from(data)
        number = intake.take(short, now, len(data))
        if number < 0 or second & 0x7F != track.codec.pt:
            return
        self.heard_at = now
        self.bits.octets += len(data)
        end = rtp.payload_end(data, begin)
        if end <= begin:
            intake.skip(number)
            return
        intake.wander(timestamp, now)
        number = intake.closed(number)
        mark: frames.Vp8 | None = None
        is_key = True
        if self.is_video:
            mark = frames.vp8(data, begin, end) if self._is_vp8 else None
            is_key = mark.is_key if mark else self._is_h264 and frames.is_h264_key(data, begin, end)
        elif level := elements.get(track.level_id):
            track.loudness.note(level[0] & 0x7F, now)
        if is_key and self.waiting:
            for down in tuple(self.waiting):
                down.change(self, number, timestamp, mark, now)
        packet = rtp.bare(begin, end, data, is_timed=self.is_video)
        kept = Kept(number, packet, timestamp, mark, now)
        self.history.keep(kept)
        if not track.is_silent:
            self._pass_on(kept, is_key=is_key)

    def _pass_on(self, kept: Kept, *, is_key: bool) -> None:
        if self.listeners:
            forwarding.forward(self, kept)
        for ear in self.track.ears:
            ear.came(self, kept, is_key=is_key)

    def flows(self, now: float) -> bool:
        """Whether it could be followed now."""
        return now - self.heard_at < FLOWS_S

    def join(self, down: DownTrack) -> None:
        """One more listener."""
        self.listeners.append(down)
        self.roll = None

    def part(self, down: DownTrack) -> None:
        """One less."""
        self.listeners.remove(down)
        self.roll = None

    def key_wanted(self, now: float) -> None:
        """A listener needs a key frame: asked for at once, or as soon as it may be again."""
        if not self.is_video or self.wire is None:
            return
        if now - self.asked_key_at < KEY_EVERY_S:
            self.wants_key = True
            return
        self.asked_key_at, self.wants_key = now, False
        self.wire.send_rtcp(rtcp.pli(self.wire.own, self.ssrc))


@dataclass(slots=True, eq=False)
class UpTrack:
    """What somebody publishes."""

    owner: str
    spec: TrackSpec
    codec: Codec
    mid: str
    level_id: int = 0
    red: int = 0
    """Payload type of Opus with what was before it; 0: it is not sent so."""
    reach: int = 0
    """So many packets of the past come along in those."""
    rids: tuple[str, ...] = ()
    layers: dict[str, UpLayer] = field(default_factory=dict)
    """By rid; one with an empty name without simulcast."""
    downs: list[DownTrack] = field(default_factory=list)
    ears: list[Ear] = field(default_factory=list)
    """Of this process."""
    muted_by: set[str] = field(default_factory=set)
    is_silent: bool = False
    loudness: Loudness = field(default_factory=Loudness)
    was_heard: bool = False
    wanted: int = -1
    """The highest layer of use to anybody, as it was told; -1: nothing was told."""
    wanted_at: float = 0.0
    """When so much was of use last."""
    leg: Leg | None = None
    """Over which it comes from another worker."""

    @property
    def name(self) -> str:
        """In the room."""
        return self.spec.track

    def mute(self, by: str, now: float, *, is_muted: bool) -> None:
        """Forward it, or not, from the next packet on."""
        (self.muted_by.add if is_muted else self.muted_by.discard)(by)
        was, self.is_silent = self.is_silent, bool(self.muted_by)
        if was and not self.is_silent:
            for down in tuple(self.downs):
                down.realign(now)

    def double(self, reach: int) -> None:
        """It comes with so much of the past, and goes on so to those who take it."""
        self.reach = reach
        for down in self.downs:
            down.double()

    def sizes(self) -> list[tuple[int, int]]:
        """Width and height by layer, the lowest first, as they were announced."""
        return [(layer.width, layer.height) for layer in self.spec.layers if layer.width]

    def ranked(self, now: float) -> list[UpLayer]:
        """The layers that flow, the lowest first; when none does, the lowest that ever did. A
        publisher's line decides how many of a simulcast it sends.
        """
        known = [self.layers[rid] for rid in self.rids or ("",) if rid in self.layers]
        return [layer for layer in known if layer.flows(now)] or known[:1]


@dataclass(frozen=True, slots=True)
class Footing:
    """What is added to a layer's numbers so that a copy's never jump."""

    offset: int = 0
    shift: int = 0
    picture: int = 0
    base: int = 0
    since: int = 0
    """The layer's number of the first packet; older ones are not the copy's."""
    renumbers: bool = False


class DownTrack:
    """A listener's copy of a track: a stream of our own, whatever layer it is taken from."""

    __slots__ = (
        "crypt",
        "earlier",
        "footing",
        "is_numbered",
        "layer",
        "line",
        "listener",
        "lost_share",
        "mid",
        "need",
        "pt",
        "red",
        "sent",
        "source",
        "ssrc",
        "target",
        "wire",
        "word",
    )

    def __init__(self, source: UpTrack, listener: str, crypt: Crypt) -> None:
        self.source = source
        self.listener = listener
        self.crypt = crypt
        self.ssrc = secrets.randbits(31) + 1
        self.wire: Wire | None = None
        self.mid = ""
        self.pt = 0
        self.word = 0
        """The head of what tells the listener's line, as the listener numbers it: of the packet's
        number on it (`is_numbered`), or of the moment of sending; 0: neither.
        """
        self.red = 0
        """Payload type of Opus with what was before it; 0: the listener does not take it."""
        self.need = Need()
        """Of that."""
        self.is_numbered = False
        self.line: Line | None = None
        self.layer: UpLayer | None = None
        self.target: UpLayer | None = None
        self.footing = Footing()
        self.earlier: tuple[UpLayer, Footing] | None = None
        """Before the last change, for repeats."""
        self.sent = crypt.press.sent()
        self.lost_share = 0.0

    @property
    def newest(self) -> Kept:
        """Of the layer, among those that were sent."""
        return self.sent.newest

    def changed(self) -> None:
        """What is written into a copy, or where it goes."""
        if self.layer is not None:
            self.layer.roll = None

    def agree(self, extensions: Mapping[str, int]) -> None:
        """The listener takes these with a picture."""
        if self.source.spec.kind == "video":
            numbered, timed = extensions.get(TRANSPORT_CC, 0), extensions.get(SENT_AT, 0)
            self.is_numbered, self.word = bool(numbered), 0
            if numbered or timed:
                # An id, and how many bytes follow, less one.
                self.word = (numbered << 4 | 1 if numbered else timed << 4 | 2) << 24
        self.changed()

    def double(self) -> None:
        """What the publisher sends along of the past comes with this copy, if that is taken."""
        self.need.give(self.source.reach if self.red else 0)
        self.changed()

    def flow(self, wire: Wire) -> None:
        """It is sent here from now on."""
        self.wire = wire
        wire.downs[self.ssrc] = self
        if self.is_numbered:
            self.line = wire.line = wire.line or Line()
        self.changed()

    def judge(self) -> None:
        """A second is over: whether it is sent with what was before."""
        was = self.need.is_there
        if self.need.judge() is not was:
            self.changed()

    def aim(self, layer: UpLayer | None, now: float) -> None:
        """Follow this layer from its next key frame on; None: nothing any more."""
        if layer is self.target and (layer is None or self.layer is layer):
            return
        self._unwait()
        self.target = layer
        if layer is None:
            self.leave()
        elif layer is not self.layer:
            layer.waiting.append(self)
            layer.key_wanted(now)

    def leave(self) -> None:
        """Forward nothing until the next aim."""
        if self.layer is not None:
            self.layer.part(self)
        self.layer = None

    def end(self) -> None:
        """Follow nothing, for good."""
        self._unwait()
        self.leave()
        self.target = None
        if self in self.source.downs:
            self.source.downs.remove(self)

    def realign(self, now: float) -> None:
        """What comes next continues what was sent last, as if nothing had been between."""
        layer = self.target
        self._unwait()
        self.leave()
        self.target = None
        self.aim(layer, now)

    def change(
        self, layer: UpLayer, number: int, timestamp: int, mark: frames.Vp8 | None, now: float
    ) -> None:
        """This packet, a key frame's first, begins what is sent from now on."""
        layer.waiting.remove(self)
        if self.layer is not None:
            self.earlier = (self.layer, self.footing)
            self.layer.part(self)
        self.layer = layer
        layer.join(self)
        last, before = self.newest, self.footing
        self.sent.newest = Kept(number - 1, b"", timestamp)
        if last.number < 0:
            self.footing = Footing(since=number)
            return
        ticks = max(1, int((now - last.at) * self.source.codec.clock))
        picture = base = 0
        if mark is not None and last.mark is not None:
            picture = last.mark.picture + before.picture + 1 - mark.picture
            base = last.mark.base + before.base + 1 - mark.base
        self.footing = Footing(
            last.number + before.offset + 1 - number,
            last.timestamp + before.shift + ticks - timestamp,
            picture,
            base,
            number,
            renumbers=bool(picture or base),
        )

    def kept(self, short: int) -> tuple[Footing, Kept] | None:
        """A packet that was sent under this number, and how."""
        layer, footing = self.layer, self.footing
        number = rtp.extended(short, self.newest.number + footing.offset)
        if layer is None or number - footing.offset < footing.since:
            if self.earlier is None:
                return None
            layer, footing = self.earlier
        found = layer.history.find(number - footing.offset)
        return None if found is None else (footing, found)

    def report(self, info: rtcp.SenderInfo) -> bytes:
        """The publisher's report in terms of this copy."""
        stamp, sent = info.timestamp + self.footing.shift, self.sent
        return rtcp.sender_report(
            rtcp.SenderInfo(self.ssrc, info.ntp, stamp, sent.packets, sent.octets)
        )

    def _unwait(self) -> None:
        if self.target is not None and self in self.target.waiting:
            self.target.waiting.remove(self)
