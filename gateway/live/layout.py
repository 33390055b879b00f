"""Who may see what in one guild: its owner, its roles and its rooms, and what follows from them for
a member. Every change hands back what was there before, so that it can be taken back. Pure; what
else is known of the guild is guild_view.py's.

A room's overwrites are its law; rooms that share one (as under a category) are decided once.
Members are decided by what matters of their roles: a thousand sets of colours are one question.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_

import orjson

from contracts.guild_facts import gather, where_of
from contracts.ids import RoleId
from contracts.objects.channel import Channel, ChannelOverwrite, ChannelType, OverwriteType
from contracts.objects.member import QUARANTINED, MemberFace
from contracts.permissions import Permission, Where, compute
from contracts.wire import JSON

_BEARINGS = 4_096
_VIEW = int(Permission.VIEW_CHANNEL)
_THREADS = int(Permission.MANAGE_THREADS)
_ADMINISTRATOR = int(Permission.ADMINISTRATOR)
_NOW = datetime(2000, 1, 1, tzinfo=UTC)
_LATER = _NOW + timedelta(seconds=1)
FOREVER = datetime.max.replace(tzinfo=UTC)
"""Until they call themselves otherwise."""

Roles = tuple[int, ...]
"""Ids, sorted."""
Sight = frozenset[int]
"""The rooms that somebody sees."""
BLIND: Sight = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member's permissions depend on."""

    roles: Roles
    timed_out_until: datetime | None = None

    @classmethod
    def of(cls, member: JSON) -> Standing:
        """Of a member."""
        roles = tuple(sorted(map(int, member["roles"])))
        if member.get("flags", 0) & QUARANTINED:
            return cls(roles, FOREVER)
        until = member.get("communication_disabled_until")
        return cls(roles, datetime.fromisoformat(until) if until else None)

    def is_timed_out(self, now: datetime) -> bool:
        """Whether a timeout runs."""
        return self.timed_out_until is not None and self.timed_out_until > now

    def without(self, role_id: int) -> Standing:
        """After a role is gone."""
        roles = tuple(role for role in self.roles if role != role_id)
        return Standing(roles, self.timed_out_until)


class Room:
    """A channel: its bytes, its law, and the users that the law names."""

    __slots__ = ("_body", "_told", "last", "law", "named", "order", "overwrites", "ruled", "type")

    def __init__(self, channel: Channel, body: bytes) -> None:
        self._body = body
        self.last = self._told = int(channel.last_message_id or 0)
        """The newest message that was heard of, and the one that the bytes name."""
        self.type = channel.type
        self.overwrites = channel.permission_overwrites
        self.law = tuple(sorted((int(o.id), int(o.type), o.allow, o.deny) for o in self.overwrites))
        self.named = _ids(self.overwrites, OverwriteType.MEMBER)
        self.ruled = _ids(self.overwrites, OverwriteType.ROLE)
        is_inside = channel.type is not ChannelType.CATEGORY
        self.order = (is_inside, channel.position, int(channel.id))
        """Categories are told first: what lies in them refers to them."""

    @property
    def body(self) -> bytes:
        """The channel as its events tell it, with the newest message that was heard of."""
        if self.last != self._told:
            channel = orjson.loads(self._body)
            channel["last_message_id"] = str(self.last)
            self._body, self._told = orjson.dumps(channel), self.last
        return self._body

    def said(self, message_id: int) -> None:
        """A message was stored there."""
        self.last = max(self.last, message_id)

    def veiled(self) -> bytes:
        """As told to somebody who lost sight of it a while ago: nothing that may be news."""
        channel = orjson.loads(self._body)
        kept = {name: channel[name] for name in ("id", "type", "guild_id", "parent_id", "position")}
        nothing: JSON = {
            "name": "",
            "topic": None,
            "last_message_id": None,
            "permission_overwrites": [],
        }
        return orjson.dumps({**channel, **nothing, **kept})


@dataclass(frozen=True, slots=True)
class Step:
    """One change as it can be taken back: which thing, and what it was before (None: nothing)."""

    what: str
    id: int
    former: Room | int | None


class Layout:
    """The owner, the permissions of roles, and the rooms of one guild."""

    __slots__ = (
        "_bearings",
        "_by_marks",
        "_laws",
        "_named",
        "_ruled",
        "_sights",
        "guild_id",
        "owner_id",
        "roles",
        "rooms",
    )

    def __init__(self, guild_id: int, owner_id: int) -> None:
        self.guild_id = guild_id
        self.owner_id = owner_id
        self.roles: dict[int, int] = {}
        self.rooms: dict[int, Room] = {}
        self._named: Counter[int] = Counter()
        self._ruled: Counter[int] = Counter()
        self._laws: dict[tuple[tuple[int, ...], ...], int] = {}
        self._bearings: dict[tuple[int, Roles, int, bool], int] = {}
        self._sights: dict[tuple[int, Roles], Sight] = {}
        self._by_marks: dict[tuple[int, bool, bool, Sight], Sight] = {}

    def own(self, owner_id: int) -> Step | None:
        """Somebody owns the guild."""
        former, self.owner_id = self.owner_id, owner_id
        return self._changed(Step("owner", owner_id, former)) if former != owner_id else None

    def put_role(self, role_id: int, permissions: int | None) -> Step | None:
        """A role grants this, or (None) is gone."""
        former = self.roles.get(role_id)
        if permissions is None:
            self.roles.pop(role_id, None)
        else:
            self.roles[role_id] = permissions
        return self._changed(Step("role", role_id, former)) if former != permissions else None

    def put_room(self, room_id: int, room: Room | None) -> Step | None:
        """A room is like this, or (None) is gone. Only its law makes it another one."""
        former = self.rooms.get(room_id)
        if room is None:
            self.rooms.pop(room_id, None)
        else:
            self.rooms[room_id] = room
        for counter, ids in self._counted(room):
            counter.update(ids)
        for counter, ids in self._counted(former):
            counter.subtract(ids)
        if former is not None and room is not None and former.law == room.law:
            return None
        return None if former is room is None else self._changed(Step("room", room_id, former))

    def take_back(self, step: Step) -> None:
        """As before that step, of all that were taken the last."""
        if step.what == "room":
            assert not isinstance(step.former, int)
            self.put_room(step.id, step.former)
        elif step.what == "role":
            assert not isinstance(step.former, Room)
            self.put_role(step.id, step.former)
        elif isinstance(step.former, int):
            self.own(step.former)

    def copy(self) -> Layout:
        """Another one of the same, to go back in."""
        other = Layout(self.guild_id, self.owner_id)
        other.roles, other.rooms = dict(self.roles), dict(self.rooms)
        other._named, other._ruled = self._named.copy(), self._ruled.copy()
        return other

    def is_special(self, user_id: int) -> bool:
        """Whether more than roles decides what this member sees."""
        return user_id == self.owner_id or self._named.get(user_id, 0) > 0

    def permissions(
        self, user_id: int, standing: Standing, room_id: int | None, now: datetime
    ) -> int:
        """What a member may do in a room, or in the guild at large. Nothing in unknown rooms."""
        return self._bearing(user_id, standing.roles, room_id, is_out=standing.is_timed_out(now))

    def is_in(self, user_id: int, roles: Roles) -> bool:
        """Whether a member sees what is of no room; a timeout leaves that as well."""
        return bool(self._bearing(user_id, roles, None, is_out=False) & _VIEW)

    def governs(self, user_id: int, roles: Roles, room_id: int) -> bool:
        """Whether a member governs the threads of a room. As a timeout runs out by itself, it takes
        nothing from what somebody is shown.
        """
        return bool(self._bearing(user_id, roles, room_id, is_out=False) & _THREADS)

    def under(
        self, user_id: int, standing: Standing, overwrites: tuple[ChannelOverwrite, ...]
    ) -> int:
        """What a member might do in a room that is gone, by its last overwrites."""
        return self._compute(user_id, standing.roles, overwrites)

    def sees(self, user_id: int, roles: Roles) -> Sight:
        """The rooms that a member sees; a timeout leaves all of them."""
        special = user_id if self.is_special(user_id) else 0
        sight = self._sights.get((special, roles))
        if sight is None:
            if len(self._sights) >= _BEARINGS:
                self._sights.clear()
            sight = self._sights[special, roles] = self._look(special, roles)
        return sight

    def ordered(self, rooms: Iterable[int]) -> Iterator[tuple[int, Room]]:
        """These rooms as they are to be told."""
        found = [(room_id, self.rooms[room_id]) for room_id in rooms if room_id in self.rooms]
        return iter(sorted(found, key=lambda each: each[1].order))

    def _look(self, special: int, roles: Roles) -> Sight:
        everyone = self.roles.get(self.guild_id, 0)
        granted = reduce(or_, (self.roles.get(role, 0) for role in roles), everyone)
        ruled = frozenset(role for role in roles if self._ruled.get(role, 0) > 0)
        marks = (special, bool(granted & _ADMINISTRATOR), bool(granted & _VIEW), ruled)
        sight = self._by_marks.get(marks)
        if sight is None:
            seen = (r for r in self.rooms if self._bearing(special, roles, r, is_out=False) & _VIEW)
            sight = self._by_marks[marks] = frozenset(seen)
        return sight

    def _bearing(self, user_id: int, roles: Roles, room_id: int | None, *, is_out: bool) -> int:
        room = self.rooms.get(room_id) if room_id is not None else None
        if room_id is not None and room is None:
            return 0
        is_special = user_id == self.owner_id or (room is not None and user_id in room.named)
        law = self._laws.setdefault(room.law, len(self._laws) + 1) if room is not None else 0
        key = (law, roles, user_id if is_special else 0, is_out)
        found = self._bearings.get(key)
        if found is None:
            overwrites = room.overwrites if room is not None else ()
            where = where_of(room_id)
            found = self._compute(user_id, roles, overwrites, where=where, is_out=is_out)
            if len(self._bearings) >= _BEARINGS:
                self._bearings.clear()
            self._bearings[key] = found
        return found

    def _compute(
        self,
        user_id: int,
        roles: Roles,
        overwrites: tuple[ChannelOverwrite, ...],
        *,
        where: Where = Where.CHANNEL,
        is_out: bool = False,
    ) -> int:
        member = MemberFace.model_construct(
            roles=tuple(map(RoleId, roles)),
            joined_at=_NOW,
            communication_disabled_until=_LATER if is_out else None,
        )
        facts = gather(
            owner_id=self.owner_id,
            guild_id=self.guild_id,
            roles=self.roles,
            overwrites=overwrites,
            user_id=user_id,
            member=member,
            now=_NOW,
            where=where,
        )
        return int(compute(facts))

    def _counted(self, room: Room | None) -> tuple[tuple[Counter[int], Sight], ...]:
        return ((self._named, room.named), (self._ruled, room.ruled)) if room is not None else ()

    def _changed(self, step: Step) -> Step:
        for known in (self._bearings, self._sights, self._by_marks, self._laws):
            known.clear()
        return step


def _ids(overwrites: tuple[ChannelOverwrite, ...], kind: OverwriteType) -> Sight:
    return frozenset(int(each.id) for each in overwrites if each.type is kind)
