"""How long to wait before trying again. Pure: dice are passed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator


def delays(dice: Callable[[], float], *, first: float = 0.05, most: float = 5.0) -> Iterator[float]:
    """Endless delays that double up to `most`, each with full jitter (dice() in 0..1)."""
    ceiling = first
    while True:
        yield ceiling * (0.5 + 0.5 * dice())
        ceiling = min(ceiling * 2, most)
