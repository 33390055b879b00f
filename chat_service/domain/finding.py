"""What somebody searches for: texts, and marks that messages bear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from contracts.ids import Snowflake

_PIECES = re.compile(r'["“”]([^"“”]+)["“”]|(\S+)')
_MOST_PIECES = 20


@dataclass(frozen=True, slots=True)
class Question:
    """Texts that all have to be there; of each group of marks one; of the last ones none."""

    texts: tuple[str, ...] = ()
    marks: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    above: int = -1
    below: int = (1 << 63) - 1
    by_rank: bool = False
    is_rising: bool = False
    limit: int = 25
    offset: int = 0
    include_nsfw: bool = False


@dataclass
class Marks:
    """Gathers the marks of a question."""

    groups: list[tuple[str, ...]] = field(default_factory=list)
    without: list[str] = field(default_factory=list)

    def one_of(self, kind: str, values: Sequence[object] | None) -> None:
        """One of these marks has to be there; nothing given means nothing asked."""
        if values:
            self.groups.append(tuple(f"{kind}:{_plain(one)}" for one in values))

    def each(self, kind: str, values: Sequence[str] | None) -> None:
        """Each of these marks has to be there; one with a minus must not."""
        for one in values or ():
            if one.startswith("-"):
                self.without.append(f"{kind}:{one[1:]}")
            else:
                self.groups.append((f"{kind}:{one}",))

    def kinds(self, kind: str, values: Sequence[str] | None) -> None:
        """One of these, and none of those with a minus."""
        given = values or ()
        self.one_of(kind, [one for one in given if not one.startswith("-")])
        self.without += [f"{kind}:{one[1:]}" for one in given if one.startswith("-")]

    def whether(self, mark: str, *, is_there: bool | None) -> None:
        """It has to be there, or must not; None asks nothing."""
        if is_there is not None:
            if is_there:
                self.groups.append((mark,))
            else:
                self.without.append(mark)


def _plain(value: object) -> str:
    return f"{int(value)}" if isinstance(value, Snowflake) else str(value).lower()


def texts(content: str | None) -> tuple[str, ...]:
    """The pieces of a query: words, and phrases in quotation marks."""
    found = [phrase or word for phrase, word in _PIECES.findall(content or "")]
    return tuple(dict.fromkeys(found))[:_MOST_PIECES]
