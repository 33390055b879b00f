"""Questions and answers of a lane, however the network cuts them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import lane

words = st.from_regex(rb"[!-~]{1,20}", fullmatch=True)
turns = st.integers(1, 10**9).map(lambda turn: b"%d" % turn)
asked = st.builds(lane.Question, turns, words, words, words, words, st.binary(max_size=60))
answered = st.builds(
    lane.Answer, turns, st.integers(200, 599), st.binary(max_size=40), st.binary(max_size=60)
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(at)]


@given(st.lists(asked, max_size=5), st.lists(st.integers(0, 1_000), max_size=8))
def test_questions_survive_any_cut(said: list[lane.Question], cuts: list[int]) -> None:
    heard, rest = [], b""
    for piece in pieces(b"".join(map(lane.ask, said)), cuts):
        found, rest = lane.questions(rest + piece)
        heard += found
    assert (heard, rest) == (said, b"")


@given(st.lists(answered, max_size=5), st.lists(st.integers(0, 1_000), max_size=8))
def test_answers_survive_any_cut(said: list[lane.Answer], cuts: list[int]) -> None:
    heard, rest = [], b""
    for piece in pieces(b"".join(lane.reply(*answer) for answer in said), cuts):
        found, rest = lane.answers(rest + piece)
        heard += found
    assert (heard, rest) == (said, b"")


@pytest.mark.parametrize(
    "data", [b"hello\n", b"1 POST /x who id -1\n", b"1 POST /x who id two\n", b"x" * 20_000]
)
def test_what_is_no_question_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        lane.questions(data)


@pytest.mark.parametrize("data", [b"hello\n", b"1 200 -1 2\n{}", b"1 ok 0 2\n{}"])
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        lane.answers(data)


def test_a_farewell_answers_nobody() -> None:
    ((farewell,), rest) = lane.answers(lane.FAREWELL)
    assert (farewell.turn, rest) == (lane.NO_TURN, b"")
