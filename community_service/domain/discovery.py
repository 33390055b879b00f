"""Communities that strangers may find: what they are about, and how they are looked for."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.errors import DomainError, Invalid

DISCOVERABLE = "DISCOVERABLE"
KEYWORDS_MAX = 10
KEYWORD_MAX = 30
QUERY_MAX = 100

CATEGORIES: dict[int, dict[str, str]] = {
    0: {"en": "General", "ko": "일반"},
    1: {"en": "Gaming", "ko": "게임"},
    2: {"en": "Music", "ko": "음악"},
    3: {"en": "Entertainment", "ko": "엔터테인먼트"},
    4: {"en": "Science & Tech", "ko": "과학과 기술"},
    5: {"en": "Education", "ko": "교육"},
    6: {"en": "Study groups", "ko": "스터디"},
    7: {"en": "Books", "ko": "책"},
    8: {"en": "Art & Design", "ko": "예술과 디자인"},
    9: {"en": "Sports & Health", "ko": "운동과 건강"},
    10: {"en": "Local", "ko": "동네"},
}
"""Names in the languages that clients are shown in."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How a community shows itself to strangers."""

    guild_id: int
    category: int = 0
    keywords: tuple[str, ...] = ()
    member_count: int = 0
    """As last counted."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a stranger looks for. Nothing said means everything, the largest first."""

    text: str = ""
    categories: tuple[int, ...] = ()
    language: str | None = None
    limit: int = 48
    offset: int = 0


def is_category(category: int) -> DomainError | None:
    """Whether there is such a category."""
    if category in CATEGORIES:
        return None
    return Invalid({"primary_category_id": ("BASE_TYPE_CHOICES", "There is no such category.")})


def tidy(keywords: tuple[str, ...]) -> tuple[str, ...]:
    """Keywords without doubles and empty ones, in the order given."""
    cleaned = (" ".join(keyword.split()) for keyword in keywords)
    return tuple(dict.fromkeys(keyword for keyword in cleaned if keyword))


def escaped(text: str) -> str:
    """The text as a pattern that finds it and nothing else."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
