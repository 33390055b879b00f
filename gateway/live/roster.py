"""The member list of one guild as people scroll through it: who is here, by hoisted role, then who
is not. Kept sorted, so that a change is one or two steps for everybody who looks; made only where
somebody looks. Pure; who looks and how members are found is listing.py's.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from contracts.objects.role import Role
from contracts.wire import JSON
from gateway.live.layout import Layout

OFFLINE_SHOWN_MOST = 1_000
"""In a larger guild only those are listed who are here."""
OPS_MOST = 20
"""Beyond this, whoever looks gets their ranges anew."""

Key = tuple[int, str, int]
"""Number of the group, folded name, id; a group's own line has neither name nor id."""
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """A member as listed."""

    member: JSON
    presence: JSON | None
    """None: not here."""
    roles: tuple[int, ...]
    name: str

    @classmethod
    def of(cls, member: JSON, presence: JSON | None) -> Listed:
        """From what clients are told."""
        user = member["user"]
        name = member.get("nick") or user.get("global_name") or user["username"]
        roles = tuple(sorted(map(int, member["roles"])))
        return cls(member, presence, roles, str(name).casefold())

    def item(self) -> JSON:
        """One line."""
        user_id = self.member["user"]["id"]
        nobody = {"user": {"id": user_id}, "status": "offline", "activities": []}
        presence = {"client_status": {}, **nobody, **(self.presence or {})}
        return {"member": {**self.member, "presence": presence}}


class MemberList:
    """What is listed beside the channels of one law."""

    __slots__ = ("_counts", "_groups", "_keys", "_layout", "_of", "id", "ops", "room_id", "told")

    def __init__(self, room_id: int, layout: Layout) -> None:
        self.room_id = room_id
        """One of the channels: all of them are seen by the same members."""
        self.id = list_id(layout, room_id)
        self.ops: list[JSON] = []
        """What changed since it was told."""
        self.told = 0
        """How many lines it had then."""
        self._layout = layout
        self._groups: list[str] = []
        self._of: dict[int, Key] = {}
        self._keys: list[Key] = []
        self._counts: dict[int, int] = {}

    def fill(self, roles: Iterable[Role], listed: dict[int, Listed]) -> None:
        """Everything anew."""
        hoisted = [role for role in roles if role.hoist and int(role.id) != self._layout.guild_id]
        hoisted.sort(key=lambda role: (-role.position, int(role.id)))
        self._groups = [*(str(int(role.id)) for role in hoisted), "online", "offline"]
        self._of, self._counts, self.ops = {}, {}, []
        for user_id, one in listed.items():
            key = self._key(user_id, one)
            if key is not None:
                self._of[user_id] = key
                self._counts[key[0]] = self._counts.get(key[0], 0) + 1
        lines = [(group, "", 0) for group in self._counts]
        self._keys = sorted([*lines, *self._of.values()])
        self.told = len(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def take(self) -> list[JSON]:
        """What changed since this was asked last; more than OPS_MOST steps are not all of them."""
        ops, self.ops, self.told = self.ops, [], len(self._keys)
        return ops

    def put(self, user_id: int, one: Listed | None) -> None:
        """A member is like this now, or (None) is gone."""
        old = self._of.get(user_id)
        new = self._key(user_id, one) if one is not None else None
        if one is not None and old is not None and old == new:
            self._note("UPDATE", bisect_left(self._keys, old), one.item())
            return
        if old is not None:
            del self._of[user_id]
            self._remove(old)
        if one is not None and new is not None:
            self._of[user_id] = new
            self._insert(new, one.item())

    def items(self, begin: int, end: int, listed: dict[int, Listed]) -> list[JSON]:
        """The lines from one to another, both included."""
        return [
            listed[user_id].item() if user_id else {"group": self._group(group)}
            for group, _, user_id in self._keys[begin : end + 1]
        ]

    def head(self, member_count: int) -> JSON:
        """What every update says."""
        away = len(self._groups) - 1
        here = sum(count for group, count in self._counts.items() if group != away)
        return {
            "guild_id": str(self._layout.guild_id),
            "id": self.id,
            "member_count": member_count,
            "online_count": here,
            "groups": [self._group(group) for group in sorted(self._counts)],
        }

    def _key(self, user_id: int, one: Listed) -> Key | None:
        if self.room_id not in self._layout.sees(user_id, one.roles):
            return None
        if one.presence is None:
            return len(self._groups) - 1, one.name, user_id
        held = {str(role) for role in one.roles}
        group = next((i for i, name in enumerate(self._groups) if name in held), None)
        return len(self._groups) - 2 if group is None else group, one.name, user_id

    def _insert(self, key: Key, item: JSON) -> None:
        group = key[0]
        self._counts[group] = self._counts.get(group, 0) + 1
        if self._counts[group] == 1:
            line = (group, "", 0)
            insort(self._keys, line)
            self._note("INSERT", bisect_left(self._keys, line), {"group": self._group(group)})
        insort(self._keys, key)
        self._note("INSERT", bisect_left(self._keys, key), item)

    def _remove(self, key: Key) -> None:
        group = key[0]
        at = bisect_left(self._keys, key)
        del self._keys[at]
        self._note("DELETE", at)
        self._counts[group] -= 1
        if not self._counts[group]:
            del self._counts[group]
            at = bisect_left(self._keys, (group, "", 0))
            del self._keys[at]
            self._note("DELETE", at)

    def _note(self, op: str, index: int, item: JSON | None = None) -> None:
        if len(self.ops) <= OPS_MOST:
            told: JSON = {"op": op, "index": index}
            self.ops.append(told if item is None else {**told, "item": item})

    def _group(self, group: int) -> JSON:
        return {"id": self._groups[group], "count": self._counts[group]}


class Roster:
    """Who is listed, and the lists of them."""

    __slots__ = ("_roles", "is_whole", "listed", "lists")

    def __init__(self, roles: Callable[[], Iterable[Role]], *, is_whole: bool) -> None:
        self._roles = roles
        self.is_whole = is_whole
        """Whether those are listed, too, who are not here."""
        self.listed: dict[int, Listed] = {}
        self.lists: dict[str, MemberList] = {}

    def list_of(self, room_id: int, layout: Layout) -> MemberList:
        """The list beside a channel."""
        name = list_id(layout, room_id)
        found = self.lists.get(name)
        if found is None:
            found = self.lists[name] = MemberList(room_id, layout)
            found.fill(self._roles(), self.listed)
        return found

    def put(self, user_id: int, member: JSON, presence: JSON | None) -> None:
        """A member is like this now."""
        one = Listed.of(member, presence) if presence or self.is_whole else None
        if one is None:
            self.drop(user_id)
            return
        self.listed[user_id] = one
        for each in self.lists.values():
            each.put(user_id, one)

    def drop(self, user_id: int) -> None:
        """A member is gone, or is listed no longer."""
        if self.listed.pop(user_id, None) is not None:
            for each in self.lists.values():
                each.put(user_id, None)

    def strip(self) -> None:
        """Roles that are gone are held by nobody."""
        there = {int(role.id) for role in self._roles()}
        for user_id, one in self.listed.items():
            if not there.issuperset(one.roles):
                kept = [role for role in one.member["roles"] if int(role) in there]
                self.listed[user_id] = Listed.of({**one.member, "roles": kept}, one.presence)

    def changed(self) -> Iterator[MemberList]:
        """Lists that have something to tell."""
        return (each for each in self.lists.values() if each.ops)


def list_id(layout: Layout, room_id: int) -> str:
    """The name of the list beside a channel: the same for channels that the same members see."""
    room = layout.rooms[room_id]
    if not room.law:
        return "everyone"
    return str(int.from_bytes(sha256(repr(room.law).encode()).digest()[:4], "big"))
