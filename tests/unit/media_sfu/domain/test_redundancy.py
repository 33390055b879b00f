"""Voices that bring along what they said just before."""

from __future__ import annotations

from media_sfu.domain import codecs
from media_sfu.domain.redundancy import Need, apart, together
from media_sfu.domain.sdp import Section


def test_what_was_before_comes_along_as_the_standard_writes_it() -> None:
    """RFC 2198, 3: flag, payload type, offset, length; the last block says its type alone."""
    made = together(111, 2_880, b"now", [(960, b"older"), (1_920, b"old")])
    older = bytes((0x80 | 111, 1_920 >> 6, (1_920 & 63) << 2, 5))
    old = bytes((0x80 | 111, 960 >> 6, (960 & 63) << 2, 3))
    assert made == older + old + bytes((111,)) + b"older" + b"old" + b"now"


def test_what_is_too_old_too_large_or_not_before_stays_away() -> None:
    earlier = [
        (0, b"long ago"),
        (99_000, bytes(1_024)),
        (100_000, b"the same"),
        (101_000, b"later"),
    ]
    assert together(111, 100_000, b"now", earlier) == bytes((111,)) + b"now"
    assert together(111, 100, b"now", [((1 << 32) - 860, b"old")]).endswith(b"oldnow")


def test_it_is_needed_where_much_is_missed_and_for_a_while_after() -> None:
    need = Need()
    for _ in range(10):
        need.missed(1)
        assert not any(need.judge() for _ in range(6)), "one now and then is repeated"
    need.missed(3)
    assert need.judge()
    lasted = 0
    while need.judge():
        lasted += 1
    assert 3 <= lasted <= 20


def test_it_is_sent_to_those_who_say_that_they_take_it() -> None:
    section = Section("audio", 9, "UDP/TLS/RTP/SAVPF", ["111", "63"])
    section.add("rtpmap", "111 opus/48000/2")
    assert codecs.red(section) == 0
    section.add("rtpmap", "63 red/48000/2")
    section.add("fmtp", "63 111/111")
    assert codecs.red(section) == 63
    section.formats.remove("63")
    assert codecs.red(section) == 0


def test_it_is_sent_on_as_its_publisher_sends_it_and_more_of_it_where_much_is_missed() -> None:
    need = Need()
    need.give(1)
    assert (need.is_there, need.reach) == (True, 1)
    need.missed(5)
    assert need.judge()
    assert need.reach == 2
    while need.reach == 2:
        need.judge()
    assert (need.is_there, need.reach) == (True, 1)


def test_what_was_put_together_comes_apart() -> None:
    made = together(111, 2_880, b"now", [(960, b"older"), (1_920, b"")])
    assert apart(111, made) == [(1_920, b"older"), (960, b""), (0, b"now")]
    assert apart(111, b"\x6fnow") == [(0, b"now")]


def test_of_what_is_torn_or_holds_something_else_nothing_is_taken() -> None:
    made = together(111, 960, b"", [(0, b"before")])
    for length in range(len(made)):
        assert apart(111, made[:length]) == []
    assert apart(110, made) == []
    assert apart(111, b"\xef\x00\x00\x00" * 40 + b"\x6f") == []
