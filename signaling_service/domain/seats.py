"""On which worker somebody sits who comes into a room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.rpc.media_legs import WORKERS_MOST


@dataclass(frozen=True, slots=True)
class Enough:
    """How much one worker takes before a room goes on on another."""

    people: int
    """Of one room."""
    packets: int
    """Forwarded in a second, of all its rooms."""


@dataclass(frozen=True, slots=True)
class Bench:
    """A worker, as somebody looks for a seat."""

    worker: str
    of_room: int
    """People of this room, and (below) of all rooms."""
    in_all: int = 0
    packets: int = 0
    busy: float = 0.0
    is_draining: bool = False
    is_linked: bool = True
    """Whether it shares rooms with others."""


def seat(home: str, benches: Sequence[Bench], enough: Enough) -> str:
    """Where the room is already, as long as there is room, at home first; then on the emptiest of
    the others. Nobody is refused: with nowhere else to go it gets tighter.
    """
    ours = sorted(
        (one for one in benches if one.of_room or one.worker == home),
        key=lambda one: (one.worker != home, one.worker),
    )
    others = [one for one in benches if one not in ours and one.is_linked]
    roomy = [one.worker for one in ours if one.of_room < enough.people and _is_fit(one, enough)]
    if roomy or not ours:
        return roomy[0] if roomy else home
    fit = [one for one in others if _is_fit(one, enough)]
    if fit and len(ours) < WORKERS_MOST and all(one.is_linked for one in ours):
        return min(fit, key=lambda one: (one.in_all, one.busy, one.worker)).worker
    return min(ours, key=lambda one: (one.of_room, one.packets)).worker


def _is_fit(one: Bench, enough: Enough) -> bool:
    return not one.is_draining and one.packets < enough.packets
