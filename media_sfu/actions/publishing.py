"""What people publish: announced, agreed upon in an offer of theirs, muted, ended."""

from __future__ import annotations

from contracts.errors import ErrorCode, Forbidden
from contracts.rpc.media import MuteTrack, Publish, TrackSpec, Unpublish
from contracts.rpc.media_news import TrackDown, TrackUp
from media_sfu.actions import following, listening, seating
from media_sfu.cords import LEVEL_ID, OPUS_PT, Cord
from media_sfu.domain import codecs
from media_sfu.domain.codecs import LEVEL, MID, RID, TRANSPORT_CC, Codec
from media_sfu.domain.describing import Taking
from media_sfu.domain.sdp import Section
from media_sfu.rooms import Participant
from media_sfu.tracks import UpLayer, UpTrack
from media_sfu.wire import Wire
from media_sfu.worker import Worker

ANNOUNCED_MOST = 32
_RIDS = ("q", "h", "f")
CORD_OPUS = Codec("opus", OPUS_PT, "opus/48000/2")


async def publish(worker: Worker, asked: Publish) -> None:
    """Announce a track."""
    one = worker.rooms.seat(asked.room, asked.participant)
    if not one.may_publish(asked.track.source):
        raise Forbidden(ErrorCode.MISSING_PERMISSIONS)
    if asked.track.track in one.published:
        return
    one.announced[asked.track.track] = asked.track
    while len(one.announced) > ANNOUNCED_MOST:
        del one.announced[next(iter(one.announced))]
    if one.cord is not None:
        _speak(worker, one, one.cord)


def _speak(worker: Worker, one: Participant, cord: Cord) -> None:
    """A cord needs no description: its one voice is up as soon as it is announced."""
    announced = list(one.announced.values())
    one.announced.clear()
    for spec in announced:
        if spec.kind == "audio" and cord.layer is None:
            track = UpTrack(one.name, spec, CORD_OPUS, "", LEVEL_ID)
            cord.layer = track.layers[""] = UpLayer(track, None, cord.ssrc, "")
            appear(worker, one, track)


async def unpublish(worker: Worker, asked: Unpublish) -> None:
    """A track ends."""
    one = worker.rooms.seat(asked.room, asked.participant)
    one.announced.pop(asked.track, None)
    track = one.published.get(asked.track)
    if track is not None:
        seating.end_track(worker, one, track)


async def mute(worker: Worker, asked: MuteTrack) -> None:
    """Forward a track, or not."""
    one = worker.rooms.seat(asked.room, asked.participant)
    announced = one.announced.get(asked.track)
    if announced is not None:
        one.announced[asked.track] = announced.model_copy(update={"is_muted": asked.is_muted})
    track = one.published.get(asked.track)
    if track is not None:
        track.mute(asked.by, worker.clock.monotonic(), is_muted=asked.is_muted)


def take(worker: Worker, one: Participant, section: Section) -> tuple[UpTrack, Taking] | None:
    """The track of a section that the client sends, and what we answer to it; None when nothing
    was announced for it or we speak none of its codecs.
    """
    track = next((each for each in one.published.values() if each.mid == section.mid), None)
    spoken = codecs.spoken(section)
    if track is None:
        spec = _announced(one, section)
        if spec is None or not spoken:
            return None
        track = _made(worker, one, spec, section, codecs.preferring(spoken, spec.codec)[0])
    chosen = codecs.preferring(spoken, track.codec.name)
    if not chosen or chosen[0].name != track.codec.name:
        return None
    track.codec = chosen[0]
    extensions = codecs.extensions(section, codecs.UPWARD[section.kind])
    track.level_id = extensions.get(LEVEL, 0)
    spec = track.spec
    is_open = chosen[0].name == "opus" and not spec.encryption
    track.red = codecs.red(section) if spec.uses_red and is_open else 0
    wire = one.up
    if wire is not None and TRANSPORT_CC in extensions:
        wire.transport_cc = extensions[TRANSPORT_CC]
    # One codec only: a client that changed it on the way would need another section.
    taking = Taking(
        chosen[:1], extensions, track.rids, spec.uses_dtx, spec.is_stereo, red=track.red
    )
    return track, taking


def _announced(one: Participant, section: Section) -> TrackSpec | None:
    """By the client's name of the track, else the only one of its kind."""
    words = section.first("msid").split()
    said = words[1] if len(words) > 1 else ""
    alike = [spec for spec in one.announced.values() if spec.kind == section.kind]
    for spec in alike:
        if said and said in (spec.cid, *spec.cids):
            return spec
    return alike[0] if len(alike) == 1 else None


def _made(
    worker: Worker, one: Participant, spec: TrackSpec, section: Section, codec: Codec
) -> UpTrack:
    del one.announced[spec.track]
    rids = codecs.rids(section)
    # By name and never by position: clients list them in either order.
    ranked = [rid for rid in _RIDS if rid in rids] + sorted(set(rids) - set(_RIDS))
    track = UpTrack(one.name, spec, codec, section.mid, rids=tuple(ranked))
    appear(worker, one, track)
    return track


def appear(worker: Worker, one: Participant, track: UpTrack) -> None:
    """A track is up, for all to hear."""
    if track.spec.is_muted:
        track.mute("self", worker.clock.monotonic(), is_muted=True)
    one.published[track.name] = one.room.tracks[track.name] = track
    worker.tell(
        TrackUp(
            room=one.room.name,
            participant=one.name,
            track=track.name,
            kind=track.spec.kind,
            mid=track.mid,
            codec=track.codec.name,
        )
    )
    listening.appeared(worker, one.room, track)
    for watcher in one.room.watchers:
        watcher.appeared(one, track)


def end_missing(worker: Worker, one: Participant, mids: set[str]) -> None:
    """Tracks whose sections are no longer sent have ended."""
    for track in tuple(one.published.values()):
        if track.mid not in mids:
            seating.end_track(worker, one, track)
            worker.tell(TrackDown(room=one.room.name, participant=one.name, track=track.name))


class Binder:
    """Finds the track of a stream that comes for the first time: by the SSRC its description names,
    else by the mid and rid that its first packets carry.
    """

    def __init__(self, worker: Worker, one: Participant) -> None:
        self._worker = worker
        self._one = one
        self._mid = self._rid = 0
        self._ssrcs: dict[int, str] = {}

    def learn(self, sections: list[Section]) -> None:
        """From an offer."""
        self._ssrcs.clear()
        for section in sections:
            found = codecs.extensions(section, (MID, RID))
            self._mid = found.get(MID, self._mid)
            self._rid = found.get(RID, self._rid)
            for value in section.all("ssrc"):
                word = value.partition(" ")[0]
                if word.isascii() and word.isdigit() and len(word) < 11:
                    self._ssrcs.setdefault(int(word), section.mid)

    def __call__(
        self, wire: Wire, ssrc: int, data: bytes, elements: dict[int, bytes]
    ) -> UpLayer | None:
        """The layer of this stream, or None as long as nothing says which it is."""
        mid = elements.get(self._mid, b"").decode("ascii", "replace")
        mid = mid or self._ssrcs.get(ssrc, "")
        track = next((each for each in self._one.published.values() if each.mid == mid), None)
        if track is None or data[1] & 0x7F not in (track.codec.pt, track.red or track.codec.pt):
            return None
        rid = elements.get(self._rid, b"").decode("ascii", "replace")
        if rid not in (track.rids or ("",)) and track.rids:
            return None
        layer = UpLayer(track, wire, ssrc, rid if track.rids else "")
        track.layers[layer.rid] = layer
        self._follow(track)
        return layer

    def _follow(self, track: UpTrack) -> None:
        now = self._worker.clock.monotonic()
        for leg in self._one.room.legs.values():
            leg.serve(now)
        for down in tuple(track.downs):
            listener = self._one.room.participants.get(down.listener)
            if listener is not None:
                following.aim(listener, now)
