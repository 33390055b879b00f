"""How a room lives on several media workers: what signaling_service asks of each, and what the
workers tell each other.

Everybody in a room sits on one worker and publishes there. Between every two workers of a room is a
*leg*: each sends the other those layers of its own tracks that somebody there listens to, once,
whoever many listen. What came over a leg is passed to no third worker. A leg is a stretch of SRTP
between the UDP ports of the two, with keys that both make out of the secret of their pair and a
nonce of each: no key is ever sent.

What is told over a leg's calls is the whole state, again and again: a word that is lost is said
again within a second, and of what is not said any more nothing is left after `LEASE_S`.
"""

from __future__ import annotations

from pydantic import Field

from contracts.rpc.base import Call, Done
from contracts.rpc.media import ASKERS, TrackSpec
from contracts.wire import Wire

LEASE_S = 5.0
"""A leg on which nothing was said for so long is gone."""
WORKERS_MOST = 16
"""Of one room."""
TRACKS_MOST = 1_000
"""That one worker shows another of one room."""
_NAME = 128


class Peer(Wire):
    """Another worker of a room."""

    worker: str = Field(max_length=_NAME)
    address: str
    """host:port for calls."""
    relay: str
    """host:port at which it takes media from workers."""
    epoch: int
    """Another one than before: it began anew, and so does every leg to it."""


class SpanRoom(Call[Done]):
    """The room is on these workers, too, and on no others: legs are laid and taken away. NotFound
    while nobody of the room is on this one.
    """

    service = "media"
    callers = ASKERS

    room: str
    workers: tuple[Peer, ...] = Field(max_length=WORKERS_MOST)


class FarTrack(Wire):
    """A track of the worker that tells."""

    participant: str
    identity: str
    name: str
    spec: TrackSpec
    codec: str
    rids: tuple[str, ...]
    streams: tuple[int, ...]
    """The SSRC of each layer on this leg, in the order of `rids`; one without simulcast."""


class LegHeard(Wire):
    """What the other end has."""

    nonce: str
    version: int
    """Of the tracks; another one than told: they are to be told again."""


class TellLeg(Call[LegHeard]):
    """How things are at this end of a leg. NotFound while the other end has not been laid."""

    service = "media"
    callers = frozenset({"media"})

    room: str
    worker: str = Field(max_length=_NAME)
    """Who tells."""
    nonce: str = Field(min_length=32, max_length=64)
    """Of this end: another one than before is another leg."""
    own: int
    """The SSRC under which this end gives feedback."""
    version: int
    tracks: tuple[FarTrack, ...] | None = Field(None, max_length=TRACKS_MOST)
    """None: those that were told with this version."""
    flows: dict[int, int] = Field(default_factory=dict, max_length=4 * TRACKS_MOST)
    """Bits a second of each stream that could be sent: of layers that flow here."""
    wants: tuple[int, ...] = Field((), max_length=4 * TRACKS_MOST)
    """Streams of the other end that somebody listens to here."""
    useful: dict[str, int] = Field(default_factory=dict, max_length=TRACKS_MOST)
    """The highest layer of use to anybody here, of each video of the other end; -1: none."""
    is_over: bool = False
    """This end is gone."""
