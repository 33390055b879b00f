"""STUN, RTP and RTCP as bytes: understood when whole, dropped when not."""

from __future__ import annotations

import hmac
import os
from random import Random

import pytest
from aioice import stun as reference
from aiortc import rtp as theirs

from media_sfu.domain import frames, rtcp, rtp, stun
from media_sfu.domain.arrivals import HEARD_MOST, Arrivals, told
from media_sfu.domain.rtcp import Report, SenderInfo

WORLDS = int(os.environ.get("MOIM_WORLDS", "5000"))
PASSWORD = b"0123456789012345678901"


def _check(*flags: str, password: bytes = PASSWORD) -> bytes:
    message = reference.Message(reference.Method.BINDING, reference.Class.REQUEST)
    message.attributes["USERNAME"] = "here:there"
    for flag in flags:
        message.attributes[flag] = None if flag == "USE-CANDIDATE" else 7
    message.add_message_integrity(password)
    return bytes(message)


def test_a_check_is_read_and_proven() -> None:
    request = stun.read(_check("ICE-CONTROLLING", "USE-CANDIDATE"))
    assert request is not None
    assert (request.local, request.remote) == ("here", "there")
    assert request.is_nominating
    assert not request.is_controlled
    assert request.is_proven(PASSWORD)
    assert not request.is_proven(b"another")


@pytest.mark.parametrize("host", ["192.0.2.9", "2001:db8::9"])
def test_the_answer_to_a_check_is_what_a_client_expects(host: str) -> None:
    request = stun.read(_check("ICE-CONTROLLING"))
    assert request is not None
    answer = reference.parse_message(stun.response(request, (host, 4711), PASSWORD))
    assert answer.message_class is reference.Class.RESPONSE
    assert answer.attributes["XOR-MAPPED-ADDRESS"] == (host, 4711)
    assert answer.check_message_integrity(PASSWORD)


def test_who_claims_our_role_is_told_so() -> None:
    request = stun.read(_check("ICE-CONTROLLED"))
    assert request is not None
    assert request.is_controlled
    answer = reference.parse_message(stun.refusal(request, stun.ROLE_CONFLICT, PASSWORD))
    assert answer.error_code == 487


def test_what_stands_behind_the_signature_counts_for_nothing() -> None:
    whole = _check("ICE-CONTROLLING")
    forged = whole + b"\x00\x25\x00\x00"
    forged = forged[:2] + (len(forged) - 20).to_bytes(2, "big") + forged[4:]
    request = stun.read(forged)
    assert request is not None
    assert not request.is_nominating


def _rtp(**how: object) -> bytes:
    packet = theirs.RtpPacket(payload_type=96, sequence_number=1000, timestamp=9, ssrc=5)
    packet.payload = b"payload"
    for name, value in how.items():
        setattr(packet, name, value)
    return bytes(packet.serialize())


def test_a_packet_is_stripped_to_what_listeners_need() -> None:
    data = _rtp(csrc=[1, 2], marker=1, padding_size=4)
    begin = rtp.payload_at(data)
    end = rtp.payload_end(data, begin)
    assert data[begin:end] == b"payload"
    plain = rtp.bare(begin, end, data, is_timed=False)
    timed = rtp.bare(begin, end, data, is_timed=True)
    assert theirs.RtpPacket.parse(plain).payload == b"payload"
    assert theirs.RtpPacket.parse(timed).payload == b"payload"
    assert theirs.RtpPacket.parse(timed).marker == 1
    assert (len(plain), len(timed)) == (rtp.PLAIN_BYTES + 7, rtp.TIMED_BYTES + 7)


def test_extensions_of_both_forms_are_found() -> None:
    one = b"\x90\x60" + bytes(10) + b"\xbe\xde\x00\x02" + b"\x10\x7f\x00\x31ab\x00\x00"
    assert rtp.extensions(one) == {1: b"\x7f", 3: b"ab"}
    two = b"\x90\x60" + bytes(10) + b"\x10\x00\x00\x02" + b"\x01\x01\x7f\x00\x03\x02ab"
    assert rtp.extensions(two) == {1: b"\x7f", 3: b"ab"}


@pytest.mark.parametrize(
    ("number", "highest", "expected"),
    [(5, 0x10004, 0x10005), (0, 0x1FFFF, 0x20000), (0xFFFF, 0x20000, 0x1FFFF), (7, 7, 7)],
)
def test_sequence_numbers_do_not_wrap(number: int, highest: int, expected: int) -> None:
    assert rtp.extended(number, highest) == expected


def test_reports_are_those_others_read() -> None:
    block = Report(7, 128, 3, 70_000, 12, 99, 65_536)
    (read,) = theirs.RtcpPacket.parse(rtcp.receiver_report(1, [block]))
    assert isinstance(read, theirs.RtcpRrPacket)
    found = read.reports[0]
    assert (found.ssrc, found.fraction_lost, found.packets_lost) == (7, 128, 3)
    assert (found.highest_sequence, found.jitter, found.lsr, found.dlsr) == (70_000, 12, 99, 65_536)
    (packet,) = rtcp.packets(rtcp.receiver_report(1, [block]))
    assert list(rtcp.reports(packet)) == [block]


def test_a_senders_moment_survives() -> None:
    info = SenderInfo(7, 1 << 62, 4_000_000_000, 5, 6)
    (packet,) = rtcp.packets(rtcp.sender_report(info))
    assert rtcp.sender_info(packet) == info


@pytest.mark.parametrize("numbers", [[5], [5, 6, 21, 22], [65_534, 65_535, 0, 1], [1, 100, 200]])
def test_what_is_missing_is_asked_for_by_number(numbers: list[int]) -> None:
    (packet,) = rtcp.packets(rtcp.nack(1, 2, numbers))
    assert rtcp.media_ssrc(packet) == 2
    assert rtcp.asked_again(packet) == numbers


@pytest.mark.parametrize("bits", [30_000, 262_143, 4_000_000, 1_000_000_000])
def test_an_estimate_is_kept_to_one_percent(bits: int) -> None:
    (packet,) = rtcp.packets(rtcp.remb(1, bits, [5]))
    assert rtcp.estimate(packet) == pytest.approx(bits, rel=0.01)
    assert theirs.unpack_remb_fci(packet.body[8:])[1] == [5]


def _told(feedback: bytes) -> dict[int, int | None]:
    """Arrivals in ticks of 250 us by number, read by the letter of the draft."""
    (packet,) = rtcp.packets(feedback)
    body = packet.body
    first, count = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    now = int.from_bytes(body[12:15], "big") * 256
    kinds, at = [], 16
    while len(kinds) < count:
        chunk = int.from_bytes(body[at : at + 2], "big")
        at += 2
        if not chunk >> 15:
            kinds += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            kinds += [chunk >> 12 - 2 * place & 3 for place in range(7)]
        else:
            kinds += [chunk >> 13 - place & 1 for place in range(14)]
    told: dict[int, int | None] = {}
    for number, kind in enumerate(kinds[:count], first):
        size = kind
        if size:
            now += int.from_bytes(body[at : at + size], "big", signed=size == 2)
        at += size
        told[number & 0xFFFF] = now if size else None
    assert at <= len(body) + 3
    return told


def test_arrivals_are_told_as_they_were_in_many_worlds() -> None:
    dice = Random(3)
    for _ in range(50):
        arrivals, noted = Arrivals(), {}
        number, now = dice.randrange(65_536), 70_000_000
        for _ in range(3):
            noted.clear()
            for _ in range(dice.randint(1, 60)):
                number += dice.choice((1, 1, 1, 1, 2, 9))
                now += dice.choice((0, 300, 5_000, 90_000))
                arrivals.note(number & 0xFFFF, now)
                noted[number & 0xFFFF] = now // 250
            feedback = arrivals.feedback(1, 2)
            assert feedback is not None
            assert {n: at for n, at in _told(feedback).items() if at is not None} == noted
            (packet,) = rtcp.packets(feedback)
            first, read = told(packet.body)
            assert {first + n & 0xFFFF: at for n, at in enumerate(read)} == _told(feedback)
        assert arrivals.feedback(1, 2) is None


def test_a_number_far_away_costs_nothing() -> None:
    arrivals = Arrivals()
    for number in (0, 30_000, 60_000):
        arrivals.note(number, 1)
    feedback = arrivals.feedback(1, 2)
    assert feedback is not None
    assert len(feedback) < 1_000


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x10\x00", (True, 0, 0, 0)),
        (b"\x10\x01", (False, 0, 0, 0)),
        (b"\x90\x80\x11\x00", (True, 0x11, 0, 0)),
        (b"\x90\xe0\x91\x23\x44\x80\x00", (True, 0x1123, 0x44, 2)),
        (b"\x80\xe0\x91\x23\x44\x80\x00", (False, 0x1123, 0x44, 2)),
        (b"\x11\x00", (False, 0, 0, 0)),
    ],
)
def test_a_vp8_payload_says_its_numbers(payload: bytes, expected: tuple[int, ...]) -> None:
    found = frames.vp8(payload, 0, len(payload))
    assert found is not None
    assert (found.is_key, found.picture, found.base, found.layer) == expected


@pytest.mark.parametrize(
    ("payload", "is_key"),
    [
        (b"\x65x", True),
        (b"\x67x", True),
        (b"\x61x", False),
        (b"\x7c\x85x", True),
        (b"\x7c\x05x", False),
        (b"\x18\x00\x02\x67a\x00\x02\x68b", True),
        (b"\x18\x00\x02\x61a\x00\x02\x61b", False),
        (b"", False),
    ],
)
def test_an_h264_payload_says_whether_a_key_frame_begins(payload: bytes, is_key: bool) -> None:
    assert frames.is_h264_key(payload, 0, len(payload)) is is_key


def test_whatever_comes_is_read_or_dropped_in_many_worlds() -> None:
    dice = Random(11)
    whole = [
        _check("ICE-CONTROLLING", "USE-CANDIDATE"),
        _rtp(csrc=[1], padding_size=3),
        b"\x90\x60"
        + bytes(10)
        + b"\xbe\xde\x00\x02"
        + b"\x10\x7f\x00\x31ab\x00\x00"
        + b"\x90\xe0\x91\x23",
        rtcp.receiver_report(1, [Report(7, 1, 1, 1, 1, 1, 1)]) + rtcp.nack(1, 2, [1, 2, 30]),
        rtcp.sender_report(SenderInfo(1, 2, 3, 4, 5)) + rtcp.remb(1, 10_000, [2]) + rtcp.goodbye(4),
    ]
    for _ in range(WORLDS):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.randint(0, 5)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        _read(bytes(data[: dice.randint(0, len(data))] if dice.random() < 0.3 else data))


def _read(data: bytes) -> None:
    request = stun.read(data)
    assert request is None or not request.is_proven(b"nobody knows this")
    begin = rtp.payload_at(data)
    if begin:
        end = rtp.payload_end(data, begin)
        assert begin <= end <= len(data)
        rtp.extensions(data)
        frames.vp8(data, begin, end)
        frames.is_h264_key(data, begin, end)
    for packet in rtcp.packets(data):
        rtcp.sender_info(packet)
        list(rtcp.reports(packet))
        rtcp.media_ssrc(packet)
        assert len(rtcp.asked_again(packet)) < rtcp.NACKS_MOST + 17
        rtcp.full_frame_ssrcs(packet)
        rtcp.estimate(packet)
        assert len(told(packet.body)[1]) <= HEARD_MOST


def test_a_signature_is_the_one_of_the_standard() -> None:
    request = stun.read(_check("ICE-CONTROLLING"))
    assert request is not None
    assert request.signature == hmac.digest(PASSWORD, request.signed, "sha1")
