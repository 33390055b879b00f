"""Words and patterns that rules of automatic moderation look for, in whatever somebody calls
themselves or says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts import patterns
from contracts.lookalikes import forms


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase; with a star, whatever it begins or ends with."""

    given: str
    bare: str
    begins: bool
    ends: bool
    """Whether words begin and end with it."""

    @classmethod
    def of(cls, given: str) -> Keyword:
        """As it was written."""
        bare = forms(given.strip("*").strip())[-1]
        return cls(given, bare, not given.startswith("*"), not given.endswith("*"))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where it stands."""
        start = text.find(self.bare) if self.bare else -1
        while start >= 0:
            end = start + len(self.bare)
            if not (self.begins and _is_within(text, start)) and not (
                self.ends and _is_within(text, end)
            ):
                yield start, end
            start = text.find(self.bare, start + 1)


def _is_within(text: str, at: int) -> bool:
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()


def _word_at(text: str, start: int, end: int) -> str:
    while start and text[start - 1].isalnum():
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[start:end]


class Words:
    """What is looked for, and what is let pass."""

    def __init__(
        self, keywords: Sequence[str], allowed: Sequence[str] = (), regexes: Sequence[str] = ()
    ) -> None:
        self._keywords = [Keyword.of(one) for one in keywords]
        self._exceptions = [Keyword.of(one) for one in allowed]
        self._regexes = tuple(regexes)

    def met(self, given: str, shown: Sequence[str] = ()) -> tuple[str, str] | None:
        """What was found first: as it is looked for, and as it stands there. `shown`: the forms of
        the text, where they are known.
        """
        shown = shown or forms(given)
        for text in shown:
            for keyword in self._keywords:
                for start, end in keyword.places(text):
                    if not self._is_allowed(_word_at(text, start, end)):
                        return keyword.given, text[start:end]
        for pattern in self._regexes:
            for text in (given, *shown):
                matched = patterns.search(pattern, text)
                if matched is not None and not self._is_allowed(matched.lower()):
                    return pattern, matched
        return None

    def _is_allowed(self, word: str) -> bool:
        return any(next(one.places(word), None) is not None for one in self._exceptions)
