"""The words in which these tests speak of chat_service, and the neighbours it asks."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson

from chassis.rpc import RpcServer
from chassis.rpc.client import Calls
from contracts import topics
from contracts.events import Event, unpack
from contracts.guild_facts import GuildFacts
from contracts.identity import Kind
from contracts.ids import EPOCH_MS, ChannelId, GuildId, RoleId, UserId, WebhookId
from contracts.objects.channel import Channel, ChannelOverwrite, ChannelType
from contracts.objects.emoji import Emoji
from contracts.objects.member import Member
from contracts.objects.relationship import Standing
from contracts.objects.role import Role
from contracts.objects.user import CurrentUser, User
from contracts.objects.webhook import Webhook
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.chat import ClosePrivateChannel, EditPrivateChannel, FoundPrivateChannel
from contracts.rpc.community import (
    Bots,
    FindEmoji,
    FindWebhook,
    FoundEmoji,
    FoundFacts,
    FoundWebhook,
    GetBots,
    GetGuildFacts,
    GetMembers,
    GetMemberships,
    GetRoles,
    ListMembers,
    LocateChannel,
    Members,
    Membership,
    Memberships,
    Place,
    Roles,
)
from contracts.rpc.users import GetSelf, GetStandings, GetUsers, Self, Standings, Users
from tests.fixtures.patience import until
from tests.fixtures.services import Running, stub

OWNER, ALICE, BOB, STRANGER = 11, 12, 13, 66
"""The owner, Alice and Bob are members of every guild."""
NO_SUCH_PERSON = 10**9
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = EVERYONE_DEFAULT & ~Permission.MENTION_EVERYONE

_fresh = itertools.count(1_000_000)

Told = list[tuple[str, dict[str, Any]]]


BOTS = 2 * 10**8
"""Users from here on are bots."""


def is_bot(user_id: int) -> bool:
    """Whether it is one."""
    return BOTS <= user_id < NO_SUCH_PERSON


def user(user_id: int) -> User:
    """A public face."""
    bot = True if is_bot(user_id) else None
    return User(id=UserId(user_id), username=f"user{user_id}", bot=bot)


@dataclass
class Neighbours:
    """community_service knows what a test put here; user_service everybody below 10^9."""

    guilds: dict[int, GuildFacts] = field(default_factory=dict)
    members: dict[tuple[int, int], Member] = field(default_factory=dict)
    emojis: dict[int, tuple[GuildId, Emoji]] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    friends: set[frozenset[int]] = field(default_factory=set)
    blocks: set[tuple[int, int]] = field(default_factory=set)
    """(who, whom)"""

    async def locate(self, call: LocateChannel) -> Place:
        """Channels."""
        owners = [one.id for one in self.guilds.values() if call.channel_id in one.channels]
        return Place(guild_id=owners[0] if owners else None)

    async def facts(self, call: GetGuildFacts) -> FoundFacts:
        """Guilds."""
        return FoundFacts(facts=self.guilds.get(call.guild_id))

    async def get_members(self, call: GetMembers) -> Members:
        """Members."""
        keys = [(int(call.guild_id), int(one)) for one in call.user_ids]
        return Members(members=tuple(self.members[key] for key in keys if key in self.members))

    async def list_members(self, call: ListMembers) -> Members:
        """All of a guild, by id."""
        ids = sorted(who for guild, who in self.members if guild == call.guild_id)
        page = [who for who in ids if who > call.after][: call.limit]
        return Members(members=tuple(self.members[int(call.guild_id), who] for who in page))

    async def get_memberships(self, call: GetMemberships) -> Memberships:
        """Where somebody is a member."""
        mine = [(guild, one) for (guild, who), one in self.members.items() if who == call.user_id]
        found = [Membership(guild_id=GuildId(guild), member=one) for guild, one in mine]
        return Memberships(memberships=tuple(found))

    async def get_users(self, call: GetUsers) -> Users:
        """Faces."""
        return Users(users=tuple(user(one) for one in call.user_ids if one < NO_SUCH_PERSON))

    async def find_emoji(self, call: FindEmoji) -> FoundEmoji:
        """Emojis."""
        guild_id, emoji = self.emojis.get(int(call.emoji_id), (None, None))
        return FoundEmoji(guild_id=guild_id, emoji=emoji)

    async def find_webhook(self, call: FindWebhook) -> FoundWebhook:
        """Webhooks."""
        return FoundWebhook(webhook=self.webhooks.get(int(call.webhook_id)))

    async def get_bots(self, call: GetBots) -> Bots:
        """Bots of a guild."""
        here = sorted(who for guild, who in self.members if guild == call.guild_id)
        return Bots(user_ids=tuple(UserId(who) for who in here if is_bot(who)))

    async def get_roles(self, call: GetRoles) -> Roles:
        """Roles."""
        facts = self.guilds[int(call.guild_id)]
        return Roles(roles=tuple(Role(id=RoleId(one), name="role") for one in facts.roles))

    async def get_self(self, call: GetSelf) -> Self:
        """Accounts."""
        return Self(user=CurrentUser(**user(int(call.user_id)).model_dump(), locale="ko"))

    async def get_standings(self, call: GetStandings) -> Standings:
        """Friends and blocks."""
        me = int(call.user_id)
        return Standings(
            standings=tuple(
                Standing(
                    user_id=other,
                    is_friend=frozenset((me, int(other))) in self.friends,
                    has_blocked=(me, int(other)) in self.blocks,
                    is_blocked_by=(int(other), me) in self.blocks,
                )
                for other in call.other_ids
            )
        )

    def _as_community(self, rpc: RpcServer) -> None:
        rpc.handle(LocateChannel, self.locate)
        rpc.handle(GetGuildFacts, self.facts)
        rpc.handle(GetMembers, self.get_members)
        rpc.handle(ListMembers, self.list_members)
        rpc.handle(GetMemberships, self.get_memberships)
        rpc.handle(FindEmoji, self.find_emoji)
        rpc.handle(FindWebhook, self.find_webhook)
        rpc.handle(GetBots, self.get_bots)
        rpc.handle(GetRoles, self.get_roles)

    def _as_user(self, rpc: RpcServer) -> None:
        rpc.handle(GetUsers, self.get_users)
        rpc.handle(GetStandings, self.get_standings)
        rpc.handle(GetSelf, self.get_self)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[str]:
        """The setting under which they are reached."""
        async with (
            stub("community", self._as_community) as community,
            stub("user", self._as_user) as users,
        ):
            yield f"{community},{users}"


@dataclass
class House:
    """The service with the words of these tests."""

    running: Running
    neighbours: Neighbours
    admin: asyncpg.Connection[asyncpg.Record]
    blobs: Path
    """Where files lie."""
    began: int = 0
    """The stamp at which this test began."""
    _as_community: Calls | None = None

    def begin(self) -> None:
        """Whatever is told from now on belongs to this test."""
        self.began = (self.running.service.clock.now_ms() - EPOCH_MS) * 1_000

    async def settled(self) -> None:
        """Wait until everything that was stored to be told has been told."""
        await self.running.settled(self.admin)

    def guild(self, everyone: int = PLAIN) -> int:
        """A guild with an owner, Alice and Bob."""
        guild = next(_fresh)
        self.neighbours.guilds[guild] = GuildFacts(
            id=GuildId(guild), owner_id=UserId(OWNER), roles={guild: int(everyone)}, channels={}
        )
        for who in (OWNER, ALICE, BOB):
            self.member(guild, who)
        return guild

    def member(self, guild: int, who: int, **how: Any) -> Member:
        """Let somebody be a member like this; no event tells it."""
        made = Member(user=user(who), joined_at=SINCE, **how)
        self.neighbours.members[guild, who] = made
        return made

    def channel(
        self, guild: int, kind: ChannelType = ChannelType.TEXT, *overwrites: ChannelOverwrite
    ) -> Channel:
        """A channel more; no event tells it."""
        facts = self.neighbours.guilds[guild]
        made = Channel(
            id=ChannelId(next(_fresh)),
            type=kind,
            guild_id=facts.id,
            name="room",
            permission_overwrites=overwrites,
        )
        self.neighbours.guilds[guild] = facts.model_copy(
            update={"channels": {**facts.channels, made.id: made}}
        )
        return made

    def webhook(self, channel: Channel, **how: Any) -> int:
        """A webhook that posts there; no event tells it."""
        given = {"name": "News", "avatar": "a" * 32, "guild_id": channel.guild_id, **how}
        made = Webhook(id=WebhookId(next(_fresh)), channel_id=channel.id, **given)
        self.neighbours.webhooks[int(made.id)] = made
        return int(made.id)

    async def posts(self, webhook: int, method: str, below: str = "", **more: Any) -> Any:
        """A request with the webhook's token, which the edge has seen."""
        client = self.running.as_(webhook, kind=Kind.WEBHOOK, session=0)
        return await client.request(method, f"/webhooks/{webhook}/token{below}", **more)

    async def opens(self, who: int, *others: int) -> dict[str, Any]:
        """A conversation that can be opened."""
        form: dict[str, Any] = {"recipients": [str(one) for one in others]}
        if len(others) == 1:
            form = {"recipient_id": others[0]}
        answer = await self.asks(who, "POST", "/users/@me/channels", json=form)
        assert answer.status_code == 200, answer.text
        opened: dict[str, Any] = answer.json()
        return opened

    def bot(self, *guilds: int) -> int:
        """A bot that no other test has met, a member of these guilds. It is its application."""
        made = BOTS + next(_fresh)
        for guild in guilds:
            self.member(guild, made)
        return made

    async def asks_as_bot(self, bot: int, method: str, path: str, **more: Any) -> httpx.Response:
        """A request of a bot's, whatever comes of it."""
        return await self.running.as_(bot, kind=Kind.BOT).request(method, path, **more)

    def newcomer(self) -> int:
        """A person whom no other test has met."""
        return next(_fresh)

    def room(self, everyone: int = PLAIN) -> int:
        """A text channel in a guild of its own."""
        return int(self.channel(self.guild(everyone)).id)

    def allow(self, guild: int, everyone: int) -> None:
        """What everybody may do from now on; no event tells it."""
        facts = self.neighbours.guilds[guild]
        self.neighbours.guilds[guild] = facts.model_copy(update={"roles": {guild: int(everyone)}})

    def tell(self, event: Event) -> None:
        """As community_service tells it."""
        assert self.running.ears is not None
        number = next(_fresh)
        for topic in event.addresses():
            self.running.ears.bus.publish(topic, event.record(number), number)

    async def asks(self, who: int, method: str, path: str, **more: Any) -> httpx.Response:
        """A request of somebody's, whatever comes of it."""
        return await self.running.as_(who).request(method, path, **more)

    async def send(self, who: int, channel: int, content: str, **more: Any) -> dict[str, Any]:
        """A message that is taken."""
        path = f"/channels/{channel}/messages"
        answer = await self.asks(who, "POST", path, json={"content": content, **more})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        sent: dict[str, Any] = answer.json()
        return sent

    async def attach(
        self, who: int, channel: int, *files: tuple[str, bytes], **said: Any
    ) -> httpx.Response:
        """A message with files, whatever comes of it."""
        parts = {f"files[{n}]": file for n, file in enumerate(files)}
        data = {"payload_json": orjson.dumps(said).decode()} if said else {}
        path = f"/channels/{channel}/messages"
        return await self.asks(who, "POST", path, files=parts, data=data)

    def files(self, channel: int) -> dict[str, bytes]:
        """What lies in the store under a channel, by file id."""
        folder = self.blobs / "attachments" / str(channel)
        found: dict[str, bytes] = {}
        for one in sorted(folder.iterdir()) if folder.is_dir() else ():
            with suppress(FileNotFoundError):  # swept a moment ago
                found[one.name] = one.read_bytes()
        return found

    async def swept(self, channel: int, left: int = 0) -> None:
        """Wait until so many files are left under a channel, and so many rows that tell of them."""
        told = "SELECT count(*) FROM chat.files WHERE channel_id = $1"
        await until(lambda: len(self.files(channel)) == left)
        await until(lambda: self.admin.fetchval(told, channel), lambda rows: rows <= left)

    async def sends(self, who: int, channel: int, count: int) -> list[dict[str, Any]]:
        """Messages one after another, oldest first."""
        return [await self.send(who, channel, f"message {n}") for n in range(count)]

    async def refused(self, who: int, channel: int, **more: Any) -> tuple[int, int]:
        """A send that must fail; status and code."""
        path = f"/channels/{channel}/messages"
        return refusal(await self.asks(who, "POST", path, **(more or {"json": {"content": "hi"}})))

    async def history(self, who: int, channel: int, query: str = "") -> list[dict[str, Any]]:
        """A page."""
        answer = await self.asks(who, "GET", f"/channels/{channel}/messages{query}")
        assert answer.status_code == 200, answer.text
        page: list[dict[str, Any]] = answer.json()
        return page

    async def stored(self, channel: int) -> list[int]:
        """Ids of what lies in the database."""
        rows = await self.admin.fetch(
            "SELECT id FROM chat.messages WHERE channel_id = $1 ORDER BY id", channel
        )
        return [row["id"] for row in rows]

    async def until(self, happened: Callable[[], Awaitable[object]]) -> None:
        """Wait for what the service does by itself."""
        await until(happened)

    async def edits(self, who: int, channel: int, **changes: Any) -> FoundPrivateChannel:
        """`PATCH /channels/{id}` as community_service hands it on."""
        call = EditPrivateChannel(
            user_id=UserId(who), channel_id=ChannelId(channel), changes=changes
        )
        return await (await self._community()).ask(call)

    async def ends(self, who: int, channel: int) -> FoundPrivateChannel:
        """`DELETE /channels/{id}` likewise."""
        call = ClosePrivateChannel(user_id=UserId(who), channel_id=ChannelId(channel))
        return await (await self._community()).ask(call)

    async def _community(self) -> Calls:
        if self._as_community is None:
            self._as_community = await self.running.calls_from("community")
        return self._as_community

    async def told(self, guild: int) -> Told:
        """Everything that was told of a guild, in order."""
        return await self._told_on(topics.guild(guild))

    async def told_to(self, who: int) -> Told:
        """Everything that was told to one person, in order."""
        return await self._told_on(topics.user(who))

    async def governed(self, guild: int) -> list[dict[str, Any]]:
        """What is to be written into the guild's audit log."""
        every = await self._told_on(topics.DEEDS)
        return [body for _, body in every if body["guild_id"] == str(guild)]

    async def _told_on(self, topic: topics.Topic) -> Told:
        await self.settled()
        assert self.running.ears is not None
        replayed = await self.running.ears.bus.replay([topic], self.began)
        opened = [unpack(record) for _, _, _, record in replayed]
        return [(header.name, orjson.loads(body)) for header, body in opened]


def refusal(answer: httpx.Response) -> tuple[int, int]:
    """Status and code."""
    assert answer.status_code >= 400, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, answer.json()["code"]
