"""What becomes of a dump: which streams make one track of the film, and when each of their frames
is shown. It is read twice, first for the clocks. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from media_sfu.domain import dump
from media_sfu.domain.assembling import Film, Frame, Order, Piece, Voice, piece_of
from media_sfu.domain.dump import Described, Record
from media_sfu.domain.timing import STRETCH_S, Clock, Delays

Key = tuple[str, str, str, str]


def key_of(what: Described) -> Key:
    """Somebody's microphone is one track, however often they came back."""
    return (what.identity, what.source, what.kind, what.codec)


class _Stream:
    def __init__(self, what: Described) -> None:
        self.what = what
        self.key = key_of(what)
        self.order = Order()
        self.frames: Voice | Film = Voice() if what.kind == "audio" else Film(what.codec)
        self.clock = Clock(what.clock)

    def take(self, record: Record) -> Iterator[Frame]:
        piece = piece_of(record.number(), record.at, record.packet())
        return self._framed(self.order.put(piece) if piece is not None else iter(()))

    def rest(self) -> Iterator[Frame]:
        return self._framed(self.order.rest())

    def _framed(self, pieces: Iterator[Piece]) -> Iterator[Frame]:
        for piece in pieces:
            frame = self.frames.take(piece)
            if frame is not None:
                yield frame


@dataclass(slots=True)
class Survey:
    """What the first reading finds."""

    clocks: dict[int, Clock] = field(default_factory=dict)
    """By stream."""
    delays: dict[int, Mapping[int, float]] = field(default_factory=dict)
    """By stream."""
    firsts: dict[Key, Frame] = field(default_factory=dict)
    """The first whole frame of each track: a key frame, which says how it is made."""
    described: dict[Key, Described] = field(default_factory=dict)
    ends: float = 0.0


def survey(records: Iterable[Record]) -> Survey:
    """Read for the first time."""
    found = Survey()
    streams: dict[int, _Stream] = {}
    came: defaultdict[int, _Soonest] = defaultdict(_Soonest)
    for record in records:
        found.ends = max(found.ends, record.at)
        if record.kind == dump.STREAM:
            streams[record.stream] = _Stream(record.described())
            continue
        stream = streams.get(record.stream)
        if stream is None:
            continue
        if record.kind == dump.CLOCK:
            seconds, timestamp = record.moment()
            stream.clock.report(timestamp, seconds)
            continue
        for frame in stream.take(record):
            _note(found, stream, frame, came[record.stream])
    for number, stream in streams.items():
        for frame in stream.rest():
            _note(found, stream, frame, came[number])
    _settle(found, streams, came)
    return found


class _Soonest(dict[int, tuple[float, float, int]]):
    """By stretch of time: the frame that came soonest after its timestamp."""

    def note(self, at: float, stamp: int, rate: int) -> None:
        stretch, late = int(at // STRETCH_S), at - stamp / rate
        if stretch not in self or late < self[stretch][0]:
            self[stretch] = (late, at, stamp)


def _note(found: Survey, stream: _Stream, frame: Frame, came: _Soonest) -> None:
    if stream.key not in found.firsts:
        found.firsts[stream.key] = frame
        found.described[stream.key] = stream.what
    came.note(frame.at, stream.clock.unwrap(frame.timestamp), stream.what.clock)


def _settle(found: Survey, streams: dict[int, _Stream], came: Mapping[int, _Soonest]) -> None:
    measured: defaultdict[str, Delays] = defaultdict(Delays)
    for number, stream in streams.items():
        name = _clock_name(number, stream)
        for _, at, stamp in came[number].values() if number in came else ():
            measured[name].note(at, stream.clock.seconds(stamp))
    for number, stream in streams.items():
        # The second reading counts from the beginning again, with all reports known.
        first, reports = stream.clock.first, stream.clock.reports
        found.clocks[number] = Clock(stream.what.clock, newest=first, reports=reports)
        found.delays[number] = measured[_clock_name(number, stream)].settled()


def _clock_name(number: int, stream: _Stream) -> str:
    return stream.what.stay if stream.clock.reports else f"#{number}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame in its place."""

    key: Key
    at_ms: int
    is_key: bool
    data: bytes


def cut(records: Iterable[Record], found: Survey) -> Iterator[Shown]:
    """Read for the second time: all frames, nearly in the order of their moments."""
    streams: dict[int, _Stream] = {}
    last: dict[Key, int] = {}
    for record in records:
        if record.kind == dump.STREAM:
            streams[record.stream] = _Stream(record.described())
        elif record.kind == dump.PACKET and (stream := streams.get(record.stream)) is not None:
            for frame in stream.take(record):
                yield _placed(found, record.stream, stream, frame, last)
    for number, stream in streams.items():
        for frame in stream.rest():
            yield _placed(found, number, stream, frame, last)


def _placed(
    found: Survey, number: int, stream: _Stream, frame: Frame, last: dict[Key, int]
) -> Shown:
    clock, delays = found.clocks[number], found.delays[number]
    seconds = clock.seconds(clock.unwrap(frame.timestamp))
    stretch = int(frame.at // STRETCH_S)
    known = stretch if stretch in delays else max((s for s in delays if s < stretch), default=None)
    delay = delays[known] if known is not None else next(iter(delays.values()), 0.0)
    at = max(round((seconds + delay) * 1000), last.get(stream.key, -1) + 1, 0)
    last[stream.key] = at
    return Shown(stream.key, at, frame.is_key, frame.data)
