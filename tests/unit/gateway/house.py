"""A gateway's cores without a network: a bus that lives in memory (any number of gateways may share
it), a world of guilds that answers calls, transports that remember, and a client that reads frames.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
import zstandard

from chassis.bus import ReplayGone
from chassis.tasks import Tasks
from contracts.errors import Unavailable
from contracts.events.base import Event, Inside
from contracts.events.guild import GuildJoined, GuildLeft
from contracts.events.member import MemberAdd, MemberRemove
from contracts.events.message import MessageCreate
from contracts.events.voice import VoiceStateUpdate
from contracts.identity import Identity, Kind
from contracts.ids import ChannelId, GuildId, MessageId, RoleId, UserId
from contracts.objects.application import Application
from contracts.objects.channel import Channel, ChannelOverwrite, ChannelType
from contracts.objects.guild import Guild
from contracts.objects.member import Member
from contracts.objects.presence import Presence as Presence_
from contracts.objects.private import PrivateChannel
from contracts.objects.reading import ReadState
from contracts.objects.relationship import Relationship
from contracts.objects.role import Role
from contracts.objects.thread import ThreadMember
from contracts.objects.user import CurrentUser, User
from contracts.objects.voice import OngoingCall, StageInstance, VoiceState
from contracts.permissions import EVERYONE_DEFAULT
from contracts.rpc import chat, community, users
from contracts.rpc.base import Call, Done
from contracts.rpc.chat import (
    ActiveThread,
    ActiveThreads,
    GetActiveThreads,
)
from contracts.rpc.community import (
    FoundGuild,
    GetGuild,
    GetMembers,
    GuildSnapshot,
    ListMembers,
    Members,
    SearchMembers,
)
from contracts.rpc.edge import RecallSight, ReleaseSession
from contracts.rpc.presence import GetPresences, Presences
from contracts.rpc.signaling import (
    GetCalls,
    GetVoiceStates,
    OngoingCalls,
    UpdateVoiceState,
    VoiceStates,
)
from contracts.rpc.users import (
    GetRelationships,
    OwnSettings,
    Relationships,
)
from contracts.topics import Topic
from gateway.live import records
from gateway.live.lobby import Lobby, Site
from gateway.live.seats import Seated
from gateway.live.ws import GatewaySocket
from tests.fixtures.clock import START, ManualClock

GUILD = 1 << 30
OTHER = 2 << 30
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


def user(user_id: int) -> User:
    """Somebody."""
    return User(id=UserId(user_id), username=f"user{user_id}")


def member(user_id: int, *roles: int) -> Member:
    """Somebody within a guild."""
    return Member(user=user(user_id), roles=tuple(map(RoleId, roles)), joined_at=START)


def channel(
    channel_id: int, guild_id: int = GUILD, overwrites: tuple[ChannelOverwrite, ...] = ()
) -> Channel:
    """A text channel."""
    return Channel(
        id=ChannelId(channel_id),
        type=ChannelType.TEXT,
        guild_id=GuildId(guild_id),
        name=f"channel{channel_id}",
        permission_overwrites=overwrites,
    )


def message(
    number: int, *, channel_id: int = 11, guild_id: int = GUILD, author: int = 1, **more: Any
) -> MessageCreate:
    """A message that says its number."""
    return MessageCreate(
        id=MessageId(number),
        channel_id=ChannelId(channel_id),
        guild_id=GuildId(guild_id),
        author=user(author),
        content=f"message {number}",
        timestamp=START,
        **more,
    )


class Redis:
    """As much of Redis as gateways share: topics with logs, the stamp, and hashes."""

    def __init__(self) -> None:
        self.epoch = "one"
        self.blur = 0
        self.stamp = 1_000_000_000
        self.logs: dict[Topic, list[tuple[int, int, bytes]]] = {}
        self.floors: dict[Topic, int] = {}
        self.hashes: dict[str, dict[bytes, bytes]] = {}
        self.buses: list[Bus] = []
        self.is_away = False

    def publish(
        self, event: Event, topic: Topic | None = None, inside: Inside | None = None
    ) -> int:
        """As the script does: number, stamp, log, fan-out. Returns the stamp."""
        self.stamp += 10
        topic, record = topic or event.address(), event.record(self.stamp, inside=inside)
        log = self.logs.setdefault(topic, [])
        entry = (log[-1][0] + 1 if log else 1, self.stamp, record)
        log.append(entry)
        for bus in self.buses:
            bus.hear(topic, entry)
        return self.stamp

    def trim(self, topic: Topic, upto: int) -> None:
        """Forget what is that old."""
        self.floors[topic] = upto
        self.logs[topic] = [entry for entry in self.logs.get(topic, []) if entry[1] > upto]

    # redis-py's side.

    def pipeline(self, transaction: bool = True) -> Pipe:
        """Several commands."""
        del transaction
        return Pipe(self)

    async def hgetall(self, name: str) -> dict[bytes, bytes]:
        """A hash."""
        return dict(self.hashes.get(name, {}))

    async def eval(self, script: str, count: int, key: str, *rest: Any) -> int:
        """The scripts of session records."""
        assert count == 1
        held, claim = self.hashes.get(key), str(rest[0]).encode()
        if held is not None and held[b"claim"] != claim:
            return 0
        if script is records._PUT:
            self.hashes[key] = {
                b"claim": claim,
                b"body": rest[1],
                b"seen": str(rest[2]).encode(),
            }
            return 1
        if held is None:
            return 0
        if script is records._TOUCH:
            held[b"seen"] = str(rest[1]).encode()
        elif script is records._TAKE:
            held[b"claim"] = str(rest[1]).encode()
        else:
            assert script is records._DROP
            del self.hashes[key]
        return 1


class Pipe:
    """A pipeline."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._commands: list[tuple[Any, ...]] = []

    def eval(self, *command: Any) -> None:
        """Queue a script."""
        self._commands.append(command)

    async def execute(self) -> None:
        """Run them."""
        for command in self._commands:
            await self._redis.eval(*command)


class Bus:
    """One process's view of Redis."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.commands = redis
        self.listeners: dict[Topic, list[Any]] = {}
        self._live: dict[Topic, int] = {}
        self.replays = 0
        self.is_dead = False
        redis.buses.append(self)

    @property
    def epoch(self) -> str | None:
        return self.redis.epoch

    @property
    def blur(self) -> int:
        return self.redis.blur

    async def newest(self) -> int:
        return self.redis.stamp

    def hear(self, topic: Topic, entry: tuple[int, int, bytes]) -> None:
        for listener in () if self.is_dead else tuple(self.listeners.get(topic, ())):
            listener.deliver(topic, *entry)

    async def subscribe(self, topic: Topic, listener: Any) -> None:
        await asyncio.sleep(0)
        log = self.redis.logs.get(topic)
        self.listeners.setdefault(topic, []).append(listener)
        self._live.setdefault(topic, log[-1][1] if log else self.redis.floors.get(topic, 0))

    def unsubscribe(self, topic: Topic, listener: Any) -> None:
        held = self.listeners.get(topic, [])
        if listener in held:
            held.remove(listener)
        if not held:
            self.listeners.pop(topic, None)
            self._live.pop(topic, None)

    def live_since(self, topic: Topic) -> int | None:
        return self._live.get(topic)

    async def replay(
        self, asked: Sequence[Topic], since: int, *, epoch: str | None = None
    ) -> list[tuple[Topic, int, int, bytes]]:
        self.replays += 1
        await asyncio.sleep(0)
        if epoch not in (None, self.redis.epoch):
            raise ReplayGone("another epoch")
        if any(since < self.redis.floors.get(topic, 0) for topic in asked):
            raise ReplayGone("trimmed")
        found = [(t, *e) for t in asked for e in self.redis.logs.get(t, ()) if e[1] > since]
        return sorted(found, key=lambda entry: entry[2])


@dataclass
class World:
    """People and guilds, as the neighbours know them."""

    redis: Redis = field(default_factory=Redis)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, list[Channel]] = field(default_factory=dict)
    members: dict[int, dict[int, Member]] = field(default_factory=dict)
    gateways: dict[tuple[str, int], Gateway] = field(default_factory=dict)
    flags: int = 1 << 13 | 1 << 15 | 1 << 19
    """Of every bot's application."""
    settings: OwnSettings = field(default_factory=lambda: OwnSettings(settings={"theme": "dark"}))
    """Of everybody, like those that follow."""
    relationships: list[Relationship] = field(default_factory=list)
    conversations: list[PrivateChannel] = field(default_factory=list)
    read: list[ReadState] = field(default_factory=list)
    presences: dict[int, Presence_] = field(default_factory=dict)
    voices: dict[int, dict[int, VoiceState]] = field(default_factory=dict)
    """By guild and person."""
    stages: list[StageInstance] = field(default_factory=list)
    calls: list[OngoingCall] = field(default_factory=list)
    threads: dict[int, ActiveThread] = field(default_factory=dict)
    """Those that are active; who is in a public one is in `joined` alone."""
    joined: dict[int, dict[int, ThreadMember]] = field(default_factory=dict)
    """Who is in each thread."""
    away: set[type] = field(default_factory=set)
    asked: list[Call[Any]] = field(default_factory=list)
    on_ask: Callable[[Call[Any]], None] = lambda call: None

    def guild(self, guild_id: int = GUILD, *, owner: int = 1, **roles: int) -> None:
        """A guild with two channels and these roles (number=permissions)."""
        found = tuple(
            Role(id=RoleId(int(name.strip("r"))), name=name, permissions=bits)
            for name, bits in roles.items()
        )
        everyone = Role(id=RoleId(guild_id), name="@everyone", permissions=int(EVERYONE_DEFAULT))
        self.guilds[guild_id] = Guild(
            id=GuildId(guild_id), name="guild", owner_id=UserId(owner), roles=(everyone, *found)
        )
        first = 11 if guild_id == GUILD else 21
        self.channels[guild_id] = [channel(first, guild_id), channel(first + 1, guild_id)]
        self.members[guild_id] = {owner: member(owner)}

    def enrol(self, user_id: int, guild_id: int = GUILD, *roles: int) -> None:
        """A member from the beginning."""
        self.members[guild_id][user_id] = member(user_id, *roles)

    def join(self, user_id: int, guild_id: int) -> int:
        """A member from now on, told to all."""
        self.enrol(user_id, guild_id)
        one = self.members[guild_id][user_id]
        self.redis.publish(MemberAdd(guild_id=GuildId(guild_id), **one.model_dump()))
        joined = GuildJoined(user_id=UserId(user_id), guild_id=GuildId(guild_id))
        return self.redis.publish(joined)

    def leave(self, user_id: int, guild_id: int) -> int:
        """No member any more."""
        del self.members[guild_id][user_id]
        gone = MemberRemove(guild_id=GuildId(guild_id), user=user(user_id))
        self.redis.publish(gone)
        return self.redis.publish(GuildLeft(id=GuildId(guild_id), user_id=UserId(user_id)))

    def speak(self, user_id: int, channel_id: int | None, guild_id: int = GUILD) -> int:
        """In this voice channel from now on, or (None) in none; told to all."""
        held = self.voices.setdefault(guild_id, {})
        former = held.pop(user_id, None)
        now = VoiceState(
            guild_id=GuildId(guild_id),
            channel_id=ChannelId(channel_id) if channel_id is not None else None,
            user_id=UserId(user_id),
            member=self.members[guild_id].get(user_id),
            session_id="s",
        )
        if channel_id is not None:
            held[user_id] = now
        left = former.channel_id if former is not None else None
        left = left if left != now.channel_id else None
        return self.redis.publish(VoiceStateUpdate(**now.model_dump(), left_id=left))

    # The calls.

    async def ask(self, call: Call[Any]) -> Any:
        """Any neighbour."""
        self.asked.append(call)
        await asyncio.sleep(0)
        if type(call) in self.away:
            raise Unavailable
        answer = self._answer(call)
        self.on_ask(call)
        await asyncio.sleep(0)
        return answer

    async def ask_at(self, address: tuple[str, int], call: Call[Any]) -> Any:
        """Another gateway."""
        gateway = self.gateways.get(address)
        if gateway is None or gateway.is_dead:
            raise Unavailable
        if isinstance(call, RecallSight):
            return await gateway.lobby.recall(call)
        assert isinstance(call, ReleaseSession)
        return await gateway.lobby.release(call)

    def _answer(self, call: Call[Any]) -> Any:  # noqa: PLR0911, PLR0912, C901 - one line for each
        match call:
            case users.GetArrivals():
                return users.Arrivals(people=tuple(map(self._account, call.user_ids)))
            case community.GetArrivals():
                return community.Arrivals(people=tuple(map(self._memberships, call.user_ids)))
            case chat.GetArrivals():
                return chat.Arrivals(people=tuple(map(self._talk, call.readers)))
            case GetGuild():
                return FoundGuild(snapshot=self.snapshot(int(call.guild_id)))
            case GetMembers():
                held = self.members.get(int(call.guild_id), {})
                return Members(members=tuple(held[i] for i in call.user_ids if i in held))
            case ListMembers():
                held = sorted(self.members.get(int(call.guild_id), {}).items())
                page = [one for user_id, one in held if user_id > call.after]
                return Members(members=tuple(page[: call.limit]))
            case SearchMembers():
                named = self.members.get(int(call.guild_id), {}).values()
                found = [m for m in named if m.user.username.startswith(call.query.lower())]
                return Members(members=tuple(found[: call.limit]))
            case GetPresences():
                here = (self.presences[i] for i in call.user_ids if i in self.presences)
                return Presences(presences=tuple(here))
            case GetVoiceStates():
                states = tuple(self.voices.get(int(call.guild_id), {}).values())
                return VoiceStates(states=states, stages=tuple(self.stages))
            case GetCalls():
                return OngoingCalls(calls=tuple(self.calls))
            case UpdateVoiceState():
                return Done()
            case GetRelationships():
                later = [each for each in self.relationships if each.id > call.after]
                return Relationships(relationships=tuple(later[:2]), is_more=len(later) > 2)
            case GetActiveThreads():
                here = {int(one) for one in call.guild_ids}
                found = (one for one in self.threads.values() if one.thread.guild_id in here)
                return ActiveThreads(threads=tuple(found))
        raise AssertionError(f"nobody answers {call}")

    def snapshot(self, guild_id: int) -> GuildSnapshot | None:
        """A guild as it is now."""
        if guild_id not in self.guilds:
            return None
        members = tuple(self.members[guild_id].values())
        return GuildSnapshot(
            guild=self.guilds[guild_id],
            channels=tuple(self.channels[guild_id]),
            member_count=len(members),
            members=members,
        )

    def _account(self, user_id: UserId) -> users.Arriving:
        me = CurrentUser(id=user_id, username=f"user{user_id:d}").dump()
        if user_id >= 100:
            bot = Application(id=cast(Any, user_id), name="bot", owner=user(1), flags=self.flags)
            return users.Arriving(user_id=user_id, user=me, application=bot)
        listed = tuple(one.dump() for one in self.relationships[:2])
        return users.Arriving(
            user_id=user_id,
            user=me,
            settings=self.settings,
            relationships=listed,
            is_more=len(self.relationships) > 2,
        )

    def _memberships(self, user_id: UserId) -> community.Arriving:
        found = {
            GuildId(guild_id): members[user_id].dump()
            for guild_id, members in self.members.items()
            if user_id in members
        }
        return community.Arriving(user_id=user_id, guilds=found)

    def _talk(self, reader: chat.Reader) -> chat.Arriving:
        inside = (self.joined.get(one, {}) for one in self.threads)
        mine = (held[reader.user_id] for held in inside if reader.user_id in held)
        threads = tuple(one.dump() for one in mine)
        if not reader.is_person:
            return chat.Arriving(user_id=reader.user_id, threads=threads)
        return chat.Arriving(
            user_id=reader.user_id,
            channels=tuple(one.dump() for one in self.conversations),
            read=tuple(one.dump() for one in self.read),
            threads=threads,
        )


class Presence:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.seats: dict[str, Seated] = {}

    def opened(self, seat: Seated) -> None:
        self.seats[seat.session_id] = seat

    def changed(self, seat: Seated) -> None:
        assert seat.session_id in self.seats
        self.seats[seat.session_id] = seat

    def closed(self, session_id: str) -> None:
        self.seats.pop(session_id, None)


class Transport:
    """Remembers what was written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.protocol: Any = None
        self.is_closed = False
        self.is_aborted = self.is_ended = False
        self.high = 0

    def set_write_buffer_limits(self, high: int) -> None:
        self.high = high

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> None:
        """It has no socket."""

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writelines(self, lines: list[bytes]) -> None:
        for line in lines:
            self.write(line)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed or self.is_aborted

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.is_ended = True

    def abort(self) -> None:
        self.is_aborted = True

    def take(self) -> bytes:
        """What was written since the last time."""
        data, self.written = b"".join(self.written), []
        return data


def frames_in(data: bytes) -> list[tuple[int, bytes]]:
    """Opcode and payload of each server frame."""
    found, at = [], 0
    while at < len(data):
        size, start = data[at + 1] & 0x7F, at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size = int.from_bytes(data[start : start + width], "big")
            start += width
        found.append((data[at] & 0x0F, data[start : start + size]))
        at = start + size
    return found


def masked(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes = b"\1\2\3\4") -> bytes:
    """A frame as clients send it."""
    head = bytes(((0x80 if fin else 0) | opcode,))
    size = len(payload)
    if size < 126:
        head += bytes((0x80 | size,))
    elif size < 1 << 16:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return head + mask + body


class Gateway:
    """The cores of one process."""

    def __init__(
        self, world: World, port: int = 1, clock: ManualClock | None = None, bus: Any = None
    ) -> None:
        self.world = world
        self.clock = clock or ManualClock()
        self.tasks = Tasks()
        self.bus = bus or Bus(world.redis)
        self.is_dead = False
        self.presence = Presence()
        self.lobby = Lobby(
            cast(Any, self.bus),
            cast(Any, world),
            authenticate=self.authenticate,
            presence=self.presence,
            site=Site(f"gateway:{port}", "http://moim.test:8080", guilds_per_shard=5),
            clock=self.clock,
            tasks=self.tasks,
        )
        world.gateways["gateway", port] = self

    async def authenticate(self, token: str) -> Identity | None:
        """Tokens are user ids; from 100 on they are bots."""
        await asyncio.sleep(0)
        if not token.isdigit() or len(token) > 18:
            return None
        user_id = int(token)
        return Identity(UserId(user_id), 7, Kind.BOT if user_id >= 100 else Kind.USER)

    async def start(self) -> Gateway:
        await self.lobby.hub.start()
        return self

    async def die(self) -> None:
        """kill -9, as the others see it."""
        self.is_dead = self.bus.is_dead = True
        for socket in tuple(self.lobby.sockets):
            cast(GatewaySocket, socket)._transport = None
        await self.tasks.cancel()

    def connect(self, query: str = "v=10&encoding=json") -> Client:
        return Client(self, query)


class Client:
    """A client at a gateway; remembers dispatches over reconnects."""

    def __init__(self, gateway: Gateway, query: str = "v=10&encoding=json") -> None:
        self.events: list[dict[str, Any]] = []
        self.other: list[dict[str, Any]] = []
        self.session_id = ""
        self.token = ""
        self.query = query
        self.connect(gateway)

    def connect(self, gateway: Gateway) -> None:
        """Open another socket."""
        self.gateway = gateway
        self.transport = Transport()
        self.socket = GatewaySocket(gateway.lobby)
        self.close_code: int | None = None
        self.pings: list[bytes] = []
        self._inflate = zlib.decompressobj()
        self._unzstd = zstandard.ZstdDecompressor().decompressobj()
        headers = [
            (b"upgrade", b"websocket"),
            (b"connection", b"Upgrade"),
            (b"sec-websocket-version", b"13"),
            (b"sec-websocket-key", KEY),
        ]
        line = f"GET /?{self.query}".encode()
        self.socket.adopt(cast(Any, self.transport), line, headers, b"")
        answer, *rest = self.transport.written
        assert answer.startswith(b"HTTP/1.1 101"), answer
        self.transport.written = rest

    @property
    def seq(self) -> int:
        return self.events[-1]["s"] if self.events else 0

    def say(self, op: int, d: Any) -> None:
        """Send a payload."""
        self.socket.data_received(masked(1, orjson.dumps({"op": op, "d": d})))

    def read(self) -> list[dict[str, Any]]:
        """Take what came; dispatches are kept."""
        new = []
        for opcode, payload in frames_in(self.transport.take()):
            if opcode == 8:
                self.close_code = int.from_bytes(payload[:2], "big")
            elif opcode == 9:
                self.pings.append(payload)
            elif opcode in (1, 2):
                new.append(orjson.loads(self._plain(payload)))
        for said in new:
            (self.events if said["op"] == 0 else self.other).append(said)
        return new

    def _plain(self, payload: bytes) -> bytes:
        if "zlib" in self.query:
            assert payload.endswith(b"\x00\x00\xff\xff")
            return self._inflate.decompress(payload)
        if payload[:1] == b"\x78":
            return zlib.decompress(payload)
        return self._unzstd.decompress(payload) if "zstd" in self.query else payload

    async def until(self, is_true: Callable[[], bool], turns: int = 400) -> None:
        """Let the loop turn until something has come."""
        for _ in range(turns):
            self.read()
            if is_true():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"it never came: {self.events[-3:]} {self.other} {self.close_code}")

    def has(self, t: str) -> bool:
        return any(event["t"] == t for event in self.events)

    def all(self, t: str) -> list[Any]:
        """The `d` of every event of this type."""
        return [event["d"] for event in self.events if event["t"] == t]

    async def identify(self, user_id: int, intents: int = (1 << 26) - 1, **more: Any) -> Any:
        """IDENTIFY, up to READY and its guilds."""
        self.token = str(user_id)
        self.say(2, {"token": self.token, "intents": intents, "properties": {}, **more})
        await self.until(lambda: self.has("READY"))
        ready = self.all("READY")[-1]
        self.session_id = ready["session_id"]
        await settled()
        self.read()
        return ready

    async def resume(self, seq: int | None = None, *, at: Gateway | None = None) -> bool:
        """Open another socket and RESUME; whether it went on."""
        self.connect(at or self.gateway)
        self.read()
        self.other.clear()
        seen = len(self.events)
        at_seq = self.seq if seq is None else seq
        self.say(6, {"token": self.token, "session_id": self.session_id, "seq": at_seq})
        await self.until(
            lambda: (
                any(e["t"] == "RESUMED" for e in self.events[seen:])
                or any(o["op"] == 9 for o in self.other)
                or self.close_code is not None
            )
        )
        return any(e["t"] == "RESUMED" for e in self.events[seen:])

    def drop(self) -> None:
        """The network breaks."""
        self.read()
        self.socket.connection_lost(None)

    def contents(self) -> list[str]:
        return [d["content"] for d in self.all("MESSAGE_CREATE")]


async def settled(turns: int = 30) -> None:
    """Let everything that can happen happen."""
    for _ in range(turns):
        await asyncio.sleep(0)
