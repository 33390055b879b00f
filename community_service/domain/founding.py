"""Plans of guilds, and the guilds that are founded by them.

Within a plan roles and channels are called by keys of its own: what a client numbered, or what a
template counted. Founding gives each an id and says the ids wherever the plan said keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from community_service.domain import roles as role_rules
from community_service.domain.arrangement import row_of
from community_service.domain.channels import (
    Channel,
    ChannelDraft,
    can_become,
    can_make,
    can_take_in,
    tagged,
)
from community_service.domain.guilds import CHANNEL_REFERENCES, Guild, settled
from community_service.domain.overwrites import can_keep, tidy
from community_service.domain.roles import Role, everyone
from contracts.errors import DomainError, Invalid
from contracts.objects.channel import ChannelType, OverwriteType

EVERYONE = 0
"""The key of everybody's role in a plan that gives it no other."""


@dataclass(frozen=True, slots=True)
class RolePlan:
    """A role that is to be."""

    key: int
    wanted: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """A channel that is to be; its category and its overwrites are named by their keys."""

    key: int
    draft: ChannelDraft


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a new guild is to have."""

    channels: tuple[ChannelPlan, ...] = ()
    roles: tuple[RolePlan, ...] = ()
    """The first is everybody's; then from the lowest."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the guild; those that name a channel name it by its key."""


@dataclass(frozen=True, slots=True)
class Founding:
    """Everything a guild has in its first moment, but for its owner's membership."""

    guild: Guild
    roles: tuple[Role, ...]
    """Everybody's first."""
    channels: tuple[Channel, ...]
    """Categories first."""


def found(
    plan: Plan, *, guild_id: int, name: str, owner_id: int, new_id: Callable[[], int]
) -> Founding:
    """The guild of a plan that `can_found` had nothing against."""
    roles, role_ids = _roles(plan, guild_id, new_id)
    ids = {one.key: new_id() for one in plan.channels}
    categories = [one for one in plan.channels if one.draft.type is ChannelType.CATEGORY]
    others = [one for one in plan.channels if one.draft.type is not ChannelType.CATEGORY]
    for some in (categories, others):
        some.sort(key=lambda one: one.draft.more.get("position") or 0)
    channels: dict[int, Channel] = {}
    after: dict[object, int] = {}
    for one in (*categories, *others):
        draft = _keyed(one.draft, ids, role_ids)
        parent = channels.get(draft.parent_id or 0)
        made = draft.made(ids[one.key], guild_id, 0, parent.overwrites if parent else ())
        place = max(made.position, after.get(row_of(made), 0))
        after[row_of(made)] = place + 1
        tags = tagged(made.available_tags, new_id) if made.available_tags else made.available_tags
        channels[made.id] = replace(made, position=place, available_tags=tags)
    settings: dict[str, Any] = {
        name: ids.get(value) if name in CHANNEL_REFERENCES else value
        for name, value in settled(plan.settings).items()
    }
    guild = Guild(guild_id, name, owner_id, **settings)
    return Founding(guild, tuple(roles), tuple(channels.values()))


def can_found(plan: Plan) -> DomainError | None:
    """Whether a plan means something: keys differ, what is named is there, kinds are possible."""
    keys = [one.key for one in plan.channels]
    role_keys = {EVERYONE, *(one.key for one in plan.roles)}
    if len(set(keys)) < len(keys) or len({one.key for one in plan.roles}) < len(plan.roles):
        return Invalid({"channels": ("BASE_TYPE_BAD_VALUE", "Every id names one thing")})
    categories = {one.key for one in plan.channels if one.draft.type is ChannelType.CATEGORY}
    for place, one in enumerate(plan.channels):
        refusal = _misplaced(f"channels.{place}", one.draft, categories, role_keys)
        if refusal is not None:
            return refusal
    crowd = Counter(one.draft.parent_id for one in plan.channels if one.draft.parent_id is not None)
    refusal = can_take_in(max(crowd.values(), default=0)) or can_keep(_count_overwrites(plan))
    if refusal is not None:
        return refusal
    for name in CHANNEL_REFERENCES:
        if plan.settings.get(name) is not None and plan.settings[name] not in keys:
            return Invalid({name: ("CHANNEL_UNKNOWN", "Not one of the channels")})
    return None


def _count_overwrites(plan: Plan) -> int:
    by_key = {one.key: len(one.draft.overwrites or ()) for one in plan.channels}
    inherited = (
        by_key.get(one.draft.parent_id, 0)
        for one in plan.channels
        if one.draft.overwrites is None and one.draft.parent_id is not None
    )
    return sum(by_key.values()) + sum(inherited)


def _misplaced(
    path: str, draft: ChannelDraft, categories: Iterable[int], roles: Iterable[int]
) -> DomainError | None:
    made = draft.made(1, 0, 0, ())
    refusal = can_make(draft) or can_become(made, made)
    if refusal is not None:
        return refusal
    if draft.parent_id is not None and (
        draft.parent_id not in categories or draft.type is ChannelType.CATEGORY
    ):
        text = "Not the id of a category before it"
        return Invalid({f"{path}.parent_id": ("CHANNEL_PARENT_INVALID", text)})
    for place, one in enumerate(draft.overwrites or ()):
        if one.type is not OverwriteType.ROLE or one.id not in roles:
            at = f"{path}.permission_overwrites.{place}.id"
            return Invalid({at: ("CHANNEL_OVERWRITE_UNKNOWN", "Not the id of a role")})
    return None


def _roles(
    plan: Plan, guild_id: int, new_id: Callable[[], int]
) -> tuple[list[Role], dict[int, int]]:
    all_of_us = everyone(guild_id)
    if not plan.roles:
        return [all_of_us], {EVERYONE: guild_id}
    first, *others = plan.roles
    if first.wanted.get("permissions") is not None:
        all_of_us = role_rules.edited(all_of_us, {"permissions": first.wanted["permissions"]})
    made = [
        replace(
            role_rules.made(new_id(), guild_id, all_of_us.permissions, one.wanted), position=place
        )
        for place, one in enumerate(others, 1)
    ]
    ids = {one.key: role.id for one, role in zip(others, made, strict=True)}
    return [all_of_us, *made], {EVERYONE: guild_id, first.key: guild_id, **ids}


def _keyed(draft: ChannelDraft, ids: Mapping[int, int], roles: Mapping[int, int]) -> ChannelDraft:
    rules = draft.overwrites
    if rules is not None:
        rules = tidy(one.model_copy(update={"id": roles[int(one.id)]}) for one in rules)
    parent_id = None if draft.parent_id is None else ids[draft.parent_id]
    return replace(draft, parent_id=parent_id, overwrites=rules)
