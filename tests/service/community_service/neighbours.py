"""Who community_service asks, as these tests want them to answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from chassis.rpc import RpcServer
from contracts.errors import Conflict, ErrorCode, NotFound, Unavailable
from contracts.ids import MessageId
from contracts.objects.application import Application
from contracts.objects.presence import Presence, PresenceUser, Status
from contracts.objects.private import PrivateChannel
from contracts.objects.relationship import Standing
from contracts.objects.user import User
from contracts.rpc.base import Done
from contracts.rpc.chat import (
    ClosePrivateChannel,
    EditPrivateChannel,
    FoundPrivateChannel,
    GetLastMessages,
    GetPrivateChannel,
    LastMessages,
)
from contracts.rpc.presence import GetPresences, Presences
from contracts.rpc.signaling import GovernVoice, ListRegions, Regions
from contracts.rpc.users import (
    FoundApplication,
    GetApplication,
    GetStandings,
    GetUsers,
    Standings,
    Users,
)
from tests.fixtures.services import stub


@dataclass
class Neighbours:
    """user_service knows everybody below 10^9; presence_service sees whom a test names."""

    is_away: bool = False
    """Whether user_service fails."""
    names: dict[int, str] = field(default_factory=dict)
    bots: dict[int, Application] = field(default_factory=dict)
    blocks: set[tuple[int, int]] = field(default_factory=set)
    """Who has blocked whom."""
    online: set[int] = field(default_factory=set)
    private: dict[int, PrivateChannel] = field(default_factory=dict)
    newest: dict[int, MessageId] = field(default_factory=dict)
    in_voice: set[int] = field(default_factory=set)
    governed: list[GovernVoice] = field(default_factory=list)
    asked: list[tuple[int, ...]] = field(default_factory=list)
    """Whose faces were asked for, call by call."""

    def reset(self) -> None:
        """As in the beginning."""
        self.is_away = False
        for kept in (
            self.names,
            self.bots,
            self.blocks,
            self.online,
            self.private,
            self.newest,
            self.in_voice,
            self.governed,
            self.asked,
        ):
            kept.clear()

    def user(self, user_id: int) -> User:
        """A public face."""
        is_bot = user_id in self.bots or None
        return User(id=user_id, username=self.names.get(user_id, f"user{user_id}"), bot=is_bot)

    def make_bot(self, bot_id: int, owner_id: int, name: str, *, is_public: bool = True) -> None:
        """An application with a bot."""
        self.names[bot_id] = name
        self.bots[bot_id] = Application(id=bot_id, name=name, owner=self.user(owner_id))
        bot = self.user(bot_id)
        self.bots[bot_id] = self.bots[bot_id].model_copy(
            update={"bot": bot, "bot_public": is_public}
        )

    async def get_users(self, call: GetUsers) -> Users:
        """Faces."""
        if self.is_away:
            raise Unavailable
        self.asked.append(call.user_ids)
        known = [one for one in call.user_ids if one < 10**9]
        return Users(users=tuple(self.user(one) for one in known))

    async def get_application(self, call: GetApplication) -> FoundApplication:
        """Applications."""
        return FoundApplication(application=self.bots.get(call.application_id))

    async def get_standings(self, call: GetStandings) -> Standings:
        """Blocks."""
        if self.is_away:
            raise Unavailable
        me = call.user_id
        return Standings(
            standings=tuple(
                Standing(
                    user_id=one,
                    has_blocked=(me, one) in self.blocks,
                    is_blocked_by=(one, me) in self.blocks,
                )
                for one in call.other_ids
            )
        )

    async def get_presences(self, call: GetPresences) -> Presences:
        """Those who are here."""
        here = [one for one in call.user_ids if one in self.online]
        return Presences(
            presences=tuple(
                Presence(user=PresenceUser(id=one), status=Status.ONLINE) for one in here
            )
        )

    def _as_user_service(self, rpc: RpcServer) -> None:
        rpc.handle(GetUsers, self.get_users)
        rpc.handle(GetApplication, self.get_application)
        rpc.handle(GetStandings, self.get_standings)

    def _as_presence_service(self, rpc: RpcServer) -> None:
        rpc.handle(GetPresences, self.get_presences)

    async def govern_voice(self, call: GovernVoice) -> Done:
        """Of those whom a test has put into voice."""
        if call.user_id not in self.in_voice:
            raise Conflict(ErrorCode.TARGET_NOT_IN_VOICE)
        self.governed.append(call)
        return Done()

    async def list_regions(self, call: ListRegions) -> Regions:
        """There is one place."""
        del call
        return Regions(ids=("home",))

    def _as_signaling_service(self, rpc: RpcServer) -> None:
        rpc.handle(ListRegions, self.list_regions)
        rpc.handle(GovernVoice, self.govern_voice)

    async def get_private_channel(self, call: GetPrivateChannel) -> FoundPrivateChannel:
        """Conversations that a test opened, by who is in them."""
        return self._private(call.user_id, call.channel_id)

    async def edit_private_channel(self, call: EditPrivateChannel) -> FoundPrivateChannel:
        """The same, with other fields."""
        found = self._private(call.user_id, call.channel_id)
        self.private[call.channel_id] = found.channel.model_copy(update=call.changes)
        return self._private(call.user_id, call.channel_id)

    async def close_private_channel(self, call: ClosePrivateChannel) -> FoundPrivateChannel:
        """The same, gone."""
        found = self._private(call.user_id, call.channel_id)
        del self.private[call.channel_id]
        return found

    def _private(self, user_id: int, channel_id: int) -> FoundPrivateChannel:
        channel = self.private.get(channel_id)
        if channel is None or user_id not in {one.id for one in channel.recipients}:
            raise NotFound(ErrorCode.UNKNOWN_CHANNEL)
        return FoundPrivateChannel(channel=channel)

    async def get_last_messages(self, call: GetLastMessages) -> LastMessages:
        """In every channel that a test has spoken in."""
        wanted = [one for one in call.channel_ids if one in self.newest]
        return LastMessages(messages={one: self.newest[one] for one in wanted})

    def _as_chat_service(self, rpc: RpcServer) -> None:
        rpc.handle(GetLastMessages, self.get_last_messages)
        rpc.handle(GetPrivateChannel, self.get_private_channel)
        rpc.handle(EditPrivateChannel, self.edit_private_channel)
        rpc.handle(ClosePrivateChannel, self.close_private_channel)

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[str]:
        """The setting under which they are reached."""
        async with (
            stub("user", self._as_user_service) as user,
            stub("presence", self._as_presence_service) as presence,
            stub("chat", self._as_chat_service) as chat,
            stub("signaling", self._as_signaling_service) as signaling,
        ):
            yield f"{user},{presence},{chat},{signaling}"
