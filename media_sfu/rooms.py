"""Who is in which room, with what; the memory that actions change. No socket and no description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from contracts.errors import ErrorCode, NotFound
from contracts.rpc.media import DataManner, LayerWish, Manner, Rights, Source, TrackSpec
from contracts.rpc.media_news import Rating
from media_sfu.channels import Channels
from media_sfu.cords import Cord
from media_sfu.domain.allocation import Budget
from media_sfu.domain.intake import Rate
from media_sfu.places import Places
from media_sfu.tracks import DownTrack, UpTrack
from media_sfu.wire import Wire

if TYPE_CHECKING:
    from media_sfu.legs import Leg


@dataclass(slots=True, eq=False)
class Participant:
    """One stay in a room."""

    room: Room
    name: str
    manner: Manner
    rights: Rights = field(default_factory=Rights)
    subscribes_by_itself: bool = True
    is_hidden: bool = False
    identity: str = ""
    """Whose stay it is, and (below) under which name they are shown: told, never looked at."""
    label: str = ""
    data: DataManner = DataManner.ASKER
    up: Wire | None = None
    down: Wire | None = None
    """The same as `up` with one wire."""
    cord: Cord | None = None
    """Instead of wires."""
    announced: dict[str, TrackSpec] = field(default_factory=dict)
    published: dict[str, UpTrack] = field(default_factory=dict)
    downs: dict[str, DownTrack] = field(default_factory=dict)
    """By track: what this one listens to."""
    places: Places = field(default_factory=Places)
    wanted: dict[str, bool] = field(default_factory=dict)
    """Asked for, or asked to be spared; other tracks follow `subscribes_by_itself`."""
    wishes: dict[str, LayerWish] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    rating: Rating | None = None
    since: float = 0.0
    was_connected: bool = False
    answers: int = 0
    is_refreshing: bool = False
    sent: Rate = field(default_factory=Rate)
    channels: Channels = field(default_factory=Channels)

    def wires(self) -> list[Wire]:
        """Each once."""
        found = [wire for wire in (self.up, self.down) if wire is not None]
        return found[:1] if len(found) == 2 and found[0] is found[1] else found

    def hears(self, track: UpTrack) -> bool:
        """Whether this track shall be sent here."""
        if track.owner == self.name or not self.rights.may_listen:
            return False
        return self.wanted.get(track.name, self.subscribes_by_itself)

    def sent_bits(self, now: float) -> int:
        """Bits a second that were sent to this one since the last time."""
        octets = sum(down.sent.octets for down in self.downs.values())
        self.sent.octets = max(octets, self.sent.octets)
        return self.sent.measure(now)

    def may_publish(self, source: Source) -> bool:
        """Whether the rights cover it."""
        return self.rights.may_publish and (
            not self.rights.sources or source in self.rights.sources
        )


class Watcher(Protocol):
    """Somebody inside this process who follows a room (`Room.watchers`) without taking part. Those
    who want packets of a track put an ear to it.
    """

    def appeared(self, one: Participant, track: UpTrack) -> None:
        """A track is there."""

    def ended(self, track: UpTrack) -> None:
        """A track is gone."""

    def closed(self) -> None:
        """The last one left."""


@dataclass(slots=True, eq=False)
class Room:
    """Everybody in it, and what they publish."""

    name: str
    participants: dict[str, Participant] = field(default_factory=dict)
    tracks: dict[str, UpTrack] = field(default_factory=dict)
    speaking: dict[str, float] = field(default_factory=dict)
    """Volume by participant, as it was told last."""
    watchers: list[Watcher] = field(default_factory=list)
    legs: dict[str, Leg] = field(default_factory=dict)
    """To other workers on which this room is, by their names."""

    @property
    def is_needed(self) -> bool:
        """Somebody is here; or elsewhere, and is recorded here."""
        return bool(self.participants) or 0 < len(self.legs) < len(self.watchers)

    def publishers(self) -> Iterator[Participant]:
        """Whoever may be heard here, on whichever worker they sit."""
        yield from self.participants.values()
        for leg in self.legs.values():
            yield from leg.people.values()

    def participant(self, name: str) -> Participant:
        """The one of this name, or NotFound."""
        found = self.participants.get(name)
        if found is None:
            raise NotFound(ErrorCode.UNKNOWN_USER)
        return found


class Rooms:
    """All rooms of a worker."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __iter__(self) -> Iterator[Room]:
        return iter(tuple(self._rooms.values()))

    def __len__(self) -> int:
        return len(self._rooms)

    def room(self, name: str) -> Room:
        """The one of this name, or NotFound."""
        found = self._rooms.get(name)
        if found is None:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        return found

    def find(self, name: str) -> Room | None:
        """The one of this name, if there is one."""
        return self._rooms.get(name)

    def opened(self, name: str) -> Room:
        """The one of this name, made if need be."""
        return self._rooms.setdefault(name, Room(name))

    def forget(self, name: str) -> None:
        """Nobody is in it any more."""
        room = self._rooms.pop(name, None)
        for watcher in tuple(room.watchers) if room is not None else ():
            watcher.closed()

    def seat(self, room: str, participant: str) -> Participant:
        """A participant, or NotFound."""
        return self.room(room).participant(participant)

    @property
    def people(self) -> int:
        """Participants in all rooms."""
        return sum(len(room.participants) for room in self)
