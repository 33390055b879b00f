"""Streams, lines and voices: numbers made continuous, gaps, budgets, who speaks."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from media_sfu.domain.allocation import GUESS, UNBOUNDED, Budget, Want, allocate, most_useful
from media_sfu.domain.intake import History, Intake, Kept
from media_sfu.domain.levels import Loudness
from media_sfu.domain.rating import score


def _taken(numbers: list[int]) -> Intake:
    intake = Intake(90_000)
    for step, number in enumerate(numbers):
        intake.take(number, step * 0.01, 100)
    return intake


def test_a_gap_is_asked_for_until_it_is_filled_and_not_for_ever() -> None:
    intake = _taken([65_534, 1])
    missing = [number & 0xFFFF for number in intake.gaps.due(0.03)]
    assert missing == [65_535, 0]
    assert intake.gaps.due(0.035) == []
    intake.take(65_535, 0.05, 100)
    asked = [len(intake.gaps.due(0.03 + step * 0.01)) for step in range(200)]
    assert sum(asked) == 5
    assert not intake.gaps


def test_a_report_counts_what_never_came() -> None:
    intake = _taken([10, 11, 13, 14])
    first = intake.report(5, 0, 0)
    assert (first.lost, first.highest & 0xFFFF) == (1, 14)
    assert first.lost_share == 256 // 5
    intake.take(15, 1, 100)
    assert intake.report(5, 0, 0).lost_share == 0


def test_padding_leaves_no_hole() -> None:
    intake = _taken([10, 11])
    kept = [intake.closed(intake.take(12, 0, 1))]
    for number in (13, 14, 15):
        intake.skip(intake.take(number, 0, 1))
    kept.append(intake.closed(intake.take(16, 0, 1)))
    kept.append(intake.closed(intake.take(12, 0, 1)))
    assert kept[1] == kept[0] + 1
    assert kept[2] == kept[0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.booleans(), min_size=150, max_size=200))
def test_whatever_is_padding_the_rest_is_numbered_without_holes(padding: list[bool]) -> None:
    intake, before = Intake(90_000), None
    for number, is_padding in enumerate(padding):
        taken = intake.take(number, 0, 1)
        if is_padding:
            intake.skip(taken)
            continue
        closed = intake.closed(taken)
        assert before is None or closed == before + 1
        before = closed


def test_a_late_packet_of_no_use_is_none() -> None:
    assert _taken([5_000, 9_000]).take(5_001, 1, 1) == -1


def test_history_knows_the_last_ones_only() -> None:
    history = History(4)
    for number in range(100, 106):
        history.keep(Kept(number, b"%d" % number, 0))
    assert history.find(101) is None
    found = history.find(103)
    assert found is not None
    assert found.packet == b"103"


def test_everybody_gets_something_before_anybody_gets_more() -> None:
    wants = [Want(name, (100, 300, 900), 2) for name in "abc"]
    assert allocate(wants, 299) == {"a": 0, "b": 0, "c": -1}
    assert allocate(wants, 500) == {"a": 1, "b": 0, "c": 0}
    assert allocate(wants, 10_000) == {"a": 2, "b": 2, "c": 2}


def test_who_matters_comes_first_and_no_more_than_wished() -> None:
    wants = [Want("a", (100, 300), 1), Want("b", (100, 300), 1, priority=5), Want("c", (100,), -1)]
    assert allocate(wants, 400) == {"b": 1, "a": 0, "c": -1}
    assert allocate(wants, 50) == {"b": 0, "a": -1, "c": -1}
    assert allocate([Want("a", (0, 0, 0), 2)], sum(GUESS)) == {"a": 2}


def test_a_picture_of_a_size_needs_no_larger_layer() -> None:
    sizes = [(320, 180), (640, 360), (1280, 720)]
    assert [most_useful(sizes, wide, wide * 9 // 16) for wide in (100, 320, 321, 4_000)] == [
        0,
        0,
        1,
        2,
    ]


def test_a_budget_falls_on_evidence_and_climbs_back_slowly() -> None:
    budget = Budget()
    assert budget.judge(0, 2_000_000, 0.0, 3_000_000) == UNBOUNDED
    budget.judge(1, 2_000_000, 0.3, None)
    fallen = budget.judge(2, 2_000_000, 0.3, None)
    assert fallen == 1_400_000
    assert budget.judge(3, 1_400_000, 0.0, None) == fallen
    climbed = budget.judge(6, 1_400_000, 0.0, None)
    assert fallen < climbed < UNBOUNDED
    for second in range(7, 60):
        budget.judge(second, 1_400_000, 0.0, None)
    assert budget.bits == UNBOUNDED


def test_a_squeezed_line_is_believed() -> None:
    budget = Budget()
    for second in range(2):
        budget.judge(second, 2_000_000, 0.0, 400_000)
    assert budget.bits == 400_000


def test_a_word_is_speech_a_click_is_not_and_a_pause_is_no_end() -> None:
    voice = Loudness()
    voice.note(10, 0.0)
    assert not voice.judge(0.0)
    for step in range(1, 5):
        voice.note(10, step * 0.02)
    assert voice.judge(0.08)
    for step in range(30):
        voice.note(127, 0.1 + step * 0.02)
    assert voice.judge(0.7)
    assert not voice.judge(1.5)
    assert voice.volume(9.0) == 0


def test_loss_and_delay_cost_quality() -> None:
    assert score(0, 0.05) == 1
    assert 0.5 <= score(0.05, 0.1) < 0.8
    assert score(0.2, 0.1) == 0
    assert score(0.01, 1.5) == 0
