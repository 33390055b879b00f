"""The way out to one transport: straight while the reader keeps up, a bounded queue while it does
not, nothing while it is held. What is written is bytes already.
"""

from __future__ import annotations

from asyncio import WriteTransport
from collections import deque
from collections.abc import Callable
from typing import Protocol

from contracts import limits
from gateway.live.codec import ZstdContext
from gateway.live.frames import BINARY, frame

HIGH_WATER = 64 << 10

Write = Callable[[bytes], None]


class Sink(Protocol):
    """Whatever takes what `Frames.of` gives for its encoding."""

    def write(self, data: bytes, /) -> None:
        """Take it."""


def drop(data: bytes) -> None:
    """Where frames go that nobody needs."""
    del data


class Outlet:
    """`write` is the transport's own method for as long as nothing is in the way."""

    __slots__ = ("_held", "_queue", "_queued", "_transport", "stalled", "write")

    write: Write

    def __init__(self, transport: WriteTransport) -> None:
        transport.set_write_buffer_limits(high=HIGH_WATER)
        self._transport: WriteTransport | None = transport
        self._queue: deque[bytes] | None = None
        self._queued = 0
        self._held = False
        self.stalled = False
        """The transport's buffer is full: somebody must watch the write deadline."""
        self.write = transport.write

    @property
    def is_held(self) -> bool:
        """Whether events are being let fall, to be made good by what is pushed."""
        return self._held

    def hold(self) -> None:
        """Let events fall until release(): the holder pushes all of them later, from the ring."""
        self._held = True
        self._bind()

    def release(self) -> None:
        """Events flow again."""
        self._held = False
        self._bind()

    def push(self, data: bytes) -> None:
        """Say something that must not be lost, in order, held or not: READY, answers, replays. It
        may exceed the queue, as its size is bounded by what it says.
        """
        if self._transport is None:
            return
        if self._queue:
            self._enqueue(data)
        else:
            self._transport.write(data)

    def pause(self) -> None:
        """The transport is full."""
        self.stalled = True
        self._bind()

    def resume(self) -> None:
        """The transport takes bytes again."""
        self.stalled = False
        queue, self._queue, self._queued = self._queue, None, 0
        self._bind()
        if queue and self._transport is not None:
            self._transport.write(b"".join(queue))

    def shut(self) -> None:
        """Nothing goes out any more."""
        self._transport = None
        self._queue = None
        self._bind()

    def abort(self) -> None:
        """Cut a reader that does not read."""
        transport = self._transport
        self.shut()
        if transport is not None:
            transport.abort()

    def _bind(self) -> None:
        if self._transport is None or self._held:
            self.write = drop
        elif self.stalled:
            self.write = self._wait
        else:
            self.write = self._transport.write

    def _wait(self, data: bytes) -> None:
        self._enqueue(data)
        queue = self._queue
        assert queue is not None
        if len(queue) > limits.SESSION_QUEUE_EVENTS or self._queued > limits.SESSION_QUEUE_BYTES:
            self.abort()

    def _enqueue(self, data: bytes) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(data)
        self._queued += len(data)


class ZstdSink:
    """Takes payloads instead of frames and compresses them in this connection's own context."""

    __slots__ = ("_context", "_outlet")

    def __init__(self, outlet: Outlet) -> None:
        self._context = ZstdContext()
        self._outlet = outlet

    def write(self, payload: bytes, /) -> None:
        """The next event of the stream."""
        # What is let fall must not enter the context: the client would miss a part of the stream.
        if self._outlet.write is not drop:
            self._outlet.write(self.frame(payload))

    def frame(self, payload: bytes) -> bytes:
        """The frame of the next payload of the stream."""
        return frame(BINARY, self._context.compress(payload))
