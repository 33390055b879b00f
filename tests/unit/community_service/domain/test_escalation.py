"""Whatever somebody does with roles and overwrites, however long: they never come to hold more than
they held in the beginning, and what stands at or above them stays as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random

from community_service.domain import hierarchy
from community_service.domain import overwrites as rules
from community_service.domain.access import Standing
from community_service.domain.channels import Channel
from community_service.domain.roles import (
    Role,
    can_become,
    can_hand_on,
    can_pass,
    can_reorder,
    edited,
    everyone,
    reordered,
)
from contracts.errors import DomainError
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import Permission

NOW = datetime(2026, 1, 2, tzinfo=UTC)
GUILD, OWNER, MALLORY = 1, 7, 66
WORLDS, DEEDS = 150, 20
BITS = [int(Permission[name]) for name in ("VIEW_CHANNEL", "SEND_MESSAGES", "KICK_MEMBERS")]
BITS += [int(Permission[name]) for name in ("ADMINISTRATOR", "MANAGE_ROLES", "ATTACH_FILES")]


@dataclass
class World:
    """A guild with one channel, as Mallory finds it."""

    dice: Random
    roles: dict[int, Role]
    held: set[int]
    channel: Channel

    @classmethod
    def any(cls, seed: int) -> World:
        """With some roles, of which Mallory holds some."""
        dice = Random(seed)
        world = cls(dice, {}, set(), Channel(5, GUILD, ChannelType.TEXT, "x", 0))
        world.roles = {GUILD: replace(everyone(GUILD), permissions=world.bits())}
        for role_id in range(10, 16):
            place = dice.randint(1, 4)
            world.roles[role_id] = Role(role_id, GUILD, "x", world.bits(), place)
        world.held = set(dice.sample(range(10, 16), dice.randint(0, 3)))
        world.channel = replace(world.channel, overwrites=rules.tidy(world.rules()))
        return world

    def bits(self) -> int:
        return sum(bit for bit in BITS if self.dice.random() < 0.35)

    def rules(self) -> list[ChannelOverwrite]:
        targets = [GUILD, *range(10, 16), MALLORY]
        return [
            ChannelOverwrite(
                id=target,
                type=OverwriteType.MEMBER if target == MALLORY else OverwriteType.ROLE,
                allow=self.bits(),
                deny=self.bits(),
            )
            for target in self.dice.sample(targets, 2)
        ]

    def standing(self) -> Standing:
        mine = {one: self.roles[one] for one in (GUILD, *self.held)}
        permissions = {one: role.permissions for one, role in mine.items()}
        positions = {one: role.position for one, role in mine.items()}
        return Standing(MALLORY, OWNER, GUILD, permissions, NOW, None, positions)

    def powers(self) -> tuple[Permission, Permission]:
        """In the guild at large, and in the channel."""
        standing = self.standing()
        return standing.granted(NOW), standing.granted(NOW, self.channel)

    def out_of_reach(self) -> list[tuple[int, int]]:
        """Roles at or above Mallory, from the lowest, with what they let do."""
        mine = self.standing().rank
        ladder = sorted(self.roles.values(), key=lambda role: role.rank)
        return [(role.id, role.permissions) for role in ladder if not mine > role.rank]

    def try_something(self) -> None:
        deeds = (self.edit, self.give, self.take, self.reorder, self.cover)
        self.dice.choice(deeds)(*self.powers())

    def edit(self, at_large: Permission, here: Permission) -> None:
        del here
        before = self.dice.choice(list(self.roles.values()))
        after = edited(before, {"permissions": self.bits()})
        refusals = (
            hierarchy.can_act_on(self.standing().rank, before.rank),
            can_become(before, after),
            can_hand_on(at_large, before.permissions, after.permissions),
        )
        if self.may(at_large, *refusals):
            self.roles = {**self.roles, before.id: after}

    def give(self, at_large: Permission, here: Permission) -> None:
        del here
        role = self.dice.choice(list(self.roles.values()))
        handing = can_hand_on(at_large, 0, role.permissions)
        if self.may(at_large, can_pass(self.standing().rank, [role]), handing):
            self.held.add(role.id)

    def take(self, at_large: Permission, here: Permission) -> None:
        del here
        role = self.dice.choice(list(self.roles.values()))
        if self.may(at_large, can_pass(self.standing().rank, [role])):
            self.held.discard(role.id)

    def reorder(self, at_large: Permission, here: Permission) -> None:
        del here
        before = list(self.roles.values())
        places = {self.dice.randint(10, 15): self.dice.randint(0, 8) for _ in range(2)}
        after = reordered(before, places)
        if self.may(at_large, can_reorder(self.standing().rank, before, after)):
            self.roles = {role.id: role for role in after}

    def cover(self, at_large: Permission, here: Permission) -> None:
        del at_large
        asked = rules.tidy(self.rules())
        if self.may(here, rules.can_change(here, self.channel.overwrites, asked)):
            self.channel = replace(self.channel, overwrites=asked)

    @staticmethod
    def may(granted: Permission, *refusals: DomainError | None) -> bool:
        return Permission.MANAGE_ROLES in granted and not any(refusals)


def test_nobody_comes_to_hold_more_than_they_held() -> None:
    done = 0
    for seed in range(WORLDS):
        world = World.any(seed)
        at_large, here = world.powers()
        above = world.out_of_reach()
        for _ in range(DEEDS):
            former = world.powers(), world.roles, world.channel
            world.try_something()
            done += former != (world.powers(), world.roles, world.channel)
            now_at_large, now_here = world.powers()
            assert not now_at_large & ~at_large, seed
            assert not now_here & ~(here | at_large), seed
            assert [one for one in world.out_of_reach() if one in above] == above, seed
    assert done > WORLDS, "too little was permitted to prove anything"
