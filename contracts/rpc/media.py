"""What signaling_service asks of a media worker. What a worker tells back is in media_news.py.

A worker is one process of media_sfu with one UDP port. A room lives on one worker; signaling places
it (`ask_at` the address that the worker registered with) and holds who may be in it. The worker
knows no user, channel or client protocol: rooms, participants and tracks are named by signaling,
every name is opaque text.

**Wires.** A participant has one or two WebRTC connections, here called wires:

- two wires (`Manner.TWO`): on `up` the client offers and publishes; on `down` the worker offers and
  the client listens. The worker makes the first `down` offer by itself, as soon as the participant
  is opened, and a new one whenever there is something new to hear (`media_news.Offered`). One offer
  is on its way at a time; signaling passes each on and returns the answer with the same `offer_id`.
- one wire (`Manner.ONE`, always called `up`): the client always offers, for both directions. When
  the worker has more to send than the client has receiving sections for, it tells
  `media_news.SectionsWanted`; the client adds so many and offers again. What is sent in which
  section stands in `Answered.tracks`.

Offers, answers and candidates are plain SDP. The worker's own candidates stand in its SDP, all of
them; none trickles. A client's candidates come by `AddCandidate` and may overtake the offer.

**Tracks.** `Publish` announces, then the client's offer carries it: a section is matched by the
`cid` (the second word of its msid, or a further one of `cids`), else it is the only announced track
of that kind. Who publishes without announcing is not forwarded.

Asking twice does no harm, but for `SendData`. An unknown room or participant is NotFound
(UNKNOWN_CHANNEL, UNKNOWN_USER): the worker died in between, or let the participant go; a new Open
is needed.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from contracts.rpc.base import Call, Done
from contracts.wire import Wire

ASKERS = frozenset({"signaling"})

SDP_MOST = 128 << 10
DATA_MOST = 64 << 10
"""Bytes of one data packet, before base64."""


class Manner(StrEnum):
    """How many wires a participant has."""

    ONE = "one"
    TWO = "two"
    CORD = "cord"
    """None, but a cord: media_cords.py."""


class End(StrEnum):
    """Which wire of a participant."""

    UP = "up"
    DOWN = "down"


class TrackKind(StrEnum):
    """What is sent."""

    AUDIO = "audio"
    VIDEO = "video"


class Source(StrEnum):
    """What a track shows. The worker only uses it to decide what matters more."""

    UNKNOWN = "unknown"
    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"
    SCREEN_AUDIO = "screen_audio"


class Quality(StrEnum):
    """A layer of a video, by name and never by position."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class DataManner(StrEnum):
    """What becomes of data packets that participants send."""

    ROOM = "room"
    """The worker hands each to everybody else who sits there, as it is."""
    ASKER = "asker"
    """Told to signaling (`media_news.DataHeard`), which decides who gets what (`SendData`)."""


class Rights(Wire):
    """What the worker lets pass. Who may have which is decided by signaling."""

    may_publish: bool = True
    sources: tuple[Source, ...] = ()
    """Only these; empty: all."""
    may_listen: bool = True
    """False also deafens: nothing is forwarded to this participant."""
    may_send_data: bool = True


class IceServer(Wire):
    """Where a client finds help through its router, with credentials that end."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


class Opened(Wire):
    """The participant can connect."""

    worker: str
    epoch: int
    """Another one than before: the worker has forgotten everything since."""
    recording: int = 0
    """The one that is being made of the room; 0: none."""
    ice_servers: tuple[IceServer, ...] = ()


class OpenParticipant(Call[Opened]):
    """Let a participant into a room, making the room if it is new. Opened again with other rights,
    only those change; opened again as `is_anew`, the earlier wires of this name are gone.
    """

    service = "media"
    callers = ASKERS
    deadline = 3.0

    room: str = Field(max_length=128)
    participant: str = Field(max_length=128)
    """This stay: unique in the room, also over two stays of the same person."""
    manner: Manner = Manner.TWO
    rights: Rights = Rights()
    subscribes_by_itself: bool = True
    """Hears every track without asking."""
    is_hidden: bool = False
    """Takes part in nothing that is told: no speaker, no quality."""
    identity: str = Field("", max_length=128)
    """Whose stay it is, and (below) under which name: opaque, written into recordings."""
    name: str = Field("", max_length=256)
    data: DataManner = DataManner.ASKER
    is_anew: bool = False


class SetRights(Call[Done]):
    """Change what passes, at once."""

    service = "media"
    callers = ASKERS

    room: str
    participant: str
    rights: Rights


class LeaveRoom(Call[Done]):
    """Let go of a participant and all its wires and tracks. Nothing is told back about it; others
    hear `TrackDown`. The last one closes the room.
    """

    service = "media"
    callers = ASKERS

    room: str
    participant: str


class CloseRoom(Call[Done]):
    """Let go of everybody in a room."""

    service = "media"
    callers = ASKERS

    room: str


class Answered(Wire):
    """The answer to a client's offer."""

    sdp: str
    offer_id: int = 0
    tracks: dict[str, str] = Field(default_factory=dict)
    """Track by mid: of what the worker sends in which section, and of what it takes."""


class Offer(Call[Answered]):
    """A client offers. Other ICE credentials than before restart ICE; DTLS and tracks live on.
    What cannot be understood is refused (Invalid), and what was agreed before goes on.
    """

    service = "media"
    callers = ASKERS
    deadline = 5.0

    room: str
    participant: str
    sdp: str = Field(max_length=SDP_MOST)
    offer_id: int = 0
    end: End = End.UP


class Answer(Call[Done]):
    """A client answers the worker's offer of this id (0: the one that is open); an older one is
    ignored.
    """

    service = "media"
    callers = ASKERS
    deadline = 5.0

    room: str
    participant: str
    sdp: str = Field(max_length=SDP_MOST)
    offer_id: int = 0


class AddCandidate(Call[Done]):
    """A candidate of the client, as browsers write it; what is of no use (TCP, .local, IPv6 where
    there is none) is ignored.
    """

    service = "media"
    callers = ASKERS

    room: str
    participant: str
    end: End = End.UP
    candidate: str = Field(max_length=1024)
    """`candidate:…`; empty: there are no more."""
    mid: str | None = None
    line: int | None = None


class RestartIce(Call[Done]):
    """The client is back on another network: make a new `down` offer with fresh credentials. On
    `up` the client restarts by its own offer.
    """

    service = "media"
    callers = ASKERS

    room: str
    participant: str


class LayerSpec(Wire):
    """One encoding of a video, as the publisher announced it."""

    quality: Quality
    width: int = 0
    height: int = 0
    bitrate: int = 0
    rid: str = ""
    """Empty: q, h, f by quality."""


class TrackSpec(Wire):
    """What somebody is about to publish."""

    track: str = Field(max_length=128)
    """Its name in the room, and the second word of its msid to listeners."""
    stream: str = Field("", max_length=256)
    """The first word of its msid to listeners; empty: the participant."""
    cid: str = Field("", max_length=256)
    """The track id of the publishing client."""
    cids: tuple[str, ...] = ()
    """Further ones under which the same may come."""
    kind: TrackKind
    source: Source = Source.UNKNOWN
    codec: str = ""
    """opus, vp8, h264: the one the client wants most; the answer lists it first."""
    layers: tuple[LayerSpec, ...] = ()
    is_muted: bool = False
    uses_dtx: bool = True
    uses_red: bool = False
    """Opus is sent with what was before it (RFC 2198), where the client's offer has that."""
    is_stereo: bool = False
    encryption: str = ""
    """Opaque; told with the track. The worker looks into no frame that is encrypted."""


class Publish(Call[Done]):
    """Announce a track. Refused with Forbidden when the rights do not cover it."""

    service = "media"
    callers = ASKERS

    room: str
    participant: str
    track: TrackSpec


class Unpublish(Call[Done]):
    """A track ends, now. A client that only stops sending its section needs no call."""

    service = "media"
    callers = ASKERS

    room: str
    participant: str
    track: str


class Muter(StrEnum):
    """Who mutes; a track is heard when neither does."""

    SELF = "self"
    SERVER = "server"


class MuteTrack(Call[Done]):
    """Stop or go on forwarding a track."""

    service = "media"
    callers = ASKERS

    room: str
    participant: str
    track: str
    is_muted: bool
    by: Muter = Muter.SELF


class Subscribe(Call[Done]):
    """Hear these tracks, or no longer. Tracks that are not there yet are remembered."""

    service = "media"
    callers = ASKERS

    room: str
    participant: str
    tracks: tuple[str, ...] = Field(max_length=1000)
    is_wanted: bool = True


class LayerWish(Wire):
    """How one listener wants one video. Without any, the best that its line carries."""

    track: str
    is_paused: bool = False
    quality: Quality | None = None
    """At most this one."""
    width: int = 0
    height: int = 0
    """At most the smallest layer that fills this, when given."""
    fps: int = 0
    priority: int = 0
    """Higher ones get bandwidth first."""


class WishLayers(Call[Done]):
    """What a listener's screen has room for."""

    service = "media"
    callers = ASKERS

    room: str
    participant: str
    wishes: tuple[LayerWish, ...] = Field(max_length=1000)


class SendData(Call[Done]):
    """Hand bytes to participants over their data channels. A lossy packet that does not fit is
    dropped; of a reliable one, only those who cannot be reached go without.
    """

    service = "media"
    callers = ASKERS
    idempotent = False

    room: str
    payload: str = Field(max_length=DATA_MOST * 4 // 3 + 4)
    """base64."""
    is_reliable: bool = True
    to: tuple[str, ...] | None = None
    """None: everybody but `sender`."""
    sender: str = ""


class Drain(Call[Done]):
    """Take no new rooms (existing ones live on), or take them again."""

    service = "media"
    callers = ASKERS

    is_draining: bool = True
