"""Listens to one room and writes down what comes: of each voice everything, of each picture the
best layer, from a key frame on.
"""

from __future__ import annotations

from collections.abc import Callable

from contracts.rpc.media_news import RecordingEnd
from media_sfu.domain import dump
from media_sfu.domain.dump import Described
from media_sfu.domain.intake import Kept
from media_sfu.recording.writer import Writer
from media_sfu.rooms import Participant, Room
from media_sfu.tracks import UpLayer, UpTrack

STREAMS_MOST = 10_000


class Recorder:
    """A watcher of a room, and an ear at its tracks."""

    def __init__(
        self,
        room: Room,
        writer: Writer,
        began: float,
        ended: Callable[[RecordingEnd], None],
    ) -> None:
        self.room = room
        self.left_out: set[str] = set()
        """Who was there encrypted."""
        self._writer = writer
        self._began = began
        self._ended = ended
        self._numbers: dict[UpLayer, int] = {}
        self._reported: dict[UpLayer, int] = {}
        self._whose: dict[UpTrack, Participant] = {}
        self._chosen: dict[UpTrack, UpLayer] = {}
        self._wanted: dict[UpTrack, UpLayer] = {}

    def begin(self) -> None:
        """Listen, to whoever is there and whoever comes."""
        self.room.watchers.append(self)
        for one in self.room.publishers():
            for track in one.published.values():
                self.appeared(one, track)

    def end(self) -> None:
        """Listen no longer."""
        if self in self.room.watchers:
            self.room.watchers.remove(self)
        for track in tuple(self._whose):
            self.ended(track)
        # What is kept for repeats goes with the layers: nothing here holds on to them.
        self._numbers.clear()
        self._reported.clear()

    def appeared(self, one: Participant, track: UpTrack) -> None:
        """A track is there."""
        if track.spec.encryption:
            self.left_out.add(one.identity)
            return
        self._whose[track] = one
        track.ears.append(self)

    def ended(self, track: UpTrack) -> None:
        """A track is gone."""
        if self._whose.pop(track, None) is not None:
            track.ears.remove(self)
        self._chosen.pop(track, None)
        self._wanted.pop(track, None)

    def closed(self) -> None:
        """The last one left."""
        self._ended(RecordingEnd.EMPTY)

    def look(self, now: float) -> None:
        """By the clock: the best layer of each picture, from its next key frame on."""
        for track in self._whose:
            ranked = track.ranked(now)
            if track.spec.kind == "audio" or not ranked:
                continue
            best = self._wanted[track] = ranked[-1]
            if self._chosen.get(track) is not best and not track.is_silent:
                best.key_wanted(now)

    def came(self, layer: UpLayer, kept: Kept, *, is_key: bool) -> None:
        """A packet."""
        track = layer.track
        if layer.is_video and self._chosen.get(track) is not layer:
            if not is_key or self._wanted.get(track, layer) is not layer:
                return
            self._chosen[track] = layer
        number = self._numbers.get(layer)
        if number is None:
            number = self._opened(layer, kept.at)
        at = kept.at - self._began
        sender = layer.sender
        if sender is not None and sender[0].ntp and self._reported.get(layer) != sender[0].ntp:
            self._reported[layer] = sender[0].ntp
            self._writer.put(dump.clock(number, at, sender[0].ntp, sender[0].timestamp))
        self._writer.put(dump.packet(number, at, kept.number, kept.packet))

    def _opened(self, layer: UpLayer, now: float) -> int:
        number = self._numbers[layer] = len(self._numbers) + 1
        if number >= STREAMS_MOST:
            self._ended(RecordingEnd.TOO_LARGE)
        spec, one = layer.track.spec, self._whose[layer.track]
        what = Described(
            track=spec.track,
            stay=one.name,
            identity=one.identity,
            name=one.label,
            source=str(spec.source),
            kind=str(spec.kind),
            codec=layer.track.codec.name,
            clock=layer.track.codec.clock,
        )
        self._writer.put(dump.stream(number, now - self._began, what))
        return number
