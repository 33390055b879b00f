"""How good a connection feels, from loss and delay."""

from __future__ import annotations


def score(loss: float, rtt: float) -> float:
    """0 to 1: 5 % lost or 400 ms there and back are noticed, 20 % or a second hurt."""
    for_loss = max(0.0, 1.0 - loss * 5)
    for_delay = max(0.0, 1.0 - max(0.0, rtt - 0.1) / 0.9)
    return round(for_loss * for_delay, 2)
