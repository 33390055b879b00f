"""Sections in which a listener gets tracks: which track in which, and when a new description is
needed. The same book serves offers of ours (two wires) and of the client (one wire).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from media_sfu.domain.codecs import OUR_EXTENSIONS, OUR_RED, OURS, Codec
from media_sfu.domain.describing import Sending
from media_sfu.tracks import DownTrack


@dataclass(slots=True)
class Place:
    """One section."""

    mid: str
    kind: str
    down: DownTrack | None = None
    carried: set[str] = field(default_factory=set)
    """Tracks it ever had: some clients announce a track of a section only once."""
    codecs: dict[str, Codec] | None = None
    """What the client takes here, where it offered; None: what we offer is ours to choose."""
    extensions: dict[str, int] = field(default_factory=dict)
    red: int = OUR_RED
    """Payload type of Opus with what was before it; 0: the client does not take it here."""
    is_open: bool = True
    """The client receives here."""

    def takes(self, down: DownTrack) -> bool:
        """Whether this track can be sent here."""
        source = down.source
        return (
            self.is_open
            and self.down is None
            and self.kind == source.spec.kind
            and source.name not in self.carried
            and (self.codecs is None or source.codec.name in self.codecs)
        )

    def put(self, down: DownTrack) -> None:
        """Send it here."""
        self.down, down.mid = down, self.mid
        self.carried.add(down.source.name)
        codec = (self.codecs or OURS)[down.source.codec.name]
        down.pt = codec.pt
        down.agree(self.extensions)
        down.red = self.red if self.codecs is not None and _may_double(down) else 0
        down.double()

    def sending(self) -> Sending | None:
        """For the description."""
        down = self.down
        if down is None:
            return None
        spec = down.source.spec
        codec = (self.codecs or OURS)[down.source.codec.name]
        ours = OUR_EXTENSIONS if self.kind == "video" else {}
        extensions = ours if self.codecs is None else self.extensions
        stream = spec.stream or down.source.owner
        return Sending(
            stream,
            spec.track,
            down.ssrc,
            stream,
            codec,
            extensions,
            is_stereo=spec.is_stereo,
            red=self.red if _may_double(down) else 0,
        )


def _may_double(down: DownTrack) -> bool:
    """Of what is encrypted from end to end only the sender can put two into one."""
    return down.source.codec.name == "opus" and not down.source.spec.encryption


class Places:
    """All sections of one listener."""

    def __init__(self) -> None:
        self.all: dict[str, Place] = {}
        self.offer_id = 0
        self.is_offered = False
        """An offer of ours waits for its answer."""
        self.is_stale = False
        """What was described last is not what shall be."""
        self._made = 0

    def add(self, down: DownTrack, *, may_grow: bool) -> bool:
        """Find a section for a track; whether there is one."""
        self.is_stale = True
        place = next((each for each in self.all.values() if each.takes(down)), None)
        if place is None and may_grow:
            self._made += 1
            mid = str(self._made)
            place = self.all[mid] = Place(mid, str(down.source.spec.kind))
        if place is None:
            return False
        place.put(down)
        return True

    def remove(self, down: DownTrack) -> None:
        """A track is no longer sent."""
        place = self.all.get(down.mid)
        if place is not None and place.down is down:
            place.down = None
            self.is_stale = True
        down.mid = ""

    def by_mid(self) -> dict[str, str]:
        """Track by section."""
        return {
            mid: place.down.source.name for mid, place in self.all.items() if place.down is not None
        }
