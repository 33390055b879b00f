"""Threads: begun, listed, and who is in them. What is said there goes by the same routes as in
channels; `/channels/{id}` itself is asked for by community_service.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints
from starlette.responses import JSONResponse

from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from chat_service.actions import joining, thread_lists, threads
from chat_service.actions.chat import Chat
from chat_service.api import uploads
from chat_service.api.shapes import NewMessage
from chat_service.domain.threads import Begin, Wanted
from contracts import limits
from contracts.errors import Invalid
from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.channel import ChannelType
from contracts.wire import KEPT, Form, Text

ArchiveAfter = Literal[60, 1_440, 4_320, 10_080]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.THREAD_NAME_MAX),
    KEPT,
]
Slowmode = Annotated[int, Field(ge=0, le=21_600)]
Tags = Annotated[tuple[Snowflake, ...], Field(max_length=limits.THREAD_TAGS)]
PageLimit = Annotated[int, Query(ge=1, le=limits.THREADS_PAGE_MAX)]
MembersLimit = Annotated[int, Query(ge=1, le=limits.THREAD_MEMBERS_PAGE_MAX)]
Sort = Literal["last_message_time", "archive_time", "relevance", "creation_time"]
_FIRST, _LAST = UserId(0), Snowflake((1 << 63) - 1)


class ThreadForm(Form):
    """What every thread has."""

    name: Name
    auto_archive_duration: ArchiveAfter | None = None
    rate_limit_per_user: Slowmode | None = None

    def begin(self, **more: Any) -> Begin:
        """The thread that is wanted."""
        return Begin(
            name=self.name,
            archive_after=self.auto_archive_duration,
            slowmode=self.rate_limit_per_user,
            **more,
        )


class NewThread(ThreadForm):
    """A thread with nothing to begin with, or a post, which has a message."""

    type: Literal[10, 11, 12] | None = None
    invitable: bool | None = None
    applied_tags: Tags | None = None
    message: NewMessage | None = None


class MuteConfig(Form):
    """Until when it is silent."""

    end_time: datetime | None = None
    selected_time_window: Annotated[int, Field(ge=-1, lt=1 << 31)] | None = None


class OwnSettings(Form):
    """How oneself is notified; null takes it back."""

    flags: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None
    muted: bool | None = None
    mute_config: MuteConfig | None = None

    def changes(self) -> dict[str, Any]:
        """What was sent, as it is kept."""
        sent: dict[str, Any] = {}
        for name in ("flags", "muted"):
            if name in self.model_fields_set:
                sent[name] = getattr(self, name) or 0
        if "muted" in sent:
            sent["muted"] = bool(sent["muted"])
        if "mute_config" in self.model_fields_set:
            until = self.mute_config
            sent["mute_config"] = None if until is None else until.model_dump(mode="json")
        return sent


class Sought(Form):
    """Which threads are looked for."""

    name: Annotated[Text, Field(max_length=limits.THREAD_NAME_MAX)] | None = None
    tag: Annotated[list[Snowflake], Field(max_length=limits.FORUM_TAGS)] | None = None
    tag_setting: Literal["match_all", "match_some"] = "match_some"
    archived: bool | None = None
    min_id: Snowflake = _FIRST
    max_id: Snowflake = _LAST
    sort_by: Sort = "last_message_time"
    sort_order: Literal["asc", "desc"] = "desc"
    limit: Annotated[int, Field(ge=1, le=limits.THREADS_FOUND_MAX)] = limits.THREADS_FOUND_MAX
    offset: Annotated[int, Field(ge=0, le=9_975)] = 0

    def wanted(self) -> Wanted:
        """The same, as it is looked for."""
        return Wanted(
            name=self.name,
            tags=tuple(map(int, self.tag or ())),
            all_tags=self.tag_setting == "match_all",
            is_archived=self.archived,
            min_id=self.min_id,
            max_id=self.max_id,
            sort=self.sort_by,
            descending=self.sort_order == "desc",
            limit=self.limit,
            offset=self.offset,
        )


class ThreadsDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def begin_at(
        self, channel_id: ChannelId, message_id: MessageId, form: ThreadForm, actor: Actor
    ) -> Response:
        """A thread at a message."""
        begun = await threads.from_message(self._chat, actor, channel_id, message_id, form.begin())
        return answer(begun, 201)

    async def begin(self, channel_id: ChannelId, request: Request, actor: Actor) -> Response:
        """A thread with nothing, or a post of a forum."""
        # The first message of a post has the id of its thread, and so have its files.
        thread_id = self._chat.outbox.next_id()
        async with uploads.received(self._chat, request, actor, thread_id) as sent:
            form = uploads.read(NewThread, sent.body)
            tags = tuple(map(int, form.applied_tags or ()))
            kind = None if form.type is None else ChannelType(form.type)
            wanted = form.begin(type=kind, tags=tags, is_invitable=form.invitable is not False)
            if form.message is None and await threads.is_forum(self._chat, actor, channel_id):
                raise Invalid({"message": ("BASE_TYPE_REQUIRED", "This field is required")})
            if form.message is None:
                return answer(await threads.begin(self._chat, actor, channel_id, wanted), 201)
            draft = form.message.draft(sent.files)
            posted = await threads.post(
                self._chat, actor, channel_id, wanted, draft, thread_id=thread_id
            )
        shown = {**posted.thread.dump(), "message": posted.message.dump()}
        return JSONResponse(shown, 201)

    async def active(self, guild_id: GuildId, actor: Actor) -> Response:
        """What is active in a guild."""
        return JSONResponse(await thread_lists.active(self._chat, actor, guild_id))

    async def archived_public(
        self,
        channel_id: ChannelId,
        actor: Actor,
        before: datetime | None = None,
        limit: PageLimit = limits.THREADS_PAGE,
    ) -> Response:
        """What sleeps, for everybody."""
        found = await thread_lists.archived(
            self._chat, actor, channel_id, is_private=False, before=before, limit=limit
        )
        return JSONResponse(found)

    async def archived_private(
        self,
        channel_id: ChannelId,
        actor: Actor,
        before: datetime | None = None,
        limit: PageLimit = limits.THREADS_PAGE,
    ) -> Response:
        """Private ones that sleep, for who governs threads."""
        found = await thread_lists.archived(
            self._chat, actor, channel_id, is_private=True, before=before, limit=limit
        )
        return JSONResponse(found)

    async def archived_joined(
        self,
        channel_id: ChannelId,
        actor: Actor,
        before: Snowflake = _LAST,
        limit: PageLimit = limits.THREADS_PAGE,
    ) -> Response:
        """Private ones that sleep, of one's own."""
        found = await thread_lists.archived_joined(
            self._chat, actor, channel_id, before=before, limit=limit
        )
        return JSONResponse(found)

    async def find(
        self, channel_id: ChannelId, sought: Annotated[Sought, Query()], actor: Actor
    ) -> Response:
        """Threads by name, tags and state."""
        found = await thread_lists.find(self._chat, actor, channel_id, sought.wanted())
        return JSONResponse(found)

    async def members(
        self,
        channel_id: ChannelId,
        actor: Actor,
        *,
        with_member: bool = False,
        after: UserId = _FIRST,
        limit: MembersLimit | None = None,
    ) -> Response:
        """Those in a thread; without their faces, all at once unless fewer are asked for."""
        most = limits.THREAD_MEMBERS_PAGE_MAX if with_member else limits.THREAD_MEMBERS
        found = await joining.listed(
            self._chat, actor, channel_id, after=after, limit=limit or most, with_member=with_member
        )
        return answer(found)

    async def member(
        self,
        channel_id: ChannelId,
        user_id: UserId,
        actor: Actor,
        *,
        with_member: bool = False,
    ) -> Response:
        """Somebody in a thread."""
        found = await joining.one(self._chat, actor, channel_id, user_id, with_member=with_member)
        return answer(found)

    async def join(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Come in."""
        await joining.join(self._chat, actor, channel_id)
        return nothing()

    async def leave(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Leave."""
        await joining.leave(self._chat, actor, channel_id)
        return nothing()

    async def add(self, channel_id: ChannelId, user_id: UserId, actor: Actor) -> Response:
        """Take somebody in."""
        await joining.add(self._chat, actor, channel_id, user_id)
        return nothing()

    async def remove(self, channel_id: ChannelId, user_id: UserId, actor: Actor) -> Response:
        """Send somebody out."""
        await joining.remove(self._chat, actor, channel_id, user_id)
        return nothing()

    async def settle(self, channel_id: ChannelId, form: OwnSettings, actor: Person) -> Response:
        """How oneself is notified."""
        return answer(await joining.settle(self._chat, actor, channel_id, form.changes()))

    async def accept(self, channel_id: ChannelId, message_id: MessageId, actor: Actor) -> Response:
        """This message answers the question."""
        return answer(await threads.accept(self._chat, actor, channel_id, message_id))

    async def unaccept(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Nothing answers it yet."""
        return answer(await threads.accept(self._chat, actor, channel_id, None))


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = ThreadsDoor(chat), APIRouter()
    routes.post("/channels/{channel_id}/messages/{message_id}/threads")(door.begin_at)
    routes.post("/channels/{channel_id}/threads")(door.begin)
    routes.get("/guilds/{guild_id}/threads/active")(door.active)
    routes.get("/channels/{channel_id}/threads/archived/public")(door.archived_public)
    routes.get("/channels/{channel_id}/threads/archived/private")(door.archived_private)
    routes.get("/channels/{channel_id}/users/@me/threads/archived/private")(door.archived_joined)
    routes.get("/channels/{channel_id}/threads/search")(door.find)
    routes.get("/channels/{channel_id}/thread-members")(door.members)
    routes.put("/channels/{channel_id}/thread-members/@me")(door.join)
    routes.delete("/channels/{channel_id}/thread-members/@me")(door.leave)
    routes.patch("/channels/{channel_id}/thread-members/@me/settings")(door.settle)
    routes.get("/channels/{channel_id}/thread-members/{user_id}")(door.member)
    routes.put("/channels/{channel_id}/thread-members/{user_id}")(door.add)
    routes.delete("/channels/{channel_id}/thread-members/{user_id}")(door.remove)
    routes.put("/channels/{channel_id}/answer/{message_id}")(door.accept)
    routes.delete("/channels/{channel_id}/answer")(door.unaccept)
    return routes
