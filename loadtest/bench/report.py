"""How a bench speaks: progress while it runs, one JSON line at the end."""

from __future__ import annotations

import json
import sys
from typing import Any


def progress(text: str) -> None:
    """A line for whoever waits."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def result(bench: str, goals: list[dict[str, Any]], **figures: Any) -> int:
    """The closing line, and the exit code: 0 when every goal holds."""
    holds = all(goal["holds"] for goal in goals)
    sys.stdout.write(json.dumps({"bench": bench, "holds": holds, "goals": goals, **figures}) + "\n")
    return 0 if holds else 1


def goal(
    name: str,
    ours: float,
    reference: float,
    at_most: float | None = None,
    *,
    at_least: float | None = None,
) -> dict[str, Any]:
    """Ours against the reference: the ratio has to be at most, or at least, this."""
    ratio = ours / reference if reference else float("inf")
    if at_most is not None:
        holds, limit = ratio <= at_most, f"ratio <= {at_most}"
    else:
        assert at_least is not None
        holds, limit = ratio >= at_least, f"ratio >= {at_least}"
    return {
        "name": name,
        "ours": round(ours, 4),
        "reference": round(reference, 4),
        "ratio": round(ratio, 3),
        "goal": limit,
        "holds": holds,
    }


def bound(name: str, ours: float, at_most: float) -> dict[str, Any]:
    """Ours against a fixed bound."""
    return {"name": name, "ours": round(ours, 3), "goal": f"<= {at_most}", "holds": ours <= at_most}


def floor(name: str, ours: float, at_least: float) -> dict[str, Any]:
    """Ours against a fixed least."""
    return {
        "name": name,
        "ours": round(ours, 3),
        "goal": f">= {at_least}",
        "holds": ours >= at_least,
    }
