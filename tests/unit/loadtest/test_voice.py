"""The pure parts of `bench sfu`: what is sent, what is noted of it, and what is made of figures."""

from __future__ import annotations

from typing import cast

import pytest

from loadtest.bench.sfu import JANUS, medians, verdict
from loadtest.bench.streams import Heard, Source, left_at
from loadtest.reference.janus import placed
from media_sfu.domain import frames, rtp
from media_sfu.domain.sdp import parse
from stack.caller import Caller, Stream

OURS = {"us": 6.0, "delivery": 1.0, "join_ms": 3.0, "p99_us": 900.0}
THEIRS = {"us": 10.0, "delivery": 1.0, "join_ms": 20.0, "p99_us": 1_000.0}


class Line:
    """What a caller would send."""

    def __init__(self) -> None:
        self.packets: list[bytes] = []

    def send(self, packet: bytes) -> None:
        """One packet."""
        self.packets.append(packet)


def sent(source: Source) -> list[bytes]:
    line = Line()
    source.send(cast(Caller, line))
    return line.packets


def test_a_frame_begins_once_ends_once_and_says_when_it_left() -> None:
    source = Source(Stream("video", "camera"), 30, 1_000, burst=3)
    packets = sent(source)
    begins = [rtp.payload_at(packet) for packet in packets]
    marks = [
        frames.vp8(packet, at, len(packet)) for packet, at in zip(packets, begins, strict=True)
    ]
    assert [mark is not None and mark.is_key for mark in marks] == [True, False, False]
    assert [packet[1] >> 7 for packet in packets] == [0, 0, 1]
    assert {len(packet) for packet in packets} == {1_000}
    moments = [left_at(memoryview(packet)) for packet in packets]
    assert moments == sorted(moments)


def test_a_layer_names_itself_and_a_voice_its_loudness() -> None:
    layer = Source(Stream("video", "camera", mid="1", rids=("q",)), 15, 500, rid="q")
    voice = Source(Stream("audio", "voice"), 50, 112)
    assert rtp.extensions(sent(layer)[0]) == {1: b"1", 4: b"q"}
    assert rtp.extensions(sent(voice)[0]) == {3: b"\x8f"}


def test_a_stream_knows_what_is_missing_over_the_end_of_its_numbers() -> None:
    heard = Heard(65_534)
    for number in (65_534, 65_535, 1, 0, 3):
        heard.note(number)
    assert heard.missing == 1


def test_janus_is_told_a_candidate_in_the_first_section() -> None:
    text = "v=0\r\nm=audio 9 X 111\r\na=mid:0\r\nm=video 9 X 96\r\na=mid:1\r\n"
    said = parse(placed(text, "192.0.2.7", 4_000))
    first, second = (section.first("candidate").split()[4:6] for section in said.sections)
    assert (first, second) == (["192.0.2.7", "4000"], [])


@pytest.mark.parametrize("cipher", ["cm", "gcm"])
def test_each_variant_is_judged_beside_the_bare_cost_and_janus(cipher: str) -> None:
    found = {
        "1 to 16": {"pure": OURS, "compiled": OURS | {"us": 5.0}, JANUS: THEIRS},
        "1 to 64": {"pure": OURS},
    }
    goals = {each["name"]: each["holds"] for each in verdict(cipher, found, 4.0)}
    assert goals[f"us a packet beside janus, 1 to 16, {cipher}, pure"]
    assert goals[f"us a packet beside janus, 1 to 16, {cipher}, compiled"] is (cipher == "gcm")
    assert goals[f"p99 of added us beside janus, 1 to 16, {cipher}, pure"]
    assert goals[f"us a packet beside the bare cost, 1 to 64, {cipher}, pure"]
    assert not any("beside janus, 1 to 64" in name for name in goals)


def test_rounds_are_told_by_their_medians() -> None:
    assert medians([{"us": 9.0}, {"us": 1.0}, {"us": 2.0}]) == {"us": 2.0}
