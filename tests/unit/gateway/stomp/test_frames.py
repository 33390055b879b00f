"""STOMP frames: whole, in pieces, of three versions, and what is none."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.stomp.frames import BODY_BYTES, HEADERS, Frame, Malformed, Parser, build

WORLDS = int(os.environ.get("MOIM_WORLDS", "5000"))
SEND = b"SEND\ndestination:/app/x\ncontent-length:5\n\na\0b\nc\0"


def feed(data: bytes, version: str = "1.2") -> list[Frame]:
    parser = Parser()
    parser.version = version
    return parser.feed(data)


def test_a_frame_is_read_however_it_is_cut() -> None:
    wanted = [
        Frame("SEND", {"destination": "/app/x", "content-length": "5"}, b"a\0b\nc"),
        Frame("DISCONNECT", {"receipt": "1"}),
    ]
    whole = b"\n\r\n" + SEND + b"\n\n" + b"DISCONNECT\r\nreceipt:1\r\n\r\n\0\n"
    assert feed(whole) == wanted
    for at in range(len(whole)):
        parser = Parser()
        assert parser.feed(whole[:at]) + parser.feed(whole[at:]) == wanted


@pytest.mark.parametrize(
    ("version", "sent", "read"),
    [
        ("1.2", "a\\c\\n\\r\\\\b", "a:\n\r\\b"),
        ("1.1", "a\\c\\n\\\\b", "a:\n\\b"),
        ("1.0", "a\\c\\n", "a\\c\\n"),
    ],
)
def test_each_version_has_its_escapes(version: str, sent: str, read: str) -> None:
    (frame,) = feed(f"SEND\nx:{sent}\n\n\0".encode(), version)
    assert frame.headers["x"] == read


def test_the_greeting_has_none_and_the_first_of_repeated_headers_counts() -> None:
    (frame,) = feed(b"CONNECT\npasscode:a\\b\npasscode:other\n\n\0")
    assert frame.headers == {"passcode": "a\\b"}


@pytest.mark.parametrize(
    "data",
    [
        b"HELLO\n\n\0",
        b"SEND\nno colon\n\n\0",
        b"SEND\nx:\\t\n\n\0",
        b"SEND\nx:\xff\n\n\0",
        b"SEND\ncontent-length:-1\n\n\0",
        b"SEND\ncontent-length:2\n\nabc\0",
        b"SEND\ncontent-length:99999999999\n\n\0",
        b"SEND\n" + b"a:b\n" * (HEADERS + 1) + b"\n\0",
        b"SEND\nx:" + b"a" * 9_000,
        b"SEND\n\n" + b"a" * (BODY_BYTES + 1),
    ],
)
def test_what_is_no_frame_is_refused_before_it_fills_memory(data: bytes) -> None:
    with pytest.raises(Malformed):
        feed(data)


def test_an_escape_of_a_later_version_is_none() -> None:
    with pytest.raises(Malformed):
        feed(b"SEND\nx:\\r\n\n\0", "1.1")


@given(st.text(), st.text(min_size=1), st.binary(max_size=200))
def test_what_is_built_is_read_again(value: str, name: str, body: bytes) -> None:
    headers = {name: value} | {"content-length": str(len(body))}
    assert feed(build("SEND", headers, body)) == [Frame("SEND", headers, body)]


def test_noise_is_refused_or_waited_on_and_never_a_fault() -> None:
    dice = random.Random(7)
    pieces = [SEND, b"\0", b"\n\n", b":", b"CONNECT\n", b"content-length:3\n", b"\\", b"\xff"]
    for _ in range(WORLDS):
        data = b"".join(dice.choices(pieces, k=dice.randrange(1, 8)))
        parser = Parser()
        try:
            for start in range(0, len(data), 7):
                parser.feed(data[start : start + 7])
        except Malformed:
            continue
        assert len(parser._buffer) <= len(data)
