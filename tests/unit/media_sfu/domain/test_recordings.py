"""Dumps become frames with their moments: losses are gaps, clocks do not drift apart."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest

from media_sfu.domain import cutting, dump
from media_sfu.domain.assembling import Film, Order, Piece, vp8_size
from media_sfu.domain.dump import Described
from media_sfu.domain.rtp import HEAD

TICKS, STEP = 48_000, 960


def said(identity: str = "1", stay: str = "PA_1", kind: str = "audio") -> Described:
    codec, clock = ("opus", TICKS) if kind == "audio" else ("vp8", 90_000)
    return Described("TR", stay, identity, "Mina", "microphone", kind, codec, clock)


def voice(number: int, timestamp: int) -> bytes:
    return HEAD.pack(0x80, 111, number & 0xFFFF, timestamp & 0xFFFFFFFF, 7) + b"\xfc\xff\xfe"


def moments(data: bytes) -> dict[str, list[int]]:
    found = cutting.survey(dump.records(BytesIO(data)))
    shown: dict[str, list[int]] = {}
    for one in cutting.cut(dump.records(BytesIO(data)), found):
        shown.setdefault(one.key[0], []).append(one.at_ms)
    return shown


def test_a_dump_that_was_cut_off_anywhere_is_read_up_to_there() -> None:
    whole = dump.stream(1, 0.0, said()) + dump.packet(1, 0.5, 70_000, b"abc")
    whole += dump.clock(1, 0.6, 3 << 31, 99)
    opened, packet, clock = dump.records(BytesIO(whole))
    assert opened.described() == said()
    assert (packet.number(), packet.packet(), packet.at) == (70_000, b"abc", 0.5)
    assert clock.moment() == (1.5, 99)
    counts = [len(list(dump.records(BytesIO(whole[:end])))) for end in range(len(whole) + 1)]
    assert counts == sorted(counts)
    assert counts[-2:] == [2, 3]


@pytest.mark.parametrize("begin", [0, (1 << 32) - 5 * STEP])
def test_a_loss_is_a_gap_and_what_comes_late_finds_its_place(begin: int) -> None:
    """Also where timestamps wrap."""
    data = dump.stream(1, 1.0, said())
    order = [0, 1, 3, 2, *range(10, 20)]
    for number in order:
        at = 1.0 + number * 0.02 + (0.05 if number == 2 else 0)
        data += dump.packet(1, at, number, voice(number, begin + number * STEP))
    assert moments(data) == {"1": [1000 + 20 * number for number in sorted(order)]}


def test_a_silence_that_is_not_sent_is_as_long_in_the_film() -> None:
    """DTX: numbers go on, timestamps jump."""
    data, steps = dump.stream(1, 0.0, said()), [*range(5), *range(105, 110), 4_000]
    for number, step in enumerate(steps):
        data += dump.packet(1, step * 0.02, number, voice(number, step * STEP))
    assert moments(data) == {"1": [20 * step for step in steps]}


def test_a_clock_that_runs_too_fast_does_not_carry_a_voice_away() -> None:
    """A crystal that is 200 millionths off would be 0.72 s late after an hour."""
    data, seconds = dump.stream(1, 0.0, said()), 1_800
    for number in range(seconds):
        at, ticks = float(number), int(number * TICKS * 1.0002)
        data += dump.packet(1, at, number, voice(number, ticks))
    (shown,) = moments(data).values()
    assert abs(shown[-1] - (seconds - 1) * 1000) < 40


def test_reports_bring_the_streams_of_one_person_onto_one_line() -> None:
    """The picture's packets come 300 ms after they were shot, its clock says when that was."""
    data = dump.stream(1, 0.0, said()) + dump.stream(2, 0.0, said(kind="video"))
    ntp = 1000 << 32
    data += dump.clock(1, 0.0, ntp, 0) + dump.clock(2, 0.0, ntp, 50_000)
    frame = b"\x10" + b"\x02\x00\x00\x9d\x01\x2a\x40\x01\xf0\x00" + bytes(10)
    for number in range(50):
        at = number * 0.02
        data += dump.packet(1, at, number, voice(number, number * STEP))
        head = HEAD.pack(0x80, 0x80 | 96, number, 50_000 + number * 1_800, 8)
        data += dump.packet(2, at + 0.3, number, head + frame)
    found = cutting.survey(dump.records(BytesIO(data)))
    shown = list(cutting.cut(dump.records(BytesIO(data)), found))
    by_kind = {
        kind: [one.at_ms for one in shown if one.key[2] == kind] for kind in ("audio", "video")
    }
    assert by_kind["audio"] == by_kind["video"]
    assert vp8_size(found.firsts["1", "microphone", "video", "vp8"].data) == (320, 240)


def piece(number: int, timestamp: int, payload: bytes, *, is_last: bool = True) -> Piece:
    return Piece(number, timestamp, is_last, payload, 0.0)


def test_a_torn_picture_is_left_out_until_the_next_key_frame() -> None:
    key = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00"
    film = Film("vp8")
    assert film.take(piece(1, 0, b"\x10\x01rest")) is None
    first = film.take(piece(2, 10, key))
    assert first is not None
    assert (first.is_key, first.data) == (True, key[1:])
    assert film.take(piece(3, 20, b"\x10\x01aa", is_last=False)) is None
    second = film.take(piece(4, 20, b"\x00bb"))
    assert second is not None
    assert second.data == b"\x01aabb"
    assert film.take(piece(6, 30, b"\x10\x01after a loss")) is None
    assert film.take(piece(7, 40, b"\x10\x01still torn")) is None
    assert film.take(piece(8, 50, key)) is not None


def test_units_of_h264_are_put_together_whichever_way_they_came() -> None:
    film = Film("h264")
    together = b"\x78" + struct.pack("!H", 3) + b"\x67ab" + struct.pack("!H", 2) + b"\x68c"
    assert film.take(piece(1, 0, together, is_last=False)) is None
    assert film.take(piece(2, 0, b"\x7c\x85one", is_last=False)) is None
    whole = film.take(piece(3, 0, b"\x7c\x45two"))
    assert whole is not None
    start = b"\0\0\0\1"
    assert whole.data == start + b"\x67ab" + start + b"\x68c" + start + b"\x65onetwo"
    assert whole.is_key


def test_packets_wait_for_a_missing_one_and_not_for_ever() -> None:
    order = Order()
    came = [one.number for one in order.put(piece(1, 0, b"x"))]
    for number in range(3, 300):
        came += [one.number for one in order.put(piece(number, 0, b"x"))]
    came += [one.number for one in order.put(piece(2, 0, b"x"))]
    came += [one.number for one in order.rest()]
    assert came == [1, *range(3, 300)]
