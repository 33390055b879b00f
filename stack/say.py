"""The only place that prints: steps, tables, log lines and troubles, coloured on a terminal."""

from __future__ import annotations

import sys
from typing import TextIO

from stack.environ import given
from stack.trouble import Trouble

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "blue": 34, "magenta": 35, "cyan": 36, "grey": 90}
NAMES = ("cyan", "green", "magenta", "blue", "yellow")


def line(text: str = "", *, to: TextIO | None = None) -> None:
    """One line; nobody reading is no failure."""
    try:
        print(text, file=to or sys.stdout, flush=True)
    except BrokenPipeError:
        sys.stdout = open("/dev/null", "w")  # noqa: SIM115


def step(text: str) -> None:
    """What happens now."""
    line(f"{paint('moim:', 'grey')} {text}")


def trouble(found: Trouble) -> None:
    """What went wrong, and the mend."""
    line(f"{paint('moim:', 'red')} {found.sentence}", to=sys.stderr)
    if found.mend:
        line(f"      {found.mend}", to=sys.stderr)


def paint(text: str, colour: str) -> str:
    """Coloured, if a person looks."""
    if not sys.stdout.isatty() or given("NO_COLOR"):
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def table(rows: list[tuple[str, ...]]) -> None:
    """Columns as wide as their widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line("  ".join(cells).rstrip())
