"""What signaling_service looks at in a media worker: rooms, people and tracks in numbers."""

from __future__ import annotations

from pydantic import Field

from contracts.rpc.base import Call
from contracts.rpc.media import TrackKind
from contracts.wire import Wire

_ASKERS = frozenset({"signaling"})


class TrackStats(Wire):
    """One published track, since it came."""

    track: str
    kind: TrackKind
    codec: str
    is_muted: bool
    bitrate: int
    packets: int
    lost: int
    jitter_ms: float
    listeners: int
    layers: dict[str, int] = Field(default_factory=dict)
    """Bits a second by layer."""


class ParticipantStats(Wire):
    """One participant, as the worker sees it."""

    participant: str
    wires: dict[str, str]
    """State by wire: new, connected, failed."""
    rtt_ms: float
    loss_up: float
    loss_down: float
    budget: int
    """Bits a second that the listener's line is believed to carry."""
    forwarded: int
    quality: str
    tracks: tuple[TrackStats, ...]


class LegStats(Wire):
    """A room's way to another worker."""

    worker: str
    peer: str
    is_keyed: bool
    """Whether both ends have agreed upon keys."""
    rtt_ms: float
    loss: float
    """Of what is sent."""
    shown: int
    """Tracks of this worker that are shown to the other, and (below) of how many layers copies are
    sent, and how many packets that were.
    """
    sending: int
    sent: int
    heard: int
    """Tracks of the other one, layers that come, and packets that came."""
    receiving: int
    received: int


class RoomStats(Wire):
    """One room."""

    room: str
    participants: tuple[ParticipantStats, ...]
    legs: tuple[LegStats, ...] = ()
    """To other workers on which it is, too."""


class GetRoom(Call[RoomStats]):
    """What goes on in a room: for operators, and to compare notes."""

    service = "media"
    callers = _ASKERS

    room: str


class RoomNames(Wire):
    """Which participants are in which room."""

    worker: str
    epoch: int
    rooms: dict[str, tuple[str, ...]]


class ListRooms(Call[RoomNames]):
    """All of one worker: for reconciling after a broken link."""

    service = "media"
    callers = _ASKERS
