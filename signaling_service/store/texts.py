"""What Redis answers, as text."""

from __future__ import annotations

from typing import Any


def text(value: Any) -> str:
    """A name."""
    return value if isinstance(value, str) else str(value.decode())


def pair(value: Any) -> tuple[int, int]:
    """A place and a person, kept as `place:person`."""
    place, _, person = text(value).partition(":")
    return int(place), int(person)
