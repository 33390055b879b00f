"""What channels grant and take: which changes somebody may make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from community_service.domain.channels import Channel
from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, Invalid
from contracts.objects.channel import ChannelOverwrite, OverwriteType
from contracts.permissions import EVERYTHING, Permission

Overwrites = tuple[ChannelOverwrite, ...]


def tidy(asked: Iterable[ChannelOverwrite]) -> Overwrites:
    """One per target, the last one counting, with known bits only, by id."""
    known = int(EVERYTHING)
    by_id = {
        int(one.id): one.model_copy(update={"allow": one.allow & known, "deny": one.deny & known})
        for one in asked
    }
    return tuple(by_id[target] for target in sorted(by_id))


def touched(before: Overwrites, after: Overwrites) -> int:
    """The bits that differ between two sets of overwrites, for whomever."""
    old = {int(one.id): (one.allow, one.deny) for one in before}
    new = {int(one.id): (one.allow, one.deny) for one in after}
    bits = 0
    for target in old.keys() | new.keys():
        old_allow, old_deny = old.get(target, (0, 0))
        new_allow, new_deny = new.get(target, (0, 0))
        bits |= (old_allow ^ new_allow) | (old_deny ^ new_deny)
    return bits


def can_change(granted: Permission, before: Overwrites, after: Overwrites) -> DomainError | None:
    """Nobody grants or denies what they do not hold themselves."""
    return Forbidden() if touched(before, after) & ~granted else None


def can_concern(
    asked: Overwrites, roles: frozenset[int], members: frozenset[int]
) -> DomainError | None:
    """Whether all are about roles and members of the guild."""
    fields = {
        f"permission_overwrites.{place}.id": ("CHANNEL_OVERWRITE_UNKNOWN", "Unknown Overwrite")
        for place, one in enumerate(asked)
        if one.id not in (roles if one.type is OverwriteType.ROLE else members)
    }
    return Invalid(fields) if fields else None


def with_one(before: Overwrites, one: ChannelOverwrite) -> Overwrites:
    """The same with one more, or with another word about its target."""
    return tidy((*before, one))


def without(before: Overwrites, target_id: int) -> Overwrites:
    """The same with nothing about a target."""
    return tuple(one for one in before if one.id != target_id)


def can_have(after: Overwrites) -> DomainError | None:
    """Whether a channel may have so many."""
    return (
        Conflict(ErrorCode.MAX_OVERWRITES) if len(after) > limits.OVERWRITES_PER_CHANNEL else None
    )


def can_keep(count: int) -> DomainError | None:
    """Whether a guild may have so many in all: everybody who comes online reads them."""
    return Conflict(ErrorCode.MAX_OVERWRITES) if count > limits.OVERWRITES_PER_GUILD else None


def followers(before: Channel, after: Channel, children: Iterable[Channel]) -> list[Channel]:
    """The channels of a category that had its overwrites and follow it to the new ones."""
    return [
        replace(child, overwrites=after.overwrites)
        for child in children
        if child.overwrites == before.overwrites
    ]
