"""A recording as a worker writes it down while people speak: records one after another, each with
its length before it, so that whatever a crash cuts off is the last one only. Pure.

    kind (1), stream (2), at (8, seconds since the beginning), size (2), body

A stream is one layer of one track. `STREAM` opens it (JSON: whose, and what), `PACKET` is a bare
RTP packet behind its whole number, `CLOCK` what a sender report says: which moment of the sender's
clock (32.32 seconds) a timestamp stands for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from struct import Struct, error
from typing import NamedTuple, Protocol

import orjson

STREAM, PACKET, CLOCK = 1, 2, 3
HEAD = Struct("!BHdH")
NUMBER = Struct("!Q")
MOMENT = Struct("!QI")
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Described:
    """What a stream is."""

    track: str
    stay: str
    """The connection that it came over: its streams have one clock."""
    identity: str
    """Opaque: whose it is."""
    name: str
    """Under which they were shown."""
    source: str
    kind: str
    codec: str
    clock: int


class Record(NamedTuple):
    """One of them."""

    kind: int
    stream: int
    at: float
    body: bytes

    def described(self) -> Described:
        """Of a `STREAM`."""
        return Described(**orjson.loads(self.body))

    def number(self) -> int:
        """Of a `PACKET`: the number without wrapping."""
        return int(NUMBER.unpack_from(self.body)[0])

    def packet(self) -> bytes:
        """Of a `PACKET`."""
        return self.body[NUMBER.size :]

    def moment(self) -> tuple[float, int]:
        """Of a `CLOCK`: seconds of the sender's clock, and the timestamp."""
        ntp, timestamp = MOMENT.unpack(self.body)
        return ntp / (1 << 32), timestamp


def stream(number: int, at: float, what: Described) -> bytes:
    """A stream begins."""
    body = orjson.dumps(asdict(what))
    return HEAD.pack(STREAM, number, at, len(body)) + body


def packet(number: int, at: float, extended: int, data: bytes) -> bytes:
    """A packet came."""
    size = NUMBER.size + len(data)
    return HEAD.pack(PACKET, number, at, size) + NUMBER.pack(extended) + data


def clock(number: int, at: float, ntp: int, timestamp: int) -> bytes:
    """A sender report came."""
    return HEAD.pack(CLOCK, number, at, MOMENT.size) + MOMENT.pack(ntp, timestamp)


class Source(Protocol):
    """Where bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many; none at the end."""


def records(source: Source) -> Iterator[Record]:
    """All that are whole."""
    data, at = b"", 0
    while more := source.read(_READ):
        data, at = data[at:] + more, 0
        while True:
            try:
                kind, stream_, moment, size = HEAD.unpack_from(data, at)
            except error:
                break
            begin = at + HEAD.size
            if begin + size > len(data):
                break
            at = begin + size
            yield Record(kind, stream_, moment, data[begin:at])
