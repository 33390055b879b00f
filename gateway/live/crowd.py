"""The members of one guild who are here, in ranks: whoever holds the same roles sees the same, so a
change is worked out once for each rank and not for each session. Only members whom a room names,
and the owner, are a rank of their own. Pure; who is told of what comes out is decided in places.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from contracts.identity import Kind
from contracts.wire import JSON
from gateway.live.layout import Layout, Roles, Room, Sight, Standing, Step
from gateway.live.viewer import Viewer

_FORMER = 10_000


@dataclass(slots=True)
class Party:
    """One member's sessions."""

    user_id: int
    standing: Standing
    viewers: tuple[Viewer, ...]
    rank: Rank
    joined: dict[int, JSON] = field(default_factory=dict)
    """The member in threads, by thread."""


@dataclass(slots=True)
class Rank:
    """Members who see the same, whatever changes."""

    roles: Roles
    special: int
    sees: Sight
    parties: dict[int, Party] = field(default_factory=dict)

    @property
    def viewers(self) -> Iterator[Viewer]:
        """All their sessions."""
        return (viewer for party in self.parties.values() for viewer in party.viewers)


@dataclass(frozen=True, slots=True)
class Move:
    """Sessions that lost sight of some rooms and gained sight of others."""

    viewers: tuple[Viewer, ...]
    before: Sight
    after: Sight

    @property
    def lost(self) -> Sight:
        """Seen no longer."""
        return self.before - self.after

    @property
    def gained(self) -> Sight:
        """Seen from now on."""
        return self.after - self.before


class Crowd:
    """Who of a guild is here, and what each of them sees."""

    __slots__ = ("_former", "_layout", "_parties", "_ranks", "bots")

    def __init__(self, layout: Layout) -> None:
        self.bots: dict[int, Party] = {}
        """Those of them that are bots."""
        self._layout = layout
        self._parties: dict[int, Party] = {}
        self._ranks: dict[tuple[Roles, int], Rank] = {}
        self._former: dict[int, Standing] = {}
        """Of those who were here and may be back."""

    def __len__(self) -> int:
        return len(self._parties)

    def __iter__(self) -> Iterator[Party]:
        return iter(self._parties.values())

    @property
    def ranks(self) -> Iterable[Rank]:
        """Everybody, by what they see."""
        return self._ranks.values()

    def find(self, user_id: int | None) -> Party | None:
        """A member, if here."""
        return self._parties.get(user_id) if user_id is not None else None

    def attach(self, viewer: Viewer, standing: Standing, joined: Mapping[int, JSON]) -> None:
        """A session of a member who stands like this, and is in these threads."""
        party = self._parties.get(viewer.user_id)
        if party is None:
            self._former.pop(viewer.user_id, None)
            rank = self._rank(viewer.user_id, standing.roles)
            party = Party(viewer.user_id, standing, (viewer,), rank)
            self._parties[viewer.user_id] = rank.parties[viewer.user_id] = party
            if viewer.kind is Kind.BOT:
                self.bots[viewer.user_id] = party
        elif viewer not in party.viewers:
            party.viewers = (*party.viewers, viewer)
        self._parties[viewer.user_id].joined = dict(joined)

    def detach(self, viewer: Viewer) -> bool:
        """A session goes; whether it was here."""
        party = self._parties.get(viewer.user_id)
        if party is None or viewer not in party.viewers:
            return False
        party.viewers = tuple(other for other in party.viewers if other is not viewer)
        if not party.viewers:
            self.drop(viewer.user_id)
            if len(self._former) >= _FORMER:
                del self._former[next(iter(self._former))]
            self._former[viewer.user_id] = party.standing
        return True

    def drop(self, user_id: int) -> bool:
        """A member is none any more; whether any session was here."""
        self._former.pop(user_id, None)
        self.bots.pop(user_id, None)
        party = self._parties.pop(user_id, None)
        if party is not None:
            self._leave(party)
        return party is not None

    def known_roles(self, user_id: int) -> Roles | None:
        """The roles of a member who is here or was lately."""
        party = self._parties.get(user_id)
        standing = party.standing if party is not None else self._former.get(user_id)
        return standing.roles if standing is not None else None

    def holders(self, role_id: int) -> list[int]:
        """Those who are here or were lately, and hold a role."""
        ranks = (rank for rank in self._ranks.values() if role_id in rank.roles)
        here = [user_id for rank in ranks for user_id in rank.parties]
        return here + [user for user, held in self._former.items() if role_id in held.roles]

    def stand(self, user_id: int, standing: Standing) -> list[Move]:
        """A member stands otherwise."""
        if user_id in self._former:
            self._former[user_id] = standing
        party = self._parties.get(user_id)
        if party is None:
            return []
        party.standing = standing
        self._leave(party)
        return self._join(party, party.rank.sees)

    def strip(self, role_id: int, holders: Iterable[int]) -> list[Move]:
        """A role is gone from all who held it."""
        moves: list[Move] = []
        for user_id in holders:
            if (party := self._parties.get(user_id)) is not None:
                moves += self.stand(user_id, party.standing.without(role_id))
            else:
                self._former[user_id] = self._former[user_id].without(role_id)
        return moves

    def follow(self, steps: Iterable[Step]) -> list[Move]:
        """The layout changed by these steps: who sees something else now."""
        concerned = [self._parties[user_id] for user_id in self._concerned(steps)]
        before = [party.rank.sees for party in concerned]
        for party in concerned:
            self._leave(party)
        moves: list[Move] = []
        for rank in self._reached(steps):
            sight = self._layout.sees(rank.special, rank.roles)
            if sight != rank.sees:
                moves.append(Move(tuple(rank.viewers), rank.sees, sight))
                rank.sees = sight
        for party, saw in zip(concerned, before, strict=True):
            moves += self._join(party, saw)
        return moves

    def _reached(self, steps: Iterable[Step]) -> Iterable[Rank]:
        """Whom these steps may concern: a role's, those who hold it."""
        touched = {step.id if step.what == "role" else 0 for step in steps}
        if 0 in touched or self._layout.guild_id in touched:
            return self._ranks.values()
        return (rank for rank in self._ranks.values() if not touched.isdisjoint(rank.roles))

    def _concerned(self, steps: Iterable[Step]) -> set[int]:
        """Members for whom it may have changed whether more than their roles counts."""
        concerned: set[int] = set()
        for step in steps:
            if step.what == "owner":
                concerned |= {step.id, step.former} if isinstance(step.former, int) else {step.id}
            elif step.what == "room":
                for room in (step.former, self._layout.rooms.get(step.id)):
                    concerned |= room.named if isinstance(room, Room) else set()
        return concerned & self._parties.keys()

    def _join(self, party: Party, saw: Sight) -> list[Move]:
        party.rank = self._rank(party.user_id, party.standing.roles)
        party.rank.parties[party.user_id] = party
        sees = party.rank.sees
        return [Move(party.viewers, saw, sees)] if saw != sees else []

    def _rank(self, user_id: int, roles: Roles) -> Rank:
        special = user_id if self._layout.is_special(user_id) else 0
        rank = self._ranks.get((roles, special))
        if rank is None:
            sees = self._layout.sees(user_id, roles)
            rank = self._ranks[roles, special] = Rank(roles, special, sees)
        return rank

    def _leave(self, party: Party) -> None:
        rank = party.rank
        rank.parties.pop(party.user_id, None)
        if not rank.parties:
            self._ranks.pop((rank.roles, rank.special), None)
