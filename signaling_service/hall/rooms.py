"""Rooms, those in them and what they publish, and what a door is told. No I/O."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from contracts.rpc.media import IceServer, LayerSpec, Manner, Source, TrackKind, TrackSpec
from contracts.rpc.media import Rights as MediaRights
from contracts.rpc.media_legs import Peer
from contracts.rpc.media_news import Rating
from signaling_service.domain.rights import EVERYTHING, Rights
from signaling_service.domain.stays import Stay


class Why(Enum):
    """Why a connection ends."""

    LEFT = "left"
    DUPLICATE = "duplicate"
    MOVED = "moved"
    REMOVED = "removed"
    CLOSED = "closed"
    STOPPING = "stopping"
    MEDIA_LOST = "media lost"
    """The worker died or let go: the client may come in anew by itself."""


@dataclass(slots=True)
class Track:
    """Something published."""

    sid: str
    cid: str
    kind: TrackKind
    source: Source
    name: str = ""
    codec: str = ""
    is_muted: bool = False
    """By the one who publishes."""
    is_silenced: bool = False
    """By the server."""
    was_heard: bool = False
    """By anybody, ever."""
    is_up: bool = False
    """Agreed upon: others get it."""
    width: int = 0
    height: int = 0
    layers: tuple[LayerSpec, ...] = ()
    stereo: bool = False
    dtx: bool = True
    red: bool = False
    """A voice with what it said just before, as its client makes it."""
    encryption: int = 0
    trailers: tuple[int, ...] = ()
    """What its client hangs on each frame, and (below) how it made the sound: told as it is."""
    features: tuple[int, ...] = ()
    codecs: tuple[tuple[str, str], ...] = ()
    """Codec and cid, in the order of the publisher's liking."""
    stream: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether nobody hears or sees it now."""
        return self.is_muted or self.is_silenced


class Door(Protocol):
    """The client's side of a connection. Nothing here waits."""

    def changed(self, guests: Sequence[Guest]) -> None:
        """These came, changed or left."""

    def offered(self, sdp: str, offer_id: int, tracks: dict[str, str]) -> None:
        """The worker offers."""

    def sections_wanted(self, audios: int, videos: int) -> None:
        """The client shall offer again, with so many more sections."""

    def came_up(self, track: Track) -> None:
        """An own track was agreed upon."""

    def went_down(self, track: Track) -> None:
        """An own track ended by itself."""

    def muted(self, track: Track) -> None:
        """An own track was muted by an operator: who publishes it may unmute it again."""

    def room_changed(self, room: Room) -> None:
        """What is said of the room is something else now."""

    def heard(self, track: Track) -> None:
        """Somebody gets an own track for the first time."""

    def speakers(self, speakers: Sequence[tuple[Guest, float, bool]]) -> None:
        """Who speaks, or ceased to."""

    def rated(self, ratings: Sequence[tuple[Guest, Rating, float]]) -> None:
        """How good connections are."""

    def layers_wanted(self, track: Track, qualities: Sequence[str]) -> None:
        """Which layers of an own track anybody wants."""

    def data(self, sender: Guest | None, payload: bytes, *, is_reliable: bool) -> None:
        """Somebody's data packet, as the worker heard it from this client."""

    def rights_changed(self) -> None:
        """This one may do something else now."""

    def connected(self) -> None:
        """Media flows."""

    def ended(self, why: Why) -> None:
        """This one is out."""


@dataclass(slots=True, eq=False)
class Guest:
    """Somebody connected."""

    sid: str
    identity: str
    door: Door
    manner: Manner
    name: str = ""
    metadata: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    worker: str = ""
    """On which media worker they sit."""
    rights: Rights = EVERYTHING
    stay: Stay | None = None
    """None: let in by an operator's token, unknown to the house."""
    joined_ms: int = 0
    is_hidden: bool = False
    may_send_data: bool = True
    subscribes_by_itself: bool = True
    is_active: bool = False
    """Whether media flows."""
    is_gone: bool = False
    version: int = 0
    tracks: dict[str, Track] = field(default_factory=dict)
    ice_servers: tuple[IceServer, ...] = ()
    spoke_ms: int = 0
    on_behalf: int = 0
    """Of somebody who is here as well: a program shows something for them."""
    stream_key: int = 0
    """The key by which it came in."""
    visit_id: int = 0
    """By which it is remembered that they were here; 0: it is not."""
    talked_ms: int = 0
    talks_since_ms: int = 0

    def talks(self, now_ms: int, *, is_on: bool) -> None:
        """They begin to speak, or cease to."""
        if self.talks_since_ms:
            self.talked_ms += max(0, now_ms - self.talks_since_ms)
        self.talks_since_ms = now_ms if is_on else 0

    def heeded(self, rights: Rights) -> Rights:
        """These rights. A client without a switch of its own (a bot on a cord) is muted and
        deafened here, as its session says of itself.
        """
        stay = self.stay
        if self.manner is not Manner.CORD or stay is None:
            return rights
        return replace(
            rights,
            may_listen=rights.may_listen and not stay.self_deaf,
            is_muted=rights.is_muted or stay.self_mute,
        )

    def media_rights(self) -> MediaRights:
        """The same for the worker, which knows sources instead of permissions."""
        may = self.rights
        allowed = {
            Source.MICROPHONE: may.may_speak,
            Source.UNKNOWN: may.may_speak and may.may_show,
            Source.CAMERA: may.may_show,
            Source.SCREEN: may.may_stream,
            Source.SCREEN_AUDIO: may.may_stream,
        }
        sources = tuple(source for source, is_allowed in allowed.items() if is_allowed)
        return MediaRights(
            may_publish=bool(sources),
            sources=() if len(sources) == len(allowed) else sources,
            may_listen=may.may_listen,
            may_send_data=self.may_send_data,
        )

    def spec(self, track: Track) -> TrackSpec:
        """A track as it is announced to the worker."""
        return TrackSpec(
            track=track.sid,
            # The form in which LiveKit's clients look for whose and which track it is.
            stream=f"{self.sid}|{track.sid}",
            cid=track.cid,
            cids=tuple(cid for _, cid in track.codecs if cid),
            kind=track.kind,
            source=track.source,
            codec=track.codec,
            layers=track.layers,
            is_muted=track.is_muted,
            uses_dtx=track.dtx,
            uses_red=track.red,
            is_stereo=track.stereo,
            encryption=str(track.encryption or ""),
        )


@dataclass(slots=True, eq=False)
class Room:
    """A room, and the worker on which it is at home: who comes is seated there as long as there is
    room, and it is recorded there.
    """

    name: str
    sid: str
    worker: str
    created_ms: int
    capacity: int = 0
    metadata: str = ""
    empty_s: int = 0
    """For how long it waits for the first guest, and (below) for the next after the last one; a
    room that nobody created waits for nobody.
    """
    departure_s: int = 0
    kept_until_ms: int = 0
    recording: int = 0
    """The one that is made of it; 0: none."""
    guests: dict[str, Guest] = field(default_factory=dict)
    told: tuple[Peer, ...] | None = ()
    """The workers that were told of each other, if there are several; None: not all know."""
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)

    def workers(self) -> set[str]:
        """All on which somebody sits, or the room is recorded."""
        on = {one.worker for one in self.guests.values()}
        return on | {self.worker} if self.recording else on

    def settle(self) -> None:
        """When nobody is at home any more, home is where most are. A recording stays with it. A
        worker that the last one left has forgotten the others.
        """
        people = Counter(one.worker for one in self.guests.values())
        if any(peer.worker not in people for peer in self.told or ()):
            self.told = None
        if people and not self.recording and self.worker not in people:
            self.worker = people.most_common(1)[0][0]

    @property
    def channel_id(self) -> int | None:
        """The channel that is spoken here, if it is one."""
        return next((g.stay.channel_id for g in self.guests.values() if g.stay is not None), None)

    def by_identity(self, identity: str) -> Guest | None:
        """Somebody by who they are."""
        return next((one for one in self.guests.values() if one.identity == identity), None)

    def companions(self, user_id: int) -> list[Guest]:
        """Programs that show something for somebody."""
        return [one for one in self.guests.values() if one.on_behalf == user_id]

    def seen_by(self, guest: Guest) -> list[Guest]:
        """The others."""
        return [one for one in self.guests.values() if one is not guest and not one.is_hidden]

    def doors(self, *, but: Guest | None = None) -> Iterator[Door]:
        """Everybody's, or everybody else's."""
        return (one.door for one in tuple(self.guests.values()) if one is not but)

    def tracks(self) -> Iterator[tuple[Guest, Track]]:
        """All that is published."""
        return ((one, track) for one in self.guests.values() for track in one.tracks.values())
