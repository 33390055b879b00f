"""Makes a JSON log line readable. Pure; colours are passed in."""

from __future__ import annotations

import json
from collections.abc import Callable

_APART = frozenset({"at", "level", "event", "service", "instance", "exc"})
_COLOURS = {"warning": "yellow", "error": "red", "critical": "red"}


def readable(line: str, paint: Callable[[str, str], str] = lambda text, _: text) -> list[str]:
    """A JSON log line for people, with its trace below; any other line as it is."""
    try:
        said = json.loads(line)
        at, level, event = str(said["at"]), str(said["level"]), str(said["event"])
    except (ValueError, KeyError, TypeError):
        return [line]
    fields = " ".join(f"{name}={value}" for name, value in said.items() if name not in _APART)
    mark = paint(level.ljust(7), _COLOURS.get(level, "grey"))
    trace = str(said.get("exc", "")).splitlines()
    return [f"{at[11:23]} {mark} {event} {fields}".rstrip(), *(f"    {text}" for text in trace)]
