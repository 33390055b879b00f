"""Writing to the sockets themselves, behind the backs of their transports."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from gateway.live.audience import Audience
from gateway.live.outlet import NO_WAY, Outlet
from tests.unit.gateway.house import Transport, frames_in
from tests.unit.gateway.live.outlets import Loop, a_viewer_of, event

uvloop = pytest.importorskip("uvloop")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="sockets are no files there")
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]


class Wired(Transport):
    """With a socket, and somebody at its other end."""

    def __init__(self, buffered: int = 0) -> None:
        super().__init__()
        self.buffered = buffered
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.theirs.setblocking(False)

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def get_extra_info(self, name: str) -> Any:
        return self.ours if name == "socket" else None

    def fill(self) -> bytes:
        """Until the kernel takes no more."""
        filler = b"." * 100_000
        sent = 0
        try:
            while True:
                sent += self.ours.send(filler)
        except BlockingIOError:
            return b"." * sent

    def arrived(self) -> bytes:
        """What the other end has got by now."""
        found = []
        try:
            while data := self.theirs.recv(1 << 16):
                found.append(data)
        except BlockingIOError:
            pass
        return b"".join(found)


class Room:
    """Some sessions, and what they are sent."""

    def __init__(self, transports: list[Wired]) -> None:
        self.transports = transports
        self.outlets = [Outlet(cast(Any, transport)) for transport in transports]
        self.audience = Audience(
            [a_viewer_of(outlet, number) for number, outlet in enumerate(self.outlets)]
        )
        self.loop = Loop()

    def send(self, s: int) -> None:
        self.loop.fanout.send(self.audience, event(s))
        self.loop.run()


@pytest.fixture
def room() -> Iterator[Room]:
    transports = [Wired() for _ in range(3)]
    yield Room(transports)
    for transport in transports:
        transport.ours.close()
        transport.theirs.close()


def test_an_event_goes_to_the_sockets_while_nothing_is_in_the_way(room: Room) -> None:
    room.send(1)
    for transport in room.transports:
        assert transport.arrived() == event(1).json
        assert not transport.written


def test_what_a_full_socket_does_not_take_is_left_to_its_transport(room: Room) -> None:
    slow, *others = room.transports
    filler = slow.fill()
    room.send(1)
    assert b"".join([slow.arrived(), *slow.written]) == filler + event(1).json
    assert all(transport.arrived() == event(1).json for transport in others)


def test_a_broken_socket_is_its_transports_business(room: Room) -> None:
    gone, *others = room.transports
    gone.theirs.close()
    room.send(1)
    assert gone.written == [event(1).json]
    assert all(transport.arrived() == event(1).json for transport in others)


@pytest.mark.parametrize("step", [Outlet.pause, Outlet.hold, Outlet.shut, Outlet.abort])
def test_nothing_goes_to_a_socket_that_something_stands_before(
    room: Room, step: Callable[[Outlet], None]
) -> None:
    room.send(1)
    step(room.outlets[0])
    assert room.outlets[0].way == NO_WAY
    room.send(2)
    kept, *others = [transport.arrived() for transport in room.transports]
    assert kept == event(1).json
    assert others == [event(1).json + event(2).json] * 2


def test_a_transport_that_holds_something_back_is_full_from_the_first() -> None:
    transport = Wired(buffered=1)
    with transport.ours, transport.theirs:
        outlet = Outlet(cast(Any, transport))
        assert outlet.stalled
        outlet.write(b"x")
        assert not transport.arrived()
        outlet.resume()
        assert transport.written == [b"x"]


def test_who_is_shut_out_gets_what_was_said_before(room: Room) -> None:
    outlet, transport = room.outlets[0], room.transports[0]
    outlet.pause()
    room.send(1)
    outlet.shut()
    assert transport.written == [event(1).json]


class Reader(asyncio.Protocol):
    """A session's connection as far as its outlet needs it."""

    outlet: Outlet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.stalls = 0
        self.outlet = Outlet(cast(asyncio.WriteTransport, transport))

    def pause_writing(self) -> None:
        self.stalls += 1
        self.outlet.pause()

    def resume_writing(self) -> None:
        self.outlet.resume()


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_reader_that_stops_and_goes_on_misses_nothing(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Whatever goes to the socket and whatever goes by the transport are one stream."""

    async def stop_and_go() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        theirs.setblocking(False)
        _, reader = await loop.create_connection(Reader, sock=ours)
        outlet = reader.outlet
        turns = Loop()
        audience = Audience([a_viewer_of(outlet)])
        numbers, sent, heard = itertools.count(1), 0, b""
        for _ in range(3):
            stalls, more = reader.stalls, 20
            while more:
                sent = next(numbers)
                turns.fanout.send(audience, event(sent))
                turns.run()
                more -= reader.stalls > stalls
            assert outlet.way == NO_WAY
            while outlet.way == NO_WAY:
                heard += await loop.sock_recv(theirs, 1 << 20)
        outlet.shut()
        expected = b"".join(event(number).json for number in range(1, sent + 1))
        while len(heard) < len(expected):
            heard += await loop.sock_recv(theirs, 1 << 20)
        assert heard == expected
        assert len(frames_in(heard)) == sent
        outlet.abort()
        theirs.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(stop_and_go())
