"""A poll as it is kept with its message: the question, the answers, until when, and for a quiz
which answers are right. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from chat_service.domain.emojis import Emoji, is_unicode
from contracts import limits
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.ids import EmojiId, Snowflake
from contracts.objects.poll import Poll, PollAnswer, PollCount, PollMedia, PollResults, Quiz
from contracts.objects.reaction import Emoji as EmojiShape
from contracts.wire import JSON, Form, Text, timestamp

_OptionalText = Annotated[Text | None, Field(max_length=limits.POLL_QUESTION)]


class EmojiForm(Form):
    """A unicode emoji by name, or a guild's by id."""

    id: EmojiId | None = None
    name: Annotated[Text | None, Field(max_length=32)] = None
    animated: bool | None = None


class MediaForm(Form):
    """What a question or an answer shows."""

    text: _OptionalText = None
    emoji: EmojiForm | None = None


class AnswerForm(Form):
    """One answer."""

    poll_media: MediaForm


class QuizForm(Form):
    """Which answers are right, counted from 1."""

    correct_answer_ids: Annotated[
        tuple[int, ...], Field(min_length=1, max_length=limits.POLL_ANSWERS)
    ]
    explanation: Annotated[Text | None, Field(max_length=limits.QUIZ_EXPLANATION)] = None


class PollForm(Form):
    """The `poll` of a new message."""

    question: MediaForm
    answers: Annotated[tuple[AnswerForm, ...], Field(min_length=1, max_length=limits.POLL_ANSWERS)]
    duration: Annotated[int | None, Field(ge=1, le=limits.POLL_HOURS)] = None
    allow_multiselect: bool | None = None
    layout_type: Annotated[int | None, Field(ge=1, le=1)] = None
    quiz: QuizForm | None = None

    def asked(self) -> Asked:
        """The poll that is wanted."""
        errors: dict[str, tuple[str, str]] = {}
        question = (self.question.text or "").strip()
        if not question:
            errors["poll.question.text"] = _REQUIRED
        answers: list[Answer] = []
        for at, each in enumerate(self.answers):
            text = (each.poll_media.text or "").strip()
            if not 0 < len(text) <= limits.POLL_ANSWER:
                errors[f"poll.answers.{at}.poll_media.text"] = _LENGTH
            answers.append(Answer(text, _emoji(each.poll_media.emoji)))
        right = frozenset(self.quiz.correct_answer_ids) if self.quiz else frozenset()
        if not right <= set(range(1, len(answers) + 1)):
            errors["poll.quiz.correct_answer_ids"] = _NOT_AN_ANSWER
        if errors:
            raise Invalid(errors)
        return Asked(
            question,
            tuple(answers),
            hours=self.duration or limits.POLL_HOURS_DEFAULT,
            is_multiple=bool(self.allow_multiselect),
            right=right,
            explanation=self.quiz.explanation if self.quiz else None,
        )


_REQUIRED = ("BASE_TYPE_REQUIRED", "This field is required")
_LENGTH = ("BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {limits.POLL_ANSWER} in length.")
_NOT_AN_ANSWER = ("BASE_TYPE_CHOICES", "Must be numbers of answers, counted from 1.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be chosen; answers are numbered from 1."""

    text: str
    emoji: Emoji | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A poll about to be asked."""

    question: str
    answers: tuple[Answer, ...]
    hours: int
    is_multiple: bool = False
    right: frozenset[int] = frozenset()
    explanation: str | None = None

    def ballot(self, now: datetime, emojis: Sequence[Emoji | None]) -> Ballot:
        """The poll from now on, with its emojis as they are called."""
        answers = tuple(
            replace(answer, emoji=emoji) for answer, emoji in zip(self.answers, emojis, strict=True)
        )
        closes = now + timedelta(hours=self.hours)
        return Ballot(
            self.question, answers, closes, self.is_multiple, self.right, self.explanation
        )


@dataclass(frozen=True, slots=True)
class Ballot:
    """A poll that was asked."""

    question: str
    answers: tuple[Answer, ...]
    closes: datetime
    is_multiple: bool = False
    right: frozenset[int] = frozenset()
    explanation: str | None = None
    is_over: bool = False

    @classmethod
    def read(cls, kept: JSON) -> Ballot:
        """As it was kept."""
        return cls(
            kept["question"],
            tuple(Answer(one["text"], _kept_emoji(one.get("emoji"))) for one in kept["answers"]),
            datetime.fromisoformat(kept["closes"]),
            kept["is_multiple"],
            frozenset(kept.get("right", ())),
            kept.get("explanation"),
            kept.get("is_over", False),
        )

    def kept(self) -> JSON:
        """As it is kept, as JSON."""
        kept: JSON = {
            "question": self.question,
            "answers": [_kept_answer(answer) for answer in self.answers],
            "closes": timestamp(self.closes),
            "is_multiple": self.is_multiple,
        }
        if self.right:
            kept |= {"right": sorted(self.right), "explanation": self.explanation}
        return kept | {"is_over": True} if self.is_over else kept

    @property
    def is_quiz(self) -> bool:
        """Whether some answers are right."""
        return bool(self.right)

    @property
    def is_secret(self) -> bool:
        """Whether nobody may learn yet what others have chosen."""
        return self.is_quiz and not self.is_over

    def chosen(self, answer_ids: Collection[int], now: datetime) -> frozenset[int]:
        """A vote, if it can be cast."""
        if self.is_over or now >= self.closes:
            raise DomainError(ErrorCode.POLL_EXPIRED)
        wanted = frozenset(answer_ids)
        if not wanted <= set(range(1, len(self.answers) + 1)):
            raise Invalid({"answer_ids": _NOT_AN_ANSWER})
        if len(wanted) > 1 and not self.is_multiple:
            raise Invalid({"answer_ids": ("BASE_TYPE_MAX_LENGTH", "Only one answer is possible.")})
        return wanted

    def over(self) -> Ballot:
        """The same, closed."""
        return replace(self, is_over=True)

    def shown(self, tally: Tally) -> Poll:
        """As its readers see it. Of a quiz that runs they see their own choice."""
        seen = dict.fromkeys(tally.mine, 1) if self.is_secret else tally.totals
        counts = tuple(
            PollCount(id=answer, count=total, me_voted=answer in tally.mine)
            for answer, total in sorted(seen.items())
            if total
        )
        return Poll(
            question=PollMedia(text=self.question),
            answers=tuple(
                PollAnswer(answer_id=number, poll_media=_media(answer))
                for number, answer in enumerate(self.answers, 1)
            ),
            expiry=self.closes,
            allow_multiselect=self.is_multiple,
            results=PollResults(is_finalized=self.is_over, answer_counts=counts),
            quiz=self._quiz() if self.is_quiz else None,
        )

    def result(self, tally: Tally) -> JSON:
        """How it went, as the embed of the message that tells it."""
        said: dict[str, object] = {
            "poll_question_text": self.question,
            "victor_answer_votes": max(tally.totals.values(), default=0),
            "total_votes": sum(tally.totals.values()),
        }
        if (winner := tally.winner) is not None:
            answer = self.answers[winner - 1]
            said |= {"victor_answer_id": winner, "victor_answer_text": answer.text}
            if answer.emoji is not None:
                said["victor_answer_emoji_name"] = answer.emoji.name
                said["victor_answer_emoji_animated"] = str(answer.emoji.is_animated).lower()
                if answer.emoji.id is not None:
                    said["victor_answer_emoji_id"] = answer.emoji.id
        fields = [{"name": name, "value": str(it), "inline": False} for name, it in said.items()]
        return {"type": "poll_result", "fields": fields}

    def _quiz(self) -> Quiz:
        if self.is_secret:
            return Quiz()
        return Quiz(correct_answer_ids=tuple(sorted(self.right)), explanation=self.explanation)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was chosen, as one reader may know it."""

    totals: Mapping[int, int] = field(default_factory=dict)
    mine: frozenset[int] = frozenset()

    @property
    def winner(self) -> int | None:
        """The answer chosen most; None if none was, or several were."""
        most = max(self.totals.values(), default=0)
        best = [answer for answer, total in self.totals.items() if total == most]
        return best[0] if most and len(best) == 1 else None


def _emoji(form: EmojiForm | None) -> Emoji | None:
    if form is None or (form.id is None and not form.name):
        return None
    if form.id is None and not is_unicode(form.name or ""):
        raise DomainError(ErrorCode.POLL_EMOJI)
    return Emoji(form.name or "", form.id and int(form.id), bool(form.animated))


def _media(answer: Answer) -> PollMedia:
    emoji = answer.emoji
    if emoji is None:
        return PollMedia(text=answer.text)
    shown = EmojiShape(
        id=emoji.id and Snowflake(emoji.id), name=emoji.name, animated=emoji.is_animated
    )
    return PollMedia(text=answer.text, emoji=shown)


def _kept_answer(answer: Answer) -> JSON:
    if answer.emoji is None:
        return {"text": answer.text}
    emoji = answer.emoji
    return {"text": answer.text, "emoji": [emoji.name, emoji.id, emoji.is_animated]}


def _kept_emoji(kept: list[object] | None) -> Emoji | None:
    return None if kept is None else Emoji(*kept)  # type: ignore[arg-type]
