"""Bytes between a socket and a conversation, for both ends. What the frames mean is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from chassis.clock import Clock
from chassis.rpc.frames import Frame
from chassis.rpc.protocol import Conversation

BACKLOG_BYTES = 4 << 20
"""More than this unsent, and nothing more is taken."""
_HIGH_WATER = 1 << 20


class Pipe(asyncio.Protocol):
    """One connection. Everything said in one turn of the loop leaves in one write."""

    def __init__(
        self,
        conversation: Conversation,
        clock: Clock,
        *,
        heard: Callable[[Frame], None],
        lost: Callable[[], None],
        throttles: bool = False,
    ) -> None:
        self._conversation = conversation
        self._clock = clock
        self._heard = heard
        self._lost = lost
        self._throttles = throttles
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._is_flush_due = False
        self._is_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the conversation."""
        self._transport = cast("asyncio.Transport", transport)
        if self._is_ended:
            self._transport.abort()
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Hear."""
        self._pass_on(self._conversation.feed(data, self._clock.monotonic()))

    def connection_lost(self, exc: Exception | None) -> None:
        """The end, told exactly once."""
        del exc
        self._transport = None
        self._lost()

    def pause_writing(self) -> None:
        """A peer that does not read answers gets no more questions read."""
        if self._throttles and (transport := self._alive()):
            transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        if self._throttles and (transport := self._alive()):
            transport.resume_reading()

    def tick(self) -> None:
        """Let time pass."""
        self._pass_on(self._conversation.tick(self._clock.monotonic()))

    def send(self, line: bytes) -> None:
        """Say one line, before the loop turns."""
        self._conversation.say(line)
        if not self._is_flush_due:
            self._is_flush_due = True
            self._loop.call_soon(self._flush)

    @property
    def is_connected(self) -> bool:
        """Whether there is a connection whose end has not been told yet."""
        return self._transport is not None

    @property
    def is_full(self) -> bool:
        """Whether too much is waiting for a peer that does not read."""
        waiting = self._conversation.unsent
        if self._transport is not None:
            waiting += self._transport.get_write_buffer_size()
        return waiting > BACKLOG_BYTES

    def close(self) -> None:
        """End it; what is already written is still sent if the peer takes it."""
        self._is_ended = True
        if self._transport is not None:
            self._flush()
            self._transport.close()

    def abort(self) -> None:
        """End it now."""
        self._is_ended = True
        if self._transport is not None:
            self._transport.abort()

    def _pass_on(self, frames: list[Frame]) -> None:
        for frame in frames:
            self._heard(frame)
        if self._conversation.refusal is not None:
            self._break_off()
        elif self._conversation.unsent and not self._is_flush_due:
            self._flush()

    def _break_off(self) -> None:
        self._flush()
        if transport := self._alive():
            # A peer that does not even read why must not keep the connection alive.
            if transport.get_write_buffer_size():
                transport.abort()
            else:
                transport.close()

    def _flush(self) -> None:
        self._is_flush_due = False
        if (transport := self._alive()) and (said := self._conversation.take()):
            transport.write(said)

    def _alive(self) -> asyncio.Transport | None:
        transport = self._transport
        return None if transport is None or transport.is_closing() else transport
