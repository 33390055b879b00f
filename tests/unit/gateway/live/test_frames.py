"""RFC 6455 as a server: every rule a row, every cut point, a foreign client as the peer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from contracts.closecodes import Close
from gateway.live import frames
from gateway.live.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Closed,
    Fault,
    Message,
    Parser,
    Ping,
    Pong,
    Received,
    accept_key,
    close_frame,
    frame,
    unmask,
)
from tests.unit.gateway.house import masked

LIMIT = 4096
EURO = "κόσμε€🎈".encode()
BROKEN = Fault(Close.PROTOCOL_ERROR)
NOT_TEXT = Fault(Close.BAD_TEXT)
TOO_BIG = Fault(Close.TOO_BIG)


def parse(data: bytes, limit: int = LIMIT) -> list[Received]:
    return Parser(limit).feed(data)


def raw(first: int, second: int, rest: bytes = b"") -> bytes:
    return bytes((first, second)) + rest


GOOD: dict[str, tuple[bytes, list[Received]]] = {
    "empty text": (masked(TEXT, b""), [Message(TEXT, b"")]),
    "text of 125 bytes": (masked(TEXT, b"*" * 125), [Message(TEXT, b"*" * 125)]),
    "text of 126 bytes": (masked(TEXT, b"*" * 126), [Message(TEXT, b"*" * 126)]),
    "text of 127 bytes": (masked(TEXT, b"*" * 127), [Message(TEXT, b"*" * 127)]),
    "text at the limit": (masked(TEXT, b"*" * LIMIT), [Message(TEXT, b"*" * LIMIT)]),
    "binary with any bytes": (masked(BINARY, b"\xff\xfe"), [Message(BINARY, b"\xff\xfe")]),
    "empty binary": (masked(BINARY, b""), [Message(BINARY, b"")]),
    "unicode": (masked(TEXT, EURO), [Message(TEXT, EURO)]),
    "a mask of zeroes": (masked(TEXT, b"abc", mask=bytes(4)), [Message(TEXT, b"abc")]),
    "ping": (masked(PING, b"hi"), [Ping(b"hi")]),
    "ping of 125 bytes": (masked(PING, b"\xfe" * 125), [Ping(b"\xfe" * 125)]),
    "pong": (masked(PONG, b""), [Pong(b"")]),
    "two in one packet": (
        masked(TEXT, b"a") + masked(TEXT, b"b"),
        [Message(TEXT, b"a"), Message(TEXT, b"b")],
    ),
    "fragments": (
        masked(TEXT, b"frag", fin=False) + masked(CONTINUATION, b"ment"),
        [Message(TEXT, b"fragment")],
    ),
    "fragments of nothing": (
        masked(TEXT, b"", fin=False)
        + masked(CONTINUATION, b"", fin=False)
        + masked(CONTINUATION, b""),
        [Message(TEXT, b"")],
    ),
    "a ping between fragments": (
        masked(TEXT, b"frag", fin=False) + masked(PING, b"!") + masked(CONTINUATION, b"ment"),
        [Ping(b"!"), Message(TEXT, b"fragment")],
    ),
    "a character cut between fragments": (
        masked(TEXT, EURO[:-2], fin=False) + masked(CONTINUATION, EURO[-2:]),
        [Message(TEXT, EURO)],
    ),
    "close without a code": (masked(CLOSE, b""), [Closed(1005, "")]),
    "close with a reason": (masked(CLOSE, b"\x03\xe8bye"), [Closed(1000, "bye")]),
    "close with 123 bytes of reason": (
        masked(CLOSE, b"\x03\xe8" + b"*" * 123),
        [Closed(1000, "*" * 123)],
    ),
    "nothing counts after a close": (
        masked(CLOSE, b"\x03\xe8") + masked(TEXT, b"late"),
        [Closed(1000, "")],
    ),
}
for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 4000, 4200, 4999):
    GOOD[f"close {code}"] = (masked(CLOSE, code.to_bytes(2, "big")), [Closed(code, "")])

BAD: dict[str, tuple[bytes, list[Received]]] = {
    "not masked": (raw(0x81, 0x01, b"a"), [BROKEN]),
    "RSV1": (raw(0xC1, 0x80, bytes(4)), [BROKEN]),
    "RSV2": (raw(0xA1, 0x80, bytes(4)), [BROKEN]),
    "RSV3": (raw(0x91, 0x80, bytes(4)), [BROKEN]),
    "text longer than the limit": (masked(TEXT, b"*" * (LIMIT + 1)), [TOO_BIG]),
    "the header of a huge frame": (raw(0x82, 0xFF, (1 << 40).to_bytes(8, "big")), [TOO_BIG]),
    "fragments longer than the limit": (
        masked(TEXT, b"*" * LIMIT, fin=False) + masked(CONTINUATION, b"*"),
        [TOO_BIG],
    ),
    "a length with its highest bit": (raw(0x82, 0xFF, b"\xff" * 8), [BROKEN]),
    "125 in sixteen bits": (raw(0x82, 0xFE, (125).to_bytes(2, "big")), [BROKEN]),
    "65535 in 64 bits": (raw(0x82, 0xFF, (65535).to_bytes(8, "big")), [BROKEN]),
    "a ping of 126 bytes": (masked(PING, b"*" * 126), [BROKEN]),
    "a ping in fragments": (masked(PING, b"", fin=False), [BROKEN]),
    "a close in fragments": (masked(CLOSE, b"", fin=False), [BROKEN]),
    "a continuation of nothing": (masked(CONTINUATION, b"a"), [BROKEN]),
    "a continuation after the end": (
        masked(TEXT, b"a") + masked(CONTINUATION, b"b"),
        [Message(TEXT, b"a"), BROKEN],
    ),
    "a message within fragments": (masked(TEXT, b"a", fin=False) + masked(TEXT, b"b"), [BROKEN]),
    "a close of one byte": (masked(CLOSE, b"\x03"), [BROKEN]),
    "a reason that is no text": (masked(CLOSE, b"\x03\xe8\xff"), [NOT_TEXT]),
    "text that is no text": (masked(TEXT, b"\xce\xba\xff"), [NOT_TEXT]),
    "a surrogate": (masked(TEXT, b"\xed\xa0\x80"), [NOT_TEXT]),
    "an overlong character": (masked(TEXT, b"\xc0\xaf"), [NOT_TEXT]),
    "beyond unicode": (masked(TEXT, b"\xf4\x90\x80\x80"), [NOT_TEXT]),
    "an unfinished character": (masked(TEXT, EURO[:-1]), [NOT_TEXT]),
    "an unfinished character in fragments": (
        masked(TEXT, EURO[:-1], fin=False) + masked(CONTINUATION, b""),
        [NOT_TEXT],
    ),
    "a bad fragment before the last one": (masked(TEXT, b"\xff", fin=False), [NOT_TEXT]),
}
for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
    BAD[f"reserved opcode {opcode}"] = (masked(opcode, b""), [BROKEN])
for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535):
    BAD[f"close {code}"] = (masked(CLOSE, code.to_bytes(2, "big")), [BROKEN])

ALL = GOOD | BAD


@pytest.mark.parametrize("name", ALL)
def test_a_stream_is_read_as_the_rules_say(name: str) -> None:
    data, expected = ALL[name]
    assert parse(data) == expected


@pytest.mark.parametrize("name", ALL)
def test_where_the_bytes_are_cut_makes_no_difference(name: str) -> None:
    data, expected = ALL[name]
    for cut in range(len(data)) if len(data) < 600 else range(0, len(data), 97):
        parser = Parser(LIMIT)
        assert parser.feed(data[:cut]) + parser.feed(data[cut:]) == expected, cut


@pytest.mark.parametrize("name", ALL)
def test_single_bytes_are_as_good_as_a_packet(name: str) -> None:
    data, expected = ALL[name]
    parser = Parser(LIMIT)
    assert [got for i in range(len(data)) for got in parser.feed(data[i : i + 1])] == expected


def test_bad_text_is_noticed_before_its_frame_is_whole() -> None:
    data = masked(TEXT, b"\xce\xba\xff" + b"a" * 100)
    assert Parser(LIMIT).feed(data[:9]) == [NOT_TEXT]


def test_bad_text_is_noticed_before_its_message_is_whole() -> None:
    parser = Parser(LIMIT)
    assert parser.feed(masked(TEXT, EURO[:1], fin=False)) == []
    assert parser.feed(masked(CONTINUATION, b"\xff", fin=False)) == [NOT_TEXT]


def test_a_frame_too_big_is_refused_by_its_header() -> None:
    header = masked(TEXT, b"*" * (LIMIT + 1))[:4]
    assert Parser(LIMIT).feed(header) == [TOO_BIG]


def test_nothing_is_held_between_messages() -> None:
    parser = Parser(LIMIT)
    parser.feed(masked(TEXT, b"a" * 1000, fin=False) + masked(CONTINUATION, EURO))
    held = {name: getattr(parser, name) for name in Parser.__slots__}
    assert held == {name: getattr(Parser(LIMIT), name) for name in Parser.__slots__}


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_unmasking_is_its_own_inverse(data: bytes, mask: bytes) -> None:
    assert unmask(unmask(data, mask), mask) == data
    assert unmask(data, mask) == bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


@given(st.lists(st.binary(max_size=200), max_size=5), st.data())
def test_any_packets_give_the_same_messages(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(masked(BINARY, payload) for payload in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    parser, found, at = Parser(LIMIT), [], 0
    for cut in [*cuts, len(stream)]:
        found += parser.feed(stream[at:cut])
        at = cut
    assert found == [Message(BINARY, payload) for payload in payloads]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536])
def test_a_foreign_client_reads_our_frames(size: int) -> None:
    client = _open_client()
    client.receive_data(frame(TEXT, b"x" * size))
    (received,) = client.events_received()
    assert received.opcode is Opcode.TEXT
    assert bytes(received.data) == b"x" * size


def test_a_foreign_client_reads_our_close() -> None:
    client = _open_client()
    client.receive_data(close_frame(4009, "Session timed out"))
    said = client.close_rcvd
    assert said is not None
    assert (said.code, said.reason) == (4009, "Session timed out")


def test_we_read_what_a_foreign_client_says() -> None:
    client = _open_client()
    client.send_text(EURO, fin=False)
    client.send_ping(b"there?")
    client.send_continuation(b"", fin=True)
    client.send_binary(b"\x00" * 300)
    client.send_close(1001, "going")
    found = parse(b"".join(client.data_to_send()))
    assert found == [
        Ping(b"there?"),
        Message(TEXT, EURO),
        Message(BINARY, b"\x00" * 300),
        Closed(1001, "going"),
    ]


def test_a_reason_too_long_is_cut_between_characters() -> None:
    cut = close_frame(1000, "€" * 60)
    assert cut[1] == 2 + 41 * 3
    assert cut[4:].decode() == "€" * 41


def test_the_accept_key_is_the_one_of_the_rfc() -> None:
    assert accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_opcodes_are_those_of_the_rfc() -> None:
    named = {name: getattr(frames, name) for name in ("TEXT", "BINARY", "CLOSE", "PING", "PONG")}
    assert named == {name: Opcode[name].value for name in named}
    assert Opcode.CONT.value == CONTINUATION


def _open_client() -> ClientProtocol:
    return ClientProtocol(parse_uri("ws://moim.test/"), state=State.OPEN)
