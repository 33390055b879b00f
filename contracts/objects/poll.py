"""Polls, and quizzes: polls with a right answer."""

from __future__ import annotations

from typing import ClassVar

from contracts.objects.reaction import Emoji
from contracts.objects.user import User
from contracts.wire import Timestamp, Wire


class PollMedia(Wire):
    """What stands in a question or an answer."""

    omit: ClassVar[frozenset[str]] = frozenset({"emoji"})

    text: str
    emoji: Emoji | None = None


class PollAnswer(Wire):
    """One answer to choose."""

    answer_id: int
    poll_media: PollMedia


class PollCount(Wire):
    """How often an answer was chosen."""

    id: int
    count: int
    me_voted: bool


class PollResults(Wire):
    """All counts; of a quiz that runs, only one's own choice."""

    is_finalized: bool
    answer_counts: tuple[PollCount, ...]


class Quiz(Wire):
    """What makes a poll a quiz. Both are null until it ends."""

    correct_answer_ids: tuple[int, ...] | None = None
    explanation: str | None = None


class Poll(Wire):
    """A question in a message."""

    omit: ClassVar[frozenset[str]] = frozenset({"quiz"})

    question: PollMedia
    answers: tuple[PollAnswer, ...]
    expiry: Timestamp
    allow_multiselect: bool
    layout_type: int = 1
    results: PollResults
    quiz: Quiz | None = None


class Voters(Wire):
    """Who chose an answer."""

    users: tuple[User, ...]


class Score(Wire):
    """How somebody has done in the quizzes of a channel."""

    rank: int
    user: User
    right: int
    answered: int


class ScoreBoard(Wire):
    """The best first; who shares a score shares a rank."""

    quizzes: int
    scores: tuple[Score, ...]
