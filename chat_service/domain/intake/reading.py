"""Reading JSON that nobody here declared."""

from __future__ import annotations

from typing import Any

from contracts.wire import JSON


def text(said: Any, *path: str) -> str:
    """The text at a path; empty if there is none."""
    found = _at(said, path)
    return found.replace("\0", "") if isinstance(found, str) else ""


def number(said: Any, *path: str) -> int:
    """The number at a path, or 0."""
    found = _at(said, path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def is_set(said: Any, *path: str) -> bool:
    """Whether a claim is made."""
    return _at(said, path) is True


def part(said: Any, *path: str) -> JSON:
    """The object at a path, or an empty one."""
    found = _at(said, path)
    return found if isinstance(found, dict) else {}


def parts(said: Any, *path: str) -> list[JSON]:
    """The objects in the list at a path."""
    found = _at(said, path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def address(said: Any, *path: str) -> str | None:
    """The web address at a path, if it is one."""
    found = text(said, *path)
    is_one = found.startswith(("http://", "https://")) and len(found) <= 2_048
    return found if is_one and not any(sign.isspace() for sign in found) else None


def cut(said: str, most: int) -> str:
    """A text of at most so many characters; a longer one says that it was cut."""
    said = said.strip()
    return said if len(said) <= most else said[: most - 1].rstrip() + "…"


def first_line(said: str, most: int) -> str:
    """What stands before the first break."""
    return cut(said.strip().partition("\n")[0], most)


def _at(said: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not isinstance(said, dict):
            return None
        said = said.get(step)
    return said
