"""Pages of history: before, after or around a message, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from contracts import limits
from contracts.errors import Invalid

_ALL = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Page:
    """Up to `older` messages with id < `below`, up to `newer` with id >= `below`; the nearest."""

    below: int
    older: int
    newer: int


def page(asked: dict[str, str]) -> Page:
    """The page that a query asks for: around, else after, else before."""
    limit = _number(asked, "limit", limits.HISTORY_PAGE)
    if not 1 <= limit <= limits.HISTORY_PAGE_MAX:
        text = f"int value should be between 1 and {limits.HISTORY_PAGE_MAX}."
        raise Invalid({"limit": ("NUMBER_TYPE_MAX", text)})
    if "around" in asked:
        around = _number(asked, "around", 0)
        return Page(around, limit // 2, limit - limit // 2)
    if "after" in asked:
        return Page(_number(asked, "after", 0) + 1, 0, limit)
    return Page(_number(asked, "before", _ALL), limit, 0)


def _number(asked: dict[str, str], name: str, otherwise: int) -> int:
    text = asked.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) < _ALL):
        raise Invalid({name: ("NUMBER_TYPE_COERCE", f'Value "{text[:40]}" is not snowflake.')})
    return int(text)
