"""Somebody's standing in a guild: the facts, gathered, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from community_service.domain import hierarchy
from community_service.domain.channels import Channel
from community_service.domain.guilds import Guild
from community_service.domain.hierarchy import Rank
from contracts.guild_facts import gather, where_of
from contracts.ids import RoleId
from contracts.objects.member import MemberFace
from contracts.permissions import Permission, compute, holds


@dataclass(frozen=True, slots=True)
class Standing:
    """What decisions about one person in one guild depend on, read in one go."""

    user_id: int
    owner_id: int
    guild_id: int
    permissions: dict[int, int]
    """Of @everyone and of the roles held, by role id."""
    joined_at: datetime | None
    """None: not a member."""
    timed_out_until: datetime | None
    positions: dict[int, int] = field(default_factory=dict)
    """Of the same roles, by role id."""
    flags: int = 0
    """Of the member."""
    is_held_back: bool = False
    """Without the second factor that the guild asks of those who govern."""

    @property
    def rank(self) -> Rank:
        """How high the person stands."""
        if self.joined_at is None:
            return hierarchy.STRANGER
        return hierarchy.of_person(
            self.user_id,
            self.positions.items(),
            guild_id=self.guild_id,
            owner_id=self.owner_id,
        )

    def granted(self, now: datetime, channel: Channel | None = None) -> Permission:
        """What the person may do in a channel, or (no channel) in the guild at large."""
        facts = gather(
            owner_id=self.owner_id,
            guild_id=self.guild_id,
            roles=self.permissions,
            overwrites=channel.overwrites if channel else (),
            user_id=self.user_id,
            member=self._face(),
            now=now,
            where=where_of(channel.id if channel else None),
        )
        return compute(facts.held_back() if self.is_held_back else facts)

    def lacks_only_a_factor(
        self, now: datetime, needs: Permission, channel: Channel | None = None
    ) -> bool:
        """Whether a second factor is all that keeps the person from this."""
        freed = replace(self, is_held_back=False)
        return self.is_held_back and holds(freed.granted(now, channel), needs)

    def _face(self) -> MemberFace | None:
        if self.joined_at is None:
            return None
        held = tuple(RoleId(role) for role in self.permissions if role != self.guild_id)
        return MemberFace.model_construct(
            roles=held,
            joined_at=self.joined_at,
            communication_disabled_until=self.timed_out_until,
            flags=self.flags,
        )


@dataclass(frozen=True, slots=True)
class InGuild:
    """A guild that the actor may know of, and what the actor may do there."""

    guild: Guild
    standing: Standing
    granted: Permission


@dataclass(frozen=True, slots=True)
class InChannel:
    """A channel that the actor can see, and what the actor may do there."""

    channel: Channel
    guild: Guild
    standing: Standing
    granted: Permission
