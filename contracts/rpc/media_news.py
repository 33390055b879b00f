"""What a media worker tells signaling_service: what its asks in media.py led to, and what happened
by itself.

Everything is told over the worker's own link, in the order in which it happened. Nothing is kept
for a link that is down: when it comes up, `WorkerHere` is said first, and signaling compares notes
(`media.ListRooms`). Which worker speaks is known from the link: its instance is the worker's name.
"""

from __future__ import annotations

from enum import StrEnum

from contracts.rpc.base import Cast
from contracts.rpc.media import End, TrackKind
from contracts.wire import Wire

_TELLERS = frozenset({"media"})


class WorkerHere(Cast):
    """A worker is here and takes rooms. Said on every new link and every second; a worker that
    was not heard for `lease_s` is dead, and its rooms with it.
    """

    service = "signaling"
    callers = _TELLERS

    worker: str
    epoch: int
    """When it was started, in milliseconds: another one means that all its rooms are gone."""
    address: str
    """host:port for asks."""
    media_addresses: tuple[str, ...]
    """host:port of its candidates, for operators."""
    lease_s: float
    is_draining: bool
    rooms: int
    participants: int
    packets_per_second: int
    """Forwarded, of late."""
    busy: float
    """Share of its core, 0 to 1."""
    relay: str = ""
    """host:port at which it takes media of other workers; empty: of none."""


class WireState(StrEnum):
    """What a wire is."""

    CONNECTED = "connected"
    LOST = "lost"
    """No consent any more; an ICE restart may bring it back within `MEDIA_LOST_SECONDS`."""
    FAILED = "failed"
    """Over; also for a handshake that never ended."""


class WireChanged(Cast):
    """A wire came, faltered, or came back."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    end: End
    state: WireState


class Offered(Cast):
    """The worker offers on the `down` wire; `media.Answer` with this id is awaited."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    offer_id: int
    sdp: str
    tracks: dict[str, str]
    """Track by mid."""


class SectionsWanted(Cast):
    """On one wire: the client shall add so many receiving sections and offer again. Zeros: just
    offer again.
    """

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    audios: int
    videos: int


class TrackUp(Cast):
    """An announced track was agreed upon: its section is there, listeners will get it."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    track: str
    kind: TrackKind
    mid: str
    codec: str
    """opus, vp8, h264."""


class TrackDown(Cast):
    """A track ended by itself: its section went inactive, or its publisher is lost."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    track: str


class TrackHeard(Cast):
    """Somebody gets this track for the first time."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    track: str
    listener: str


class Speaker(Wire):
    """How loud somebody is."""

    participant: str
    track: str
    level: float
    """0 to 1."""
    is_active: bool


class SpeakersHeard(Cast):
    """Who began or ended to speak, and whose level changed much: changes only."""

    service = "signaling"
    callers = _TELLERS

    room: str
    speakers: tuple[Speaker, ...]


class Rating(StrEnum):
    """How good a connection is."""

    EXCELLENT = "excellent"
    GOOD = "good"
    POOR = "poor"
    LOST = "lost"


class Rated(Wire):
    """One participant's connection."""

    participant: str
    rating: Rating
    score: float
    """0 to 1."""


class QualityRated(Cast):
    """Connections whose rating changed."""

    service = "signaling"
    callers = _TELLERS

    room: str
    ratings: tuple[Rated, ...]


class LayersWanted(Cast):
    """Which layers of a video anybody wants: the publisher may switch off the others."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    track: str
    qualities: tuple[str, ...]


class DataHeard(Cast):
    """A data packet of a participant opened with `DataManner.ASKER`."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    payload: str
    """base64."""
    is_reliable: bool


class LossReason(StrEnum):
    """Why a participant is gone."""

    NEVER_CONNECTED = "never_connected"
    TIMED_OUT = "timed_out"
    HUNG_UP = "hung_up"
    """Closed by the client's DTLS."""
    DRAINED = "drained"
    """The worker ends; a new Open elsewhere is needed."""


class ParticipantLost(Cast):
    """The worker let go of a participant by itself: its wires and tracks are gone."""

    service = "signaling"
    callers = _TELLERS

    room: str
    participant: str
    reason: LossReason


class RecordingEnd(StrEnum):
    """Why a recording ended."""

    STOPPED = "stopped"
    EMPTY = "empty"
    """Everybody left."""
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    DISK = "disk"
    """The worker's disk is full or does not keep up."""
    CUT_OFF = "cut_off"
    """The worker died; what was written until then is there."""


class RecordingEnded(Cast):
    """Nothing is written down any more."""

    service = "signaling"
    callers = _TELLERS

    room: str
    recording: int
    reason: RecordingEnd
