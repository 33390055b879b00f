"""Searching messages of a guild, or of one channel or conversation."""

from __future__ import annotations

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Query, Response
from pydantic import Field

from chassis.identity import Actor
from chat_service.actions import finding
from chat_service.actions.chat import Chat
from chat_service.domain.finding import Marks, Question, texts
from contracts import limits
from contracts.ids import ChannelId, GuildId, MessageId, RoleId, UserId
from contracts.wire import Form, Text

_Kind = Literal[
    "link", "embed", "file", "image", "video", "sound", "sticker", "poll", "snapshot",
    "-link", "-embed", "-file", "-image", "-video", "-sound", "-sticker", "-poll", "-snapshot",
]  # fmt: skip
_Author = Literal["user", "bot", "webhook", "-user", "-bot", "-webhook"]
_Embed = Literal["image", "video", "gif", "sound", "article"]
_Name = Annotated[str, Field(max_length=256)]
_Many = Field((), max_length=limits.SEARCH_VALUES)


class Asked(Form):
    """What a query may ask for."""

    content: Text | None = Field(None, max_length=limits.SEARCH_CONTENT)
    sort_by: Literal["timestamp", "relevance"] = "timestamp"
    sort_order: Literal["asc", "desc"] = "desc"
    author_id: tuple[UserId, ...] = _Many
    author_type: tuple[_Author, ...] = _Many
    mentions: tuple[UserId, ...] = _Many
    mentions_role_id: tuple[RoleId, ...] = _Many
    mention_everyone: bool | None = None
    replied_to_user_id: tuple[UserId, ...] = _Many
    replied_to_message_id: tuple[MessageId, ...] = _Many
    has: tuple[_Kind, ...] = _Many
    link_hostname: tuple[_Name, ...] = _Many
    embed_provider: tuple[_Name, ...] = _Many
    embed_type: tuple[_Embed, ...] = _Many
    attachment_extension: tuple[_Name, ...] = _Many
    attachment_filename: tuple[Annotated[str, Field(max_length=1_024)], ...] = _Many
    pinned: bool | None = None
    channel_id: tuple[ChannelId, ...] = Field((), max_length=limits.CHANNELS_PER_GUILD)
    include_nsfw: bool = False
    min_id: MessageId | None = None
    max_id: MessageId | None = None
    limit: Annotated[int, Field(ge=1, le=limits.SEARCH_PAGE)] = limits.SEARCH_PAGE
    offset: Annotated[int, Field(ge=0, le=limits.SEARCH_OFFSET)] = 0

    def question(self) -> Question:
        """The same, as the domain says it."""
        marks = Marks()
        marks.one_of("author", self.author_id)
        marks.kinds("by", self.author_type)
        marks.one_of("mention", self.mentions)
        marks.one_of("role", self.mentions_role_id)
        marks.whether("everyone", is_there=self.mention_everyone)
        marks.one_of("answered", self.replied_to_user_id)
        marks.one_of("answer", self.replied_to_message_id)
        marks.each("has", self.has)
        marks.one_of("host", self.link_hostname)
        marks.one_of("provider", self.embed_provider)
        marks.one_of("embed", self.embed_type)
        marks.one_of("ext", self.attachment_extension)
        marks.one_of("file", self.attachment_filename)
        marks.whether("pinned", is_there=self.pinned)
        marks.one_of("channel", self.channel_id)
        # What is above and below is left out itself.
        span = {"above": self.min_id, "below": self.max_id}
        return Question(
            texts=texts(self.content),
            marks=tuple(marks.groups),
            without=tuple(marks.without),
            by_rank=self.sort_by == "relevance",
            is_rising=self.sort_order == "asc",
            limit=self.limit,
            offset=self.offset,
            include_nsfw=self.include_nsfw,
            **{name: int(value) for name, value in span.items() if value is not None},
        )


class FindingDoor:
    """The handlers."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def in_guild(
        self, guild_id: GuildId, actor: Actor, query: Annotated[Asked, Query()]
    ) -> Response:
        """Wherever one may read there."""
        return _answer(await finding.in_guild(self._chat, actor, guild_id, query.question()))

    async def in_channel(
        self, channel_id: ChannelId, actor: Actor, query: Annotated[Asked, Query()]
    ) -> Response:
        """In one channel or conversation."""
        return _answer(await finding.in_channel(self._chat, actor, channel_id, query.question()))


def _answer(found: finding.Found) -> Response:
    """Each hit in a list of its own: clients used to be shown its neighbours there."""
    body = {
        "total_results": found.total,
        "doing_deep_historical_index": found.is_behind,
        "messages": [[{**one.dump(), "hit": True}] for one in found.messages],
        **{name: found.threads[name] for name in ("threads", "members")},
    }
    return Response(orjson.dumps(body), media_type="application/json")


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = FindingDoor(chat), APIRouter()
    routes.get("/guilds/{guild_id}/messages/search")(door.in_guild)
    routes.get("/channels/{channel_id}/messages/search")(door.in_channel)
    return routes
