"""One event's bytes: the same for everybody, whatever their stream has carried before."""

from __future__ import annotations

import itertools
import zlib
from typing import Any

import orjson
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from gateway.live.codec import (
    ZLIB_HEADER,
    Encoding,
    Frames,
    Piece,
    ZstdContext,
    dispatch_head,
    dispatch_payload,
    encode,
    encode_pieces,
    segment,
    withheld,
)
from tests.unit.gateway.house import frames_in

BODY = b'{"content":"%d","list":[1,2,{"a":"\xed\x95\x9c"}]}'


def plain(framed: bytes) -> bytes:
    ((_, payload),) = frames_in(framed)
    return payload


def test_a_dispatch_is_spliced_around_its_body() -> None:
    payload = dispatch_payload(7, "MESSAGE_CREATE", BODY)
    assert orjson.loads(payload) == {
        "t": "MESSAGE_CREATE",
        "s": 7,
        "op": 0,
        "d": orjson.loads(BODY),
    }
    assert payload == dispatch_head(7, "MESSAGE_CREATE") + BODY + b"}"


@pytest.mark.parametrize("size", [0, 1, 100, 65_536, 300_000])
def test_a_segment_is_flushed_and_needs_nothing_before_it(size: int) -> None:
    cut = segment(b"ab" * size)
    assert cut.endswith(b"\x00\x00\xff\xff")
    assert zlib.decompressobj(-15).decompress(cut) == b"ab" * size


def test_a_stream_takes_shared_and_personal_segments_in_any_order() -> None:
    shared = [Frames(n, "MESSAGE_CREATE", BODY % n).zlib for n in range(4)]
    personal = [encode(Encoding.ZLIB, b'{"personal":%d}' % n) for n in range(3)]
    big = encode_pieces(Encoding.ZLIB, [Piece(b"[" + b"1," * 5000), Piece(b"2]")])
    for order in itertools.permutations([shared[0], personal[0], big, shared[1]]):
        stream = [encode(Encoding.ZLIB, b"{}"), *order, *shared, *personal, shared[0]]
        inflate = zlib.decompressobj()
        inflate.decompress(ZLIB_HEADER)
        for framed in stream:
            message = plain(framed)
            assert message.endswith(b"\x00\x00\xff\xff")
            orjson.loads(inflate.decompress(message))
            assert not inflate.unconsumed_tail


@given(st.lists(st.binary(max_size=2_000), max_size=8))
def test_any_payloads_come_out_of_one_stream_as_they_went_in(payloads: list[bytes]) -> None:
    inflate = zlib.decompressobj()
    inflate.decompress(ZLIB_HEADER)
    for payload in payloads:
        assert inflate.decompress(plain(encode(Encoding.ZLIB, payload))) == payload


@given(st.lists(st.binary(min_size=1, max_size=2_000), max_size=8))
def test_zstd_flushes_every_payload_on_one_context(payloads: list[bytes]) -> None:
    context, reader = ZstdContext(), zstandard.ZstdDecompressor().decompressobj()
    for payload in payloads:
        assert reader.decompress(context.compress(payload)) == payload


@pytest.mark.parametrize("encoding", [Encoding.JSON, Encoding.ZLIB])
def test_pieces_make_the_payload_that_they_are_parts_of(encoding: Encoding) -> None:
    pieces = [Piece(b'{"a":'), Piece(b"[1,2]"), Piece(b"}")]
    message = plain(encode_pieces(encoding, pieces))
    if encoding is Encoding.ZLIB:
        message = zlib.decompressobj(-15).decompress(message)
    assert message == b'{"a":[1,2]}'


def test_every_variant_is_made_once() -> None:
    frames = Frames(5, "MESSAGE_CREATE", b'{"content":"x"}')
    for encoding in Encoding:
        assert frames.of(encoding) is frames.of(encoding)
        assert frames.bare.of(encoding) is frames.bare.of(encoding)


def test_json_is_text_and_zlib_is_binary() -> None:
    frames = Frames(5, "X", b"1")
    assert [opcode for opcode, _ in frames_in(frames.json + frames.zlib)] == [1, 2]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            {"id": "1", "content": "x", "embeds": [1], "attachments": [2], "components": [3]},
            {"id": "1", "content": "", "embeds": [], "attachments": [], "components": []},
        ),
        ({"content": "x", "poll": {"question": {}}}, {"content": ""}),
        ({"id": "1", "flags": 4}, {"id": "1", "flags": 4}),
        (
            {"content": "x", "referenced_message": {"content": "y", "embeds": [1]}},
            {"content": "", "referenced_message": {"content": "", "embeds": []}},
        ),
        ({"content": "x", "referenced_message": None}, {"content": "", "referenced_message": None}),
        (
            {"content": "x", "message_snapshots": [{"message": {"content": "y"}}]},
            {"content": "", "message_snapshots": [{"message": {"content": ""}}]},
        ),
    ],
)
def test_what_is_said_is_withheld_and_the_rest_is_not(
    message: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert orjson.loads(withheld(orjson.dumps(message))) == expected


def test_a_withheld_dispatch_keeps_its_number() -> None:
    bare = Frames(5, "MESSAGE_CREATE", b'{"content":"secret"}').bare
    assert orjson.loads(bare.payload) == {
        "t": "MESSAGE_CREATE",
        "s": 5,
        "op": 0,
        "d": {"content": ""},
    }
