"""What polls and quizzes may be, and what is to be seen of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from chat_service.domain.polls import Ballot, PollForm, Tally
from contracts.errors import DomainError, ErrorCode, Invalid

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DURING, AFTER = NOW + timedelta(hours=1), NOW + timedelta(hours=25)


def form(*answers: str, **more: Any) -> dict[str, Any]:
    medias = [{"poll_media": {"text": text}} for text in answers or ("yes", "no", "네")]
    return {"question": {"text": "Shall we?"}, "answers": medias, **more}


def ballot(**more: Any) -> Ballot:
    asked = PollForm.model_validate(form(**more)).asked()
    return asked.ballot(NOW, [answer.emoji for answer in asked.answers])


QUIZ = {"quiz": {"correct_answer_ids": [2], "explanation": "because"}}


def test_a_poll_is_kept_as_json_and_read_again() -> None:
    emoji = {"poll_media": {"text": "custom", "emoji": {"id": "77", "name": "wave"}}}
    sign = {"poll_media": {"text": "sign", "emoji": {"name": "🎉"}}}
    for wanted in (form(), form(**QUIZ), {**form(), "answers": [emoji, sign]}):
        asked = PollForm.model_validate(wanted).asked()
        one = asked.ballot(NOW, [answer.emoji for answer in asked.answers])
        for kept in (one, one.over()):
            assert Ballot.read(orjson.loads(orjson.dumps(kept.kept()))) == kept


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        (form(question={"text": "  "}), "poll.question.text"),
        (form(question={}), "poll.question.text"),
        (form("yes", ""), "poll.answers.1.poll_media.text"),
        (form("x" * 56), "poll.answers.0.poll_media.text"),
        (form(quiz={"correct_answer_ids": [4]}), "poll.quiz.correct_answer_ids"),
        (form(quiz={"correct_answer_ids": [0]}), "poll.quiz.correct_answer_ids"),
    ],
)
def test_what_is_wrong_is_named_at_its_field(asked: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        PollForm.model_validate(asked).asked()
    assert set(refused.value.fields) == {path}


def test_votes_are_for_what_is_asked_while_it_is_asked() -> None:
    single, several = ballot(), ballot(allow_multiselect=True)
    assert single.chosen([3], DURING) == {3}
    assert single.chosen([], DURING) == frozenset()
    assert several.chosen([1, 3, 3], DURING) == {1, 3}
    for wrong, answers in ((single, [1, 2]), (single, [4]), (several, [0])):
        with pytest.raises(Invalid):
            wrong.chosen(answers, DURING)
    for late, when in ((single, AFTER), (single.over(), DURING)):
        with pytest.raises(DomainError) as refused:
            late.chosen([1], when)
        assert refused.value.error is ErrorCode.POLL_EXPIRED


def test_a_quiz_shows_while_it_runs_nothing_but_ones_own_choice() -> None:
    quiz, tally = ballot(**QUIZ), Tally({1: 3, 2: 5}, frozenset({1}))
    shown = quiz.shown(tally).dump()
    assert shown["results"] == {
        "is_finalized": False,
        "answer_counts": [{"id": 1, "count": 1, "me_voted": True}],
    }
    assert shown["quiz"] == {"correct_answer_ids": None, "explanation": None}
    over = quiz.over().shown(tally).dump()
    assert [one["count"] for one in over["results"]["answer_counts"]] == [3, 5]
    assert over["quiz"] == {"correct_answer_ids": [2], "explanation": "because"}
    assert "quiz" not in ballot().shown(tally).dump()


def test_the_result_names_a_winner_only_if_there_is_one() -> None:
    def told(totals: dict[int, int]) -> dict[str, str]:
        fields = ballot().result(Tally(totals))["fields"]
        return {field["name"]: field["value"] for field in fields}

    assert told({1: 2, 3: 5})["victor_answer_text"] == "네"
    for nobody in ({}, {1: 2, 2: 2}):
        assert "victor_answer_id" not in told(nobody)
