"""RFC 6455 at our WebSocket class: an application that says everything back, and as the other end
the state machine of a library that nobody here wrote. The rows follow the chapters of what the
Autobahn suite asks of servers; how single frames are read is in test_frames.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import cast

import pytest
import uvloop
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from contracts.closecodes import Close
from gateway.live.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Message,
    Received,
    frame,
)
from gateway.live.lobby import Lobby
from gateway.live.socket import GOODBYE_S, Socket
from gateway.live.wheel import Wheel
from tests.fixtures.clock import ManualClock
from tests.unit.gateway.house import Transport, masked

LIMIT = 1 << 20
Said = tuple[int, bytes]
Row = tuple[bytes, list[Said], int | None]
"""What the client says, what comes back, and the code of the close (None: it stays open)."""


class Porch:
    """As much of a lobby as a socket needs."""

    def __init__(self) -> None:
        self.clock, self.wheel, self.is_draining = ManualClock(), Wheel(), False
        self.sockets: set[Socket] = set()


class Echo(Socket):
    """Says back whatever it is told."""

    protocols = (b"echo",)

    def __init__(self) -> None:
        self.porch = Porch()
        super().__init__(cast(Lobby, self.porch), LIMIT)

    def _begin(self, line: bytes) -> bool:
        return True

    def _take(self, received: Received) -> None:
        if isinstance(received, Message):
            self.outlet.push(frame(received.opcode, received.payload))
        else:
            super()._take(received)

    def _hear(self, payload: bytes) -> None:
        raise AssertionError("what is said back needs its opcode")

    def _over(self, close: Close) -> None:
        pass

    def _tick(self, now: float) -> None:
        pass

    def _due(self) -> float | None:
        return None

    def refuse(self) -> None:
        raise AssertionError("it has no sessions")

    def reconnect(self) -> None:
        self.close(Close.UNKNOWN_ERROR)


class Wire:
    """A client of that application, and the bytes between them."""

    def __init__(self) -> None:
        self.client = ClientProtocol(
            parse_uri("ws://moim.test/"),
            extensions=[ClientPerMessageDeflateFactory()],
            subprotocols=[Subprotocol("echo"), Subprotocol("other")],
        )
        self.client.send_request(self.client.connect())
        line, *headers = b"".join(self.client.data_to_send()).strip().split(b"\r\n")
        pairs = [header.partition(b": ")[::2] for header in headers]
        self.transport, self.server = Transport(), Echo()
        lower = [(name.lower(), value) for name, value in pairs]
        self.server.adopt(cast(asyncio.Transport, self.transport), line, lower, b"")
        self.client.receive_data(self.transport.take())
        self.client.events_received()

    def say(self, data: bytes) -> list[Said]:
        """What comes back, as the library reads it."""
        self.server.data_received(data)
        if came := self.transport.take():
            self.client.receive_data(came)
        read = cast(list[Frame], self.client.events_received())
        return [(each.opcode.value, bytes(each.data)) for each in read]

    @property
    def code(self) -> int | None:
        """With which the server closed."""
        return None if self.client.close_rcvd is None else int(self.client.close_rcvd.code)


def closed(code: int, reason: bytes = b"") -> bytes:
    return masked(CLOSE, code.to_bytes(2, "big") + reason)


def pieces(opcode: int, *payloads: bytes, between: bytes = b"") -> bytes:
    """One message in fragments."""
    first, *rest = payloads
    frames = [masked(opcode, first, fin=not rest)]
    for number, each in enumerate(rest, 1):
        frames.append(masked(CONTINUATION, each, fin=number == len(rest)))
    return between.join(frames)


HI: Said = (TEXT, b"hello")
HELLO = masked(TEXT, b"hello")
PINGED = masked(PING, b"there?")
PONGED: Said = (PONG, b"there?")


def _rows() -> Iterable[tuple[str, Row]]:
    for size in (0, 1, 125, 126, 127, 128, 65_535, 65_536):
        for opcode in (TEXT, BINARY):
            payload = b"\xfe" * size if opcode == BINARY else b"*" * size
            yield (
                f"1 message of {size}, {opcode}",
                (masked(opcode, payload), [(opcode, payload)], None),
            )
    for payload in (b"", b"hello", bytes(range(0xF0, 0x100)), b"\xfe" * 125):
        yield (
            f"2 ping {payload[:2]!r} {len(payload)}",
            (masked(PING, payload), [(PONG, payload)], None),
        )
    yield "2 ping too long", (masked(PING, b"*" * 126), [], 1002)
    yield "2 pong unasked for", (masked(PONG, b"x") + PINGED, [PONGED], None)
    many = [(PONG, b"%d" % number) for number in range(10)]
    yield "2 ten pings", (b"".join(masked(PING, each) for _, each in many), many, None)
    for bits in (0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70):
        for opcode in (TEXT, BINARY, PING, PONG, CLOSE):
            bad = bytes((0x80 | bits | opcode,)) + masked(opcode, b"hello")[1:]
            yield f"3 reserved {bits:x}, {opcode}", (HELLO + bad + PINGED, [HI], 1002)
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        for payload in (b"", b"hello"):
            bad = masked(opcode, payload)
            yield f"4 opcode {opcode} {len(payload)}", (HELLO + bad + PINGED, [HI], 1002)
    yield from _fragments()
    yield from _closes()


def _fragments() -> Iterable[tuple[str, Row]]:
    for opcode in (PING, PONG):
        yield f"5 control in fragments {opcode}", (pieces(opcode, b"a", b"b"), [], 1002)
    two = b"hel", b"lo"
    yield "5 two fragments", (pieces(TEXT, *two), [HI], None)
    yield "5 a ping between", (pieces(TEXT, *two, between=PINGED), [PONGED, HI], None)
    yield "5 nothing in three", (pieces(TEXT, b"", b"", b""), [(TEXT, b"")], None)
    yield (
        "5 five with pings",
        (
            pieces(BINARY, *(b"%d" % n for n in range(5)), between=PINGED),
            [*[PONGED] * 4, (BINARY, b"01234")],
            None,
        ),
    )
    loose, last = masked(CONTINUATION, b"x", fin=False), masked(CONTINUATION, b"x")
    for name, start in (("first", b""), ("after a message", pieces(TEXT, *two))):
        told = [HI] if start else []
        yield f"5 continuation {name}", (start + loose + HELLO, told, 1002)
        yield f"5 last continuation {name}", (start + last + HELLO, told, 1002)
    within = masked(TEXT, b"hel", fin=False) + HELLO
    yield "5 a message within another", (within, [], 1002)


def _closes() -> Iterable[tuple[str, Row]]:
    yield "7 after a message", (HELLO + closed(1000), [HI, (CLOSE, b"\x03\xe8")], 1000)
    for name, late in (("close", closed(1000)), ("ping", PINGED), ("text", HELLO)):
        yield f"7 {name} after it", (closed(1000) + late, [(CLOSE, b"\x03\xe8")], 1000)
    unfinished = masked(TEXT, b"hel", fin=False)
    yield (
        "7 in a message",
        (unfinished + closed(1000) + masked(0, b"lo"), [(CLOSE, b"\x03\xe8")], 1000),
    )
    yield "7 without a code", (masked(CLOSE, b""), [(CLOSE, b"\x03\xe8")], 1000)
    yield "7 one byte", (masked(CLOSE, b"\x03"), [], 1002)
    yield "7 a reason", (closed(1000, b"bye"), [(CLOSE, b"\x03\xe8")], 1000)
    yield "7 the longest reason", (closed(1000, b"*" * 123), [(CLOSE, b"\x03\xe8")], 1000)
    yield "7 a reason too long", (closed(1000, b"*" * 124), [], 1002)
    yield (
        "7 a reason that is no text",
        (closed(1000, b"\xce\xba\xe1\xbd\xb9\xed\xa0\x80"), [], 1007),
    )
    for code in (*range(1000, 1004), *range(1007, 1012), 3000, 3999, 4000, 4999):
        yield f"7 code {code}", (closed(code), [(CLOSE, code.to_bytes(2, "big"))], code)
    for code in (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535):
        yield f"7 no code {code}", (closed(code), [], 1002)


ROWS = dict(_rows())


@pytest.mark.parametrize("name", ROWS)
def test_what_comes_back_is_what_the_rules_say(name: str) -> None:
    data, expected, code = ROWS[name]
    for size in (len(data), 1 if len(data) < 300 else 997):
        wire = Wire()
        came = [said for at in range(0, len(data), size) for said in wire.say(data[at : at + size])]
        told = b"" if code is None else code.to_bytes(2, "big")
        is_fault = code is not None and (CLOSE, told) not in expected
        if is_fault:
            opcode, payload = came.pop()
            assert (opcode, payload[:2]) == (CLOSE, told)
        assert (came, wire.code) == (expected, code)
        assert wire.transport.is_ended == is_fault, "its answer is not awaited"
        assert wire.transport.is_closed == (code is not None and not is_fault)
        if code is None:
            assert wire.client.state is State.OPEN


TEXTS = (
    *("κόσμε", "Hello-µ@ßöäüàá-UTF-8!!", "\0", "\x7f", "\x80", "\u07ff", "\u0800", "\ud7ff"),
    *("\ue000", "\ufffd", "\ufffe", "\uffff", "\U00010000", "\U0010fffe", "\U0010ffff", "👩‍👩‍👧"),
)
NO_TEXTS = {
    "a lone continuation": (b"\x80", 1),
    "the last continuation": (b"a\xbf", 2),
    "two continuations": (b"\x80\xbf", 1),
    "an overlong slash": (b"\xc0\xaf", 1),
    "the longest overlong of two": (b"\xc1\xbf", 1),
    "an overlong of three": (b"\xe0\x80\xaf", 2),
    "the longest overlong of three": (b"\xe0\x9f\xbf", 2),
    "an overlong of four": (b"\xf0\x80\x80\xaf", 2),
    "the longest overlong of four": (b"\xf0\x8f\xbf\xbf", 2),
    # Python tells with the third byte, not with the second, that it is one.
    "the first surrogate": (b"\xed\xa0\x80", 3),
    "the last surrogate": (b"\xed\xbf\xbf", 3),
    "a pair of surrogates": (b"\xed\xa0\x80\xed\xb0\x80", 3),
    "beyond the last": (b"\xf4\x90\x80\x80", 2),
    "far beyond": (b"\xf5\x80\x80\x80", 1),
    "five bytes": (b"\xf8\x88\x80\x80\x80", 1),
    "six bytes": (b"\xfc\x84\x80\x80\x80\x80", 1),
    "fe": (b"\xfe", 1),
    "ff": (b"\xff", 1),
    "cut short by a letter": (b"\xe1\xbda", 3),
    "after good text": ("κόσμε".encode() + b"\xf4\x90\x80\x80edited", 12),
}


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_wherever_it_is_cut(text: str) -> None:
    data = text.encode()
    for cut in range(len(data) + 1):
        assert Wire().say(pieces(TEXT, data[:cut], data[cut:])) == [(TEXT, data)]


@pytest.mark.parametrize("name", NO_TEXTS)
def test_what_is_no_text_ends_it_at_the_very_byte(name: str) -> None:
    """6.4: whoever waits for the end of a message can be made to wait."""
    data, fatal = NO_TEXTS[name]
    whole = masked(TEXT, data + b"more")
    head = len(whole) - len(data) - 4
    wire = Wire()
    assert wire.say(whole[: head + fatal - 1]) == []
    wire.say(whole[head + fatal - 1 : head + fatal])
    assert wire.code == 1007
    wire = Wire()
    for byte in data[: fatal - 1]:
        assert (
            wire.say(
                masked(TEXT if wire.server._parser._opcode == 0 else 0, bytes((byte,)), fin=False)
            )
            == []
        )
    wire.say(masked(TEXT if fatal == 1 else 0, data[fatal - 1 : fatal], fin=False))
    assert wire.code == 1007


@pytest.mark.parametrize("data", [b"\xce", b"\xe1\xbd", b"\xf0\x9f\x8e", "κόσμε".encode()[:-1]])
def test_text_that_ends_within_a_character_is_none(data: bytes) -> None:
    wire = Wire()
    assert wire.say(masked(TEXT, data, fin=False)) == []
    wire.say(masked(CONTINUATION, b""))
    assert wire.code == 1007


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize(
    ("size", "piece"), [(LIMIT, LIMIT), (1 << 18, 1 << 12), (1 << 16, 1 << 6), (65_536, 1_300)]
)
def test_large_messages_come_back_however_they_are_cut(opcode: int, size: int, piece: int) -> None:
    """9 and 10, in small."""
    wire, client = Wire(), Wire().client
    payload = b"*" * size
    cuts = [payload[at : at + piece] for at in range(0, size, piece)]
    client = wire.client
    (client.send_text if opcode == TEXT else client.send_binary)(cuts[0], fin=len(cuts) == 1)
    for number, cut in enumerate(cuts[1:], 2):
        client.send_continuation(cut, fin=number == len(cuts))
    assert wire.say(b"".join(client.data_to_send())) == [(opcode, payload)]


def test_a_message_beyond_the_limit_is_refused_by_its_first_bytes() -> None:
    """9; the code is Discord's for a payload that is too large."""
    wire = Wire()
    wire.say(b"\x82\xff" + (LIMIT + 1).to_bytes(8, "big") + bytes(4))
    assert wire.code == Close.DECODE_ERROR.code


def test_compression_is_declined_and_what_is_compressed_all_the_same_refused() -> None:
    """12 and 13: permessage-deflate is not negotiated."""
    wire = Wire()
    assert (wire.client.extensions, wire.client.subprotocol) == ([], "echo")
    wire.say(b"\xc1" + masked(TEXT, b"\xf2\x48\xcd\xc9\xc9\x07\x00")[1:])
    assert wire.code == 1002


def test_a_server_that_closes_awaits_the_answer_and_not_for_ever() -> None:
    for answers in (True, False):
        wire = Wire()
        wire.server.close(Close.RESTART)
        assert wire.say(HELLO) == [(CLOSE, (1012).to_bytes(2, "big") + b"Service restart"), HI][:1]
        if answers:
            wire.say(b"".join(wire.client.data_to_send()))
            assert wire.transport.is_closed
        else:
            wire.server.porch.clock.advance(GOODBYE_S)
            wire.server.porch.wheel.turn(wire.server.porch.clock.monotonic() + 1)
            assert wire.transport.is_aborted


def test_a_peer_that_breaks_the_rules_reads_why_and_then_the_end() -> None:
    """On a real socket: the reason arrives though more of the bad stream is on its way."""

    async def main() -> bytes:
        loop, server = asyncio.get_running_loop(), Echo()

        class Door(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport = transport

            def data_received(self, data: bytes) -> None:
                line, *headers = data.partition(b"\r\n\r\n")[0].split(b"\r\n")
                pairs = [header.partition(b": ")[::2] for header in headers]
                lower = [(name.lower(), value) for name, value in pairs]
                server.adopt(cast(asyncio.Transport, self.transport), line, lower, b"")

        listening = await loop.create_server(Door, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname())
        client = ClientProtocol(parse_uri("ws://moim.test/"))
        client.send_request(client.connect())
        writer.writelines(client.data_to_send())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(masked(3, b"") + HELLO)
        read = await reader.read(4)
        writer.write(HELLO * 1_000)
        read += await reader.read()
        writer.close()
        listening.close()
        return read

    read = uvloop.run(asyncio.wait_for(main(), 60))
    assert read[2:4] == (1002).to_bytes(2, "big")
    assert Opcode(read[0] & 15) is Opcode.CLOSE
