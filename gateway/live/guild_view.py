"""One guild as this process knows it: what GUILD_CREATE is made of and what permissions depend on,
kept current by the guild's own events. No sessions, no I/O.

Every event carries whole objects, so applying one that the snapshot contained already does no harm:
after all events since the subscription the view is what a fresh snapshot would be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import orjson

from contracts import limits
from contracts.events.base import Route, open_as
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.emoji import GuildEmojisUpdate
from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.presence import PresenceUpdate
from contracts.events.role import RoleCreate, RoleDelete, RoleUpdate
from contracts.guild_facts import gather, where_of
from contracts.ids import RoleId
from contracts.objects.channel import Channel, ChannelOverwrite, OverwriteType
from contracts.objects.guild import Guild
from contracts.objects.member import Member, MemberFace
from contracts.objects.presence import Presence
from contracts.permissions import Permission, Where, compute
from contracts.rpc.community import GuildSnapshot
from contracts.wire import timestamp
from gateway.live.codec import Piece

_BEARINGS = 4_096
_BODIES = 32


@dataclass(frozen=True, slots=True)
class Standing:
    """What a member's permissions depend on."""

    roles: tuple[int, ...]
    timed_out_until: datetime | None

    @classmethod
    def of(cls, member: MemberFace) -> Standing:
        """Of a member."""
        roles = tuple(sorted(map(int, member.roles)))
        return cls(roles, member.communication_disabled_until)

    def is_timed_out(self, now: datetime) -> bool:
        """Whether a timeout runs."""
        return self.timed_out_until is not None and self.timed_out_until > now


class _Room:
    """A channel, its bytes, and the users its overwrites name."""

    __slots__ = ("body", "named", "overwrites")

    def __init__(self, channel: Channel, body: bytes) -> None:
        self.body = body
        self.overwrites = channel.permission_overwrites
        self.named = frozenset(
            int(overwrite.id)
            for overwrite in channel.permission_overwrites
            if overwrite.type is OverwriteType.MEMBER
        )


class GuildView:
    """The state of one guild."""

    __slots__ = (
        "_bearings",
        "_bodies",
        "_face",
        "_member_count",
        "_members",
        "_presences",
        "_roles",
        "_rooms",
        "id",
        "owner_id",
    )

    def __init__(self, snapshot: GuildSnapshot, presences: tuple[Presence, ...]) -> None:
        guild = snapshot.guild
        self.id = int(guild.id)
        self._rooms = {int(c.id): _Room(c, c.encode()) for c in snapshot.channels}
        self._member_count = snapshot.member_count
        self._members: dict[int, bytes] | None = None
        if snapshot.member_count <= limits.LARGE_GUILD:
            self._members = {int(m.user.id): m.encode() for m in snapshot.members}
        self._presences = {
            int(p.user.id): _presence(p.dump()) for p in presences if p.status != "offline"
        }
        self._bearings: dict[tuple[int, tuple[int, ...], int, bool], int] = {}
        self._bodies: dict[tuple[bool, tuple[int, ...]], Piece] = {}
        self._take_guild(guild)

    def apply(self, name: str, route: Route, body: bytes) -> bool:
        """Follow an event; returns whether somebody's permissions may be others now."""
        follow = _FOLLOWS.get(name)
        if follow is None:
            return False
        self._bodies.clear()
        follow(self, route, body)
        if name in _MOVES_PERMISSIONS:
            self._bearings.clear()
            return True
        return False

    def permissions(
        self, user_id: int, standing: Standing, channel_id: int | None, now: datetime
    ) -> int:
        """What a member may do in a channel, or in the guild at large. Nothing in unknown rooms."""
        room = self._rooms.get(channel_id) if channel_id is not None else None
        if channel_id is not None and room is None:
            return 0
        special = user_id if user_id == self.owner_id or (room and user_id in room.named) else 0
        key = (channel_id or 0, standing.roles, special, standing.is_timed_out(now))
        found = self._bearings.get(key)
        if found is None:
            overwrites = room.overwrites if room else ()
            found = self._compute(user_id, standing, overwrites, now, where=where_of(channel_id))
            if len(self._bearings) >= _BEARINGS:
                self._bearings.clear()
            self._bearings[key] = found
        return found

    def permissions_under(
        self,
        user_id: int,
        standing: Standing,
        overwrites: tuple[ChannelOverwrite, ...],
        now: datetime,
    ) -> int:
        """What a member might do in a channel that is gone, by its last overwrites."""
        return self._compute(user_id, standing, overwrites, now)

    def create(self, member: Member, now: datetime, *, presences: bool) -> list[Piece]:
        """The `d` of this member's GUILD_CREATE, open at its end: the caller closes the brace."""
        standing, user_id = Standing.of(member), int(member.user.id)
        view = int(Permission.VIEW_CHANNEL)
        visible = tuple(
            channel_id
            for channel_id in self._rooms
            if self.permissions(user_id, standing, channel_id, now) & view
        )
        key = (presences, visible)
        shared = self._bodies.get(key)
        if shared is None:
            if len(self._bodies) >= _BODIES:
                self._bodies.clear()
            shared = self._bodies[key] = Piece(self._body(visible, presences=presences))
        tail = b',"joined_at":"%b"' % timestamp(member.joined_at).encode()
        if self._members is None:
            tail += b',"members":[%b],"presences":[]' % member.encode()
        return [shared, Piece(tail)]

    @property
    def is_large(self) -> bool:
        """Whether its members are too many to be named."""
        return self._members is None

    def _body(self, visible: tuple[int, ...], *, presences: bool) -> bytes:
        rooms = b",".join(self._rooms[channel_id].body for channel_id in visible)
        roles = b",".join(raw for _, raw in self._roles.values())
        parts = [
            self._face,
            b',"roles":[%b],"channels":[%b]' % (roles, rooms),
            b',"threads":[],"voice_states":[],"stage_instances":[],"guild_scheduled_events":[]',
            b',"soundboard_sounds":[],"lazy":true,"large":',
            b"true" if self.is_large else b"false",
            b',"member_count":%d' % self._count(),
        ]
        if self._members is not None:
            shown = b",".join(self._presences.values()) if presences else b""
            parts.append(
                b',"members":[%b],"presences":[%b]' % (b",".join(self._members.values()), shown)
            )
        return b"".join(parts)

    def _count(self) -> int:
        return self._member_count if self._members is None else len(self._members)

    def _compute(
        self,
        user_id: int,
        standing: Standing,
        overwrites: tuple[ChannelOverwrite, ...],
        now: datetime,
        *,
        where: Where = Where.CHANNEL,
    ) -> int:
        member = MemberFace.model_construct(
            roles=tuple(map(RoleId, standing.roles)),
            joined_at=now,
            communication_disabled_until=standing.timed_out_until,
        )
        facts = gather(
            owner_id=self.owner_id,
            guild_id=self.id,
            roles={role_id: permissions for role_id, (permissions, _) in self._roles.items()},
            overwrites=overwrites,
            user_id=user_id,
            member=member,
            now=now,
            where=where,
        )
        return int(compute(facts))

    def _take_guild(self, guild: Guild) -> None:
        self.owner_id = int(guild.owner_id)
        self._roles = {int(r.id): (int(r.permissions), r.encode()) for r in guild.roles}
        face = Guild.model_validate(guild.model_dump(include=set(Guild.model_fields))).dump()
        for name in ("roles", "approximate_member_count", "approximate_presence_count"):
            face.pop(name, None)
        self._face = orjson.dumps(face)[:-1]

    def _on_guild(self, route: Route, body: bytes) -> None:
        del route
        self._take_guild(open_as(GuildUpdate, body))

    def _on_emojis(self, route: Route, body: bytes) -> None:
        del route
        face = orjson.loads(self._face + b"}")
        face["emojis"] = orjson.loads(body)["emojis"]
        self._face = orjson.dumps(face)[:-1]

    def _on_channel(self, route: Route, body: bytes) -> None:
        del route
        channel = Channel.model_validate_json(body)
        self._rooms[int(channel.id)] = _Room(channel, body)

    def _on_channel_gone(self, route: Route, body: bytes) -> None:
        del body
        self._rooms.pop(route.channel_id or 0, None)

    def _on_role(self, route: Route, body: bytes) -> None:
        del route
        role = open_as(RoleCreate, body).role
        self._roles[int(role.id)] = (int(role.permissions), role.encode())

    def _on_role_gone(self, route: Route, body: bytes) -> None:
        del route
        role_id = str(int(open_as(RoleDelete, body).role_id))
        self._roles.pop(int(role_id), None)
        members = self._members or {}
        for user_id, raw in members.items():
            if role_id.encode() in raw:
                member = orjson.loads(raw)
                member["roles"] = [role for role in member["roles"] if role != role_id]
                members[user_id] = orjson.dumps(member)

    def _on_member(self, route: Route, body: bytes) -> None:
        if self._members is None or route.user_id is None:
            return
        member = orjson.loads(body)
        member.pop("guild_id", None)
        self._members[route.user_id] = orjson.dumps(member)
        if len(self._members) > limits.LARGE_GUILD:
            self._member_count, self._members = len(self._members), None
            self._presences.clear()

    def _on_member_added(self, route: Route, body: bytes) -> None:
        if self._members is None:
            self._member_count += 1
        self._on_member(route, body)

    def _on_member_gone(self, route: Route, body: bytes) -> None:
        del body
        if self._members is None:
            self._member_count = max(0, self._member_count - 1)
        elif route.user_id is not None:
            self._members.pop(route.user_id, None)
            self._presences.pop(route.user_id, None)

    def _on_presence(self, route: Route, body: bytes) -> None:
        if self._members is None or route.user_id not in self._members:
            return
        presence = orjson.loads(body)
        if presence.get("status") == "offline":
            self._presences.pop(route.user_id, None)
        else:
            self._presences[route.user_id] = _presence(presence)


def _presence(presence: dict[str, object]) -> bytes:
    return orjson.dumps({name: value for name, value in presence.items() if name != "guild_id"})


_FOLLOWS: dict[str, Callable[[GuildView, Route, bytes], None]] = {
    GuildUpdate.__name__: GuildView._on_guild,
    GuildEmojisUpdate.__name__: GuildView._on_emojis,
    ChannelCreate.__name__: GuildView._on_channel,
    ChannelUpdate.__name__: GuildView._on_channel,
    ChannelDelete.__name__: GuildView._on_channel_gone,
    RoleCreate.__name__: GuildView._on_role,
    RoleUpdate.__name__: GuildView._on_role,
    RoleDelete.__name__: GuildView._on_role_gone,
    MemberAdd.__name__: GuildView._on_member_added,
    MemberUpdate.__name__: GuildView._on_member,
    MemberRemove.__name__: GuildView._on_member_gone,
    PresenceUpdate.__name__: GuildView._on_presence,
}
_MOVES_PERMISSIONS = frozenset(_FOLLOWS) - {
    GuildEmojisUpdate.__name__,
    PresenceUpdate.__name__,
    MemberAdd.__name__,
    MemberUpdate.__name__,
    MemberRemove.__name__,
}
"""Members' own changes are followed where their sessions are known."""
