"""Where channels of a guild stand: positions among siblings, and the categories they are in.

Siblings are in one category and of one sort: channels to read, channels to hear, and categories
(which are in none) are listed apart by every client, and numbered apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count, islice

from community_service.domain.channels import AUDIBLE, Channel, can_hold, can_take_in
from contracts.errors import DomainError, ErrorCode, NotFound
from contracts.objects.channel import ChannelType

_Row = tuple[int | None, int]


@dataclass(frozen=True, slots=True)
class Move:
    """Where a channel is to go."""

    position: int | None = None
    """None: where it is, or after the last one of another category."""
    changes_parent: bool = False
    parent_id: int | None = None
    is_synced: bool = False
    """Whether it takes the overwrites of the category it is then in."""


def row_of(channel: Channel) -> _Row:
    """Which channels it stands beside."""
    sort = 2 if channel.type is ChannelType.CATEGORY else int(channel.type in AUDIBLE)
    return channel.parent_id, sort


def moved(channels: Sequence[Channel], moves: Mapping[int, Move]) -> list[Channel]:
    """All channels after the moves. What is named stands exactly where it was asked to; siblings
    give way within the places they had, in their order.
    """
    by_id = {channel.id: channel for channel in channels}
    after = {channel.id: _reparented(channel, moves.get(channel.id)) for channel in channels}
    asked = {
        one: move.position
        for one, move in moves.items()
        if move.position is not None and one in after
    }
    for one in moves.keys() & after.keys():
        if one not in asked and row_of(after[one]) != row_of(by_id[one]):
            asked[one] = _free(after[one], after.values())
    for row in {row_of(after[one]) for one in asked}:
        siblings = [channel for channel in after.values() if row_of(channel) == row]
        had = {channel.position for channel in channels if row_of(channel) == row}
        for one, place in _placed(siblings, asked, had).items():
            after[one] = replace(after[one], position=place)
    for one, move in moves.items():
        parent = after.get(after[one].parent_id or 0) if one in after else None
        if move.is_synced and parent is not None:
            after[one] = replace(after[one], overwrites=parent.overwrites)
    return list(after.values())


def can_stand(before: Sequence[Channel], after: Sequence[Channel]) -> DomainError | None:
    """Whether every channel that changes its category may be in the new one."""
    old = {channel.id: channel for channel in before}
    crowd = Counter(channel.parent_id for channel in after)
    for channel in after:
        if channel.parent_id is None or channel.parent_id == old[channel.id].parent_id:
            continue
        parent = old.get(channel.parent_id)
        refusal = can_hold(channel.type, parent, channel.guild_id)
        refusal = refusal or can_take_in(crowd[channel.parent_id])
        if refusal is not None:
            return refusal
    return None


def known(channels: Iterable[Channel], named: Iterable[int]) -> DomainError | None:
    """Whether all that are named are channels of the guild."""
    missing = set(named) - {channel.id for channel in channels}
    return NotFound(ErrorCode.UNKNOWN_CHANNEL) if missing else None


def _reparented(channel: Channel, move: Move | None) -> Channel:
    if move is None or not move.changes_parent:
        return channel
    return replace(channel, parent_id=move.parent_id)


def _free(channel: Channel, others: Iterable[Channel]) -> int:
    """Its own position where nobody has it, else the one after the last."""
    row = row_of(channel)
    taken = {one.position for one in others if row_of(one) == row and one.id != channel.id}
    return channel.position if channel.position not in taken else max(taken) + 1


def _placed(siblings: Sequence[Channel], asked: Mapping[int, int], had: set[int]) -> dict[int, int]:
    """Positions without ties; `had` are those that the row had before."""
    ladder = sorted(siblings, key=lambda channel: (channel.position, channel.id))
    places: dict[int, int] = {}
    for channel in sorted(ladder, key=lambda channel: asked.get(channel.id, -1)):
        if channel.id in asked:
            least = max(places.values(), default=-1) + 1
            places[channel.id] = max(asked[channel.id], least)
    others = [channel for channel in ladder if channel.id not in asked]
    taken = set(places.values())
    own = {channel.position for channel in others} - taken
    spare = chain(sorted(had - taken - own), count(max(had | taken, default=-1) + 1))
    slots = sorted([*own, *islice(spare, len(others) - len(own))])
    return places | {channel.id: slot for channel, slot in zip(others, slots, strict=True)}
