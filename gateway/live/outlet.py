"""The way out to one transport: straight while the reader keeps up, a bounded queue while it does
not, nothing while it is held. What is written is bytes already.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from asyncio import WriteTransport
from collections import deque
from collections.abc import Callable
from typing import ClassVar, Protocol

from contracts import limits
from gateway.live.codec import ZstdContext
from gateway.live.frames import BINARY, frame

HIGH_WATER = 0
"""Of a transport: it tells of the first byte that has to wait, so nothing waits in it unknown."""
NO_WAY = -1


class Sink(Protocol):
    """Whatever takes what `Frames.of` gives for its encoding."""

    @property
    def way(self) -> int:
        """The socket to write to at once, until `Outlet.turns` says otherwise; or NO_WAY."""

    def write(self, data: bytes, /) -> None:
        """Take it."""


class Door(Protocol):
    """Where bytes go just now: the transport itself, while nothing is in the way."""

    def write(self, data: bytes, /) -> None:
        """Take them."""


class _Nowhere:
    def write(self, data: bytes, /) -> None:
        del data


NOWHERE: Door = _Nowhere()
"""Where frames go that nobody needs."""


class _Queue:
    """Where events wait for a slow reader, up to what it may cost."""

    __slots__ = ("_cut", "_octets", "_waiting")

    def __init__(self, cut: Callable[[], None]) -> None:
        self._waiting: deque[bytes] = deque()
        self._octets = 0
        self._cut = cut

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def write(self, data: bytes, /) -> None:
        """An event; one too many, and the reader is cut."""
        self.add(data)
        if (
            len(self._waiting) > limits.SESSION_QUEUE_EVENTS
            or self._octets > limits.SESSION_QUEUE_BYTES
        ):
            self._cut()

    def add(self, data: bytes) -> None:
        """What must not be lost."""
        self._waiting.append(data)
        self._octets += len(data)

    def joined(self) -> bytes:
        """Everything."""
        return b"".join(self._waiting)


class Outlet:
    """`way` is the socket itself for as long as nothing is in the way, and `door` the transport: a
    walk over a thousand sessions touches none of their objects. Who keeps ways looks at `turns`
    before each walk.

    A socket may be written to behind its transport's back only while the transport holds nothing
    back and has not let it go: pause() and shut() have to come before either, and in asyncio they
    do, as a socket is closed after connection_lost().
    """

    __slots__ = ("_corked", "_held", "_queue", "_socket", "_transport", "door")

    turns: ClassVar[int] = 0
    """How often the door of any outlet has changed."""

    def __init__(self, transport: WriteTransport) -> None:
        self._transport: WriteTransport | None = transport
        self._socket = _socket_of(transport)
        self._queue: _Queue | None = None
        self._corked: list[bytes] | None = None
        self._held = False
        self.door: Door = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)
        if transport.get_write_buffer_size():
            self.pause()

    @property
    def way(self) -> int:
        """The socket, while the transport would do nothing but write to it."""
        return self._socket if self.door is self._transport else NO_WAY

    @property
    def stalled(self) -> bool:
        """The transport's buffer is full: somebody must watch the write deadline."""
        return self._queue is not None

    @property
    def is_held(self) -> bool:
        """Whether events are being let fall, to be made good by what is pushed."""
        return self._held

    def write(self, data: bytes, /) -> None:
        """Say an event, by whatever door is open."""
        self.door.write(data)

    def hold(self) -> None:
        """Let events fall until release(): the holder pushes all of them later, from the ring."""
        self._held = True
        self._turn()

    def release(self) -> None:
        """Events flow again."""
        self._held = False
        self._turn()

    def push(self, data: bytes) -> None:
        """Say something that must not be lost, in order, held or not: READY, answers, replays. It
        may exceed the queue, as its size is bounded by what it says.
        """
        if self._transport is None:
            return
        if self._corked is not None:
            self._corked.append(data)
        elif self._queue:
            self._queue.add(data)
        else:
            self._transport.write(data)

    def cork(self) -> None:
        """What is pushed from now on leaves at uncork(), in one write: each write is a system call.
        Nothing else may happen between.
        """
        self._corked = []

    def uncork(self) -> None:
        """All of it leaves."""
        corked, self._corked = self._corked, None
        if corked and self._transport is not None:
            if self._queue:
                self._queue.add(b"".join(corked))
            else:
                self._transport.writelines(corked)

    def pause(self) -> None:
        """The transport is full."""
        if self._queue is None:
            self._queue = _Queue(self.abort)
        self._turn()

    def resume(self) -> None:
        """The transport takes bytes again."""
        queue, self._queue = self._queue, None
        self._turn()
        if queue and self._transport is not None:
            self._transport.write(queue.joined())

    def shut(self) -> None:
        """Nothing goes out any more, but what was said before."""
        self.uncork()
        if self._queue and self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._queue.joined())
        self._transport = None
        self._queue = None
        self._turn()

    def abort(self) -> None:
        """Cut a reader that does not read."""
        if self._transport is not None:
            self._transport.abort()
        self.shut()

    def _turn(self) -> None:
        before = self.door
        if self._transport is None or self._held:
            self.door = NOWHERE
        else:
            self.door = self._queue if self._queue is not None else self._transport
        if self.door is not before:
            Outlet.turns += 1


def _socket_of(transport: WriteTransport) -> int:
    # Elsewhere a socket is no file; and what a TLS transport writes is not what it is given.
    if os.name != "posix" or transport.get_extra_info("sslcontext") is not None:
        return NO_WAY
    found = transport.get_extra_info("socket")
    return NO_WAY if found is None else int(found.fileno())


class Translator(ABC):
    """A sink that takes payloads instead of frames, and frames them for its connection alone."""

    __slots__ = ()

    @property
    def way(self) -> int:
        """None, ever: it has to be asked."""
        return NO_WAY

    @abstractmethod
    def write(self, payload: bytes, /) -> None:
        """The next event."""

    @abstractmethod
    def frame(self, payload: bytes) -> bytes:
        """What the next payload is for this connection."""


class ZstdSink(Translator):
    """Compresses payloads in this connection's own context."""

    __slots__ = ("_context", "_outlet")

    def __init__(self, outlet: Outlet) -> None:
        self._context = ZstdContext()
        self._outlet = outlet

    def write(self, payload: bytes, /) -> None:
        """The next event of the stream."""
        # What is let fall must not enter the context: the client would miss a part of the stream.
        if self._outlet.door is not NOWHERE:
            self._outlet.write(self.frame(payload))

    def frame(self, payload: bytes) -> bytes:
        """The frame of the next payload of the stream."""
        return frame(BINARY, self._context.compress(payload))
