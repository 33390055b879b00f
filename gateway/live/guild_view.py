"""One guild as this process knows it: what GUILD_CREATE is made of, kept current by the guild's own
events. No sessions, no I/O. Who may see what is decided by its layout.

Every event carries whole objects, so applying one that the snapshot contained already does no harm:
after all events since the subscription the view is what a fresh snapshot would be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import orjson

from contracts import limits
from contracts.events.base import Route, open_as
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.emoji import GuildEmojisUpdate
from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.message import MessageCreate
from contracts.events.presence import PresenceUpdate
from contracts.events.role import RoleCreate, RoleDelete, RoleUpdate
from contracts.events.scheduled_event import (
    ScheduledEventCreate,
    ScheduledEventDelete,
    ScheduledEventUpdate,
)
from contracts.events.voice import (
    StageInstanceCreate,
    StageInstanceDelete,
    StageInstanceUpdate,
    VoiceStateUpdate,
)
from contracts.objects.channel import Channel
from contracts.objects.guild import Guild
from contracts.objects.presence import Presence
from contracts.objects.role import Role
from contracts.objects.voice import VoiceState
from contracts.rpc.chat import ActiveThread
from contracts.rpc.community import GuildSnapshot
from gateway.live.agenda import Agenda
from gateway.live.codec import Piece
from gateway.live.layout import Layout, Roles, Room, Sight, Step
from gateway.live.oneself import Oneself
from gateway.live.threads import OF_THREADS, Joined, Thread, Threads, listed
from gateway.live.voices import Stages, Voices

_BODIES = 32
_NOTHING_ELSE = b',"soundboard_sounds":[],"lazy":true,"large":'

Steps = tuple[Step, ...]
"""What an event changed about who may see what."""


class GuildView:
    """The state of one guild."""

    __slots__ = (
        "_around",
        "_face",
        "_member_count",
        "_members",
        "_presences",
        "_roles",
        "_talk",
        "agenda",
        "id",
        "layout",
        "stages",
        "threads",
        "voices",
    )

    def __init__(
        self,
        snapshot: GuildSnapshot,
        presences: tuple[Presence, ...],
        voices: tuple[VoiceState, ...] = (),
        threads: Iterable[ActiveThread] = (),
    ) -> None:
        guild = snapshot.guild
        self.threads = Threads(threads)
        self.agenda = Agenda(snapshot.events)
        self.id = int(guild.id)
        self.layout = Layout(self.id, int(guild.owner_id))
        for channel in snapshot.channels:
            self.layout.put_room(int(channel.id), Room(channel, channel.encode()))
        self._member_count = snapshot.member_count
        self._members: dict[int, bytes] | None = None
        if snapshot.member_count <= limits.LARGE_GUILD:
            self._members = {int(m.user.id): m.encode() for m in snapshot.members}
        self._presences = {
            int(p.user.id): _presence(p.dump()) for p in presences if p.status != "offline"
        }
        self.voices = Voices(voices)
        self.stages = Stages()
        self._talk: dict[Sight, Piece] = {}
        """The channels of GUILD_CREATE and who is in voice there, by which ones."""
        self._around: dict[bool, tuple[Piece, Piece]] = {}
        """What stands before and behind them, with presences or without."""
        self._roles: dict[int, Role] = {}
        self._take_guild(guild)

    def apply(self, name: str, route: Route, body: bytes) -> Steps:
        """Follow an event; returns what it changed about who may see what."""
        follow = _FOLLOWS.get(name)
        if follow is None:
            return ()
        if name in _OF_ROOMS:
            self._talk.clear()
        elif name not in OF_THREADS and name not in _OF_AGENDA:
            self._around.clear()
        return tuple(step for step in follow(self, route, body) if step is not None)

    def create(self, member: Oneself, *, presences: bool, joined: Joined) -> list[Piece]:
        """The `d` of this member's GUILD_CREATE, open at its end: the caller closes the brace.
        `joined` says how they are in threads.
        """
        sight = self.layout.sees(member.user_id, member.standing.roles)
        talk = self._talk.get(sight)
        if talk is None:
            if len(self._talk) >= _BODIES:
                self._talk.clear()
            rooms = b",".join(room.body for _, room in self.layout.ordered(sight))
            voices = b",".join(self.voices.listed(sight))
            talk = self._talk[sight] = Piece(
                b',"channels":[%b],"voice_states":[%b],"stage_instances":[%b]'
                % (rooms, voices, b",".join(self.stages.listed(sight)))
            )
        around = self._around.get(presences)
        if around is None:
            around = self._around[presences] = self._frame(presences=presences)
        threads = listed(self.threads_seen(member), joined) if self.threads else b"[]"
        tail = b',"threads":%b' % threads
        tail += b',"guild_scheduled_events":%b' % self._planned(member, sight)
        tail += b',"joined_at":"%b"' % member.joined_at.encode()
        if self._members is None:
            tail += b',"members":[%b],"presences":[]' % orjson.dumps(member.shape)
        return [around[0], talk, around[1], Piece(tail)]

    def _planned(self, member: Oneself, sight: Sight) -> bytes:
        """The scheduled events that a member sees."""
        is_in = self.layout.is_in(member.user_id, member.standing.roles)
        return self.agenda.listed(sight, is_in=is_in)

    def threads_seen(self, member: Oneself) -> list[Thread]:
        """The active threads that a member sees."""
        if not self.threads:
            return []
        user_id, roles = member.user_id, member.standing.roles
        return self.threads_of(user_id, roles, self.layout.sees(user_id, roles))

    def threads_of(self, user_id: int, roles: Roles, rooms: Sight) -> list[Thread]:
        """The same in channels that a member sees."""

        def governs(room_id: int) -> bool:
            return self.layout.governs(user_id, roles, room_id)

        return self.threads.seen(rooms, user_id, governs)

    @property
    def is_large(self) -> bool:
        """Whether its members are too many to be named."""
        return self._members is None

    @property
    def count(self) -> int:
        """How many members there are."""
        return self._member_count if self._members is None else len(self._members)

    @property
    def members(self) -> Iterable[bytes] | None:
        """Everybody, if they are few enough to be known here."""
        return None if self._members is None else self._members.values()

    @property
    def roles(self) -> Iterable[Role]:
        """Its roles."""
        return self._roles.values()

    def roles_of(self, user_id: int) -> tuple[int, ...] | None:
        """The roles of a member, if members are known here."""
        raw = (self._members or {}).get(user_id)
        return tuple(sorted(map(int, orjson.loads(raw)["roles"]))) if raw is not None else None

    def holders(self, role_id: int) -> list[tuple[int, tuple[int, ...]]]:
        """Members who hold a role, with all their roles, if members are known here."""
        named = str(role_id).encode()
        found = [user_id for user_id, raw in (self._members or {}).items() if named in raw]
        held = [(user_id, self.roles_of(user_id) or ()) for user_id in found]
        return [each for each in held if role_id in each[1]]

    def _frame(self, *, presences: bool) -> tuple[Piece, Piece]:
        roles = b",".join(role.encode() for role in self._roles.values())
        is_large = b"true" if self.is_large else b"false"
        behind = [_NOTHING_ELSE, is_large, b',"member_count":%d' % self.count]
        if self._members is not None:
            shown = b",".join(self._presences.values()) if presences else b""
            members = b",".join(self._members.values())
            behind.append(b',"members":[%b],"presences":[%b]' % (members, shown))
        return Piece(self._face + b',"roles":[%b]' % roles), Piece(b"".join(behind))

    def _take_guild(self, guild: Guild) -> Iterable[Step | None]:
        gone = self._roles.keys() - {int(role.id) for role in guild.roles}
        self._roles = {int(role.id): role for role in guild.roles}
        face = Guild.model_validate(guild.model_dump(include=set(Guild.model_fields))).dump()
        for name in ("roles", "approximate_member_count", "approximate_presence_count"):
            face.pop(name, None)
        self._face = orjson.dumps(face)[:-1]
        layout = self.layout
        return [
            layout.own(int(guild.owner_id)),
            *(layout.put_role(role_id, None) for role_id in gone),
            *(layout.put_role(r, int(role.permissions)) for r, role in self._roles.items()),
        ]

    def _on_guild(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del route
        return self._take_guild(open_as(GuildUpdate, body))

    def _on_emojis(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del route
        face = orjson.loads(self._face + b"}")
        face["emojis"] = orjson.loads(body)["emojis"]
        self._face = orjson.dumps(face)[:-1]
        return ()

    def _on_channel(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del route
        channel = Channel.model_validate_json(body)
        room, former = Room(channel, body), self.layout.rooms.get(int(channel.id))
        if former is not None:
            room.said(former.last)  # community_service does not hear of messages
        return [self.layout.put_room(int(channel.id), room)]

    def _on_channel_gone(self, route: Route, body: bytes) -> Iterable[Step | None]:
        self.threads.follow(ChannelDelete.__name__, route, body)
        self.voices.close(route.channel_id or 0)
        self.stages.take(route.channel_id or 0, None)
        return [self.layout.put_room(route.channel_id or 0, None)]

    def _on_voice(self, route: Route, body: bytes) -> Iterable[Step | None]:
        self.voices.take(route.user_id or 0, body)
        return ()

    def _on_event(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del route
        self.agenda.take(body)
        return ()

    def _on_event_gone(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del route
        self.agenda.drop(body)
        return ()

    def _on_stage(self, route: Route, body: bytes) -> Iterable[Step | None]:
        self.stages.take(route.channel_id or 0, body)
        return ()

    def _on_stage_gone(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del body
        self.stages.take(route.channel_id or 0, None)
        return ()

    def _on_message(self, route: Route, body: bytes) -> Iterable[Step | None]:
        room = self.layout.rooms.get(route.channel_id or 0)
        if room is not None:
            room.said(message_id_in(body))
        elif route.parent_id is not None:
            self.threads.said(route.channel_id or 0, message_id_in(body), body)
        return ()

    def _on_role(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del route
        role = open_as(RoleCreate, body).role
        self._roles[int(role.id)] = role
        return [self.layout.put_role(int(role.id), int(role.permissions))]

    def _on_role_gone(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del route
        role_id = int(open_as(RoleDelete, body).role_id)
        self._roles.pop(role_id, None)
        members = self._members or {}
        for user_id, raw in members.items():
            if str(role_id).encode() in raw:
                member = orjson.loads(raw)
                member["roles"] = [role for role in member["roles"] if role != str(role_id)]
                members[user_id] = orjson.dumps(member)
        return [self.layout.put_role(role_id, None)]

    def _on_member(self, route: Route, body: bytes) -> Iterable[Step | None]:
        if self._members is None or route.user_id is None:
            return ()
        member = orjson.loads(body)
        member.pop("guild_id", None)
        self._members[route.user_id] = orjson.dumps(member)
        if len(self._members) > limits.LARGE_GUILD:
            self._member_count, self._members = len(self._members), None
            self._presences.clear()
        return ()

    def _on_member_added(self, route: Route, body: bytes) -> Iterable[Step | None]:
        if self._members is None:
            self._member_count += 1
        return self._on_member(route, body)

    def _on_member_gone(self, route: Route, body: bytes) -> Iterable[Step | None]:
        del body
        if self._members is None:
            self._member_count = max(0, self._member_count - 1)
        elif route.user_id is not None:
            self._members.pop(route.user_id, None)
            self._presences.pop(route.user_id, None)
        return ()

    def _on_presence(self, route: Route, body: bytes) -> Iterable[Step | None]:
        if self._members is None or route.user_id not in self._members:
            return ()
        presence = orjson.loads(body)
        if presence.get("status") == "offline":
            self._presences.pop(route.user_id, None)
        else:
            self._presences[route.user_id] = _presence(presence)
        return ()


def _follow_thread(name: str, view: GuildView, route: Route, body: bytes) -> tuple[()]:
    view.threads.follow(name, route, body)
    return ()


def message_id_in(body: bytes) -> int:
    """The id of a message; it stands first, so that nobody has to read the rest."""
    if body.startswith(b'{"id":"'):
        return int(body[7 : body.index(b'"', 7)])
    return int(orjson.loads(body)["id"])


def _presence(presence: dict[str, object]) -> bytes:
    return orjson.dumps({name: value for name, value in presence.items() if name != "guild_id"})


_FOLLOWS: dict[str, Callable[[GuildView, Route, bytes], Iterable[Step | None]]] = {
    GuildUpdate.__name__: GuildView._on_guild,
    GuildEmojisUpdate.__name__: GuildView._on_emojis,
    ChannelCreate.__name__: GuildView._on_channel,
    ChannelUpdate.__name__: GuildView._on_channel,
    ChannelDelete.__name__: GuildView._on_channel_gone,
    MessageCreate.__name__: GuildView._on_message,
    RoleCreate.__name__: GuildView._on_role,
    RoleUpdate.__name__: GuildView._on_role,
    RoleDelete.__name__: GuildView._on_role_gone,
    MemberAdd.__name__: GuildView._on_member_added,
    MemberUpdate.__name__: GuildView._on_member,
    MemberRemove.__name__: GuildView._on_member_gone,
    PresenceUpdate.__name__: GuildView._on_presence,
    VoiceStateUpdate.__name__: GuildView._on_voice,
    ScheduledEventCreate.__name__: GuildView._on_event,
    ScheduledEventUpdate.__name__: GuildView._on_event,
    ScheduledEventDelete.__name__: GuildView._on_event_gone,
    StageInstanceCreate.__name__: GuildView._on_stage,
    StageInstanceUpdate.__name__: GuildView._on_stage,
    StageInstanceDelete.__name__: GuildView._on_stage_gone,
}
_FOLLOWS |= {name: partial(_follow_thread, name) for name in OF_THREADS}
_OF_AGENDA = frozenset(
    each.__name__ for each in (ScheduledEventCreate, ScheduledEventUpdate, ScheduledEventDelete)
)
_OF_ROOMS = frozenset(
    each.__name__
    for each in (
        ChannelCreate,
        ChannelUpdate,
        ChannelDelete,
        MessageCreate,
        VoiceStateUpdate,
        StageInstanceCreate,
        StageInstanceUpdate,
        StageInstanceDelete,
    )
)
