"""Channels of guilds."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field, StringConstraints

from chassis.http import answer
from chassis.identity import Actor
from community_service import actions, pictures, views
from community_service.actions.private import Elsewhere
from community_service.api.shapes import ChannelName, Overwrites, Topic
from community_service.domain.channels import ChannelDraft
from community_service.tools import Units
from contracts import limits
from contracts.errors import ErrorCode, NotFound
from contracts.ids import ChannelId, EmojiId, GuildId, Snowflake, UserId
from contracts.objects.channel import ChannelType
from contracts.wire import JSON, KEPT, Form, Text

Position = Annotated[int, Field(ge=0, le=1_000_000)]
Slowmode = Annotated[int, Field(ge=0, le=21_600)]
Bitrate = Annotated[int, Field(ge=8_000, le=384_000)]
UserLimit = Annotated[int, Field(ge=0, le=10_000)]
Region = Annotated[Text, StringConstraints(min_length=1, max_length=64)]
ArchiveAfter = Literal[60, 1_440, 4_320, 10_080]
EmojiName = Annotated[Text, StringConstraints(max_length=100)]
TagName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.FORUM_TAG_NAME_MAX),
    KEPT,
]


class TagForm(Form):
    """A tag of a forum; without an id it is a new one."""

    id: Snowflake | None = None
    name: TagName
    moderated: bool | None = None
    emoji_id: EmojiId | None = None
    emoji_name: EmojiName | None = None

    def tag(self) -> JSON:
        """As it is kept."""
        return {**self.model_dump(mode="json"), "moderated": bool(self.moderated)}


class ReactionForm(Form):
    """An emoji of the guild, or one of everybody's."""

    emoji_id: EmojiId | None = None
    emoji_name: EmojiName | None = None

    def reaction(self) -> JSON | None:
        """As it is kept; nothing when nothing is named."""
        named = self.model_dump(mode="json")
        return named if any(named.values()) else None


_OF_GROUPS = frozenset({"icon", "owner"})
"""What only a conversation has."""
_OF_THREADS = {
    "archived": "is_archived",
    "locked": "is_locked",
    "invitable": "is_invitable",
    "auto_archive_duration": "archive_after",
    "applied_tags": "tags",
}
"""What only a thread has, and how chat_service names it."""
_SHARED_WITH_THREADS = {"name": "name", "rate_limit_per_user": "slowmode", "flags": "flags"}
_NOT_OF_CHANNELS = _OF_GROUPS | _OF_THREADS.keys()


class ChannelChanges(Form):
    """The body that edits a channel. Null resets a field, where it can be reset."""

    name: ChannelName | None = None
    type: ChannelType | None = None
    position: Position | None = None
    parent_id: ChannelId | None = None
    topic: Topic | None = None
    nsfw: bool | None = None
    rate_limit_per_user: Slowmode | None = None
    bitrate: Bitrate | None = None
    user_limit: UserLimit | None = None
    rtc_region: Region | None = None
    video_quality_mode: Literal[1, 2] | None = None
    default_auto_archive_duration: ArchiveAfter | None = None
    default_thread_rate_limit_per_user: Slowmode | None = None
    default_reaction_emoji: ReactionForm | None = None
    default_sort_order: Literal[0, 1] | None = None
    default_forum_layout: Literal[0, 1, 2] | None = None
    default_tag_setting: Literal["match_all", "match_some"] | None = None
    available_tags: Annotated[tuple[TagForm, ...], Field(max_length=limits.FORUM_TAGS)] | None = (
        None
    )
    flags: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None
    permission_overwrites: Overwrites | None = None
    icon: str | None = None
    owner: UserId | None = None
    """Of a group; a guild's channel has neither."""
    archived: bool | None = None
    locked: bool | None = None
    invitable: bool | None = None
    auto_archive_duration: ArchiveAfter | None = None
    applied_tags: Annotated[tuple[Snowflake, ...], Field(max_length=limits.THREAD_TAGS)] | None = (
        None
    )
    """Of a thread, as the four before it."""

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, as the domain names them."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - _NOT_OF_CHANNELS}
        if self.available_tags is not None:
            sent["available_tags"] = [one.tag() for one in self.available_tags]
        if self.default_reaction_emoji is not None:
            sent["default_reaction_emoji"] = self.default_reaction_emoji.reaction()
        overwrites = sent.pop("permission_overwrites", None)
        if overwrites is None:
            return sent
        return {**sent, "overwrites": tuple(one.overwrite() for one in overwrites)}

    def of_thread(self) -> dict[str, Any]:
        """Those of them that a thread has; null says nothing there."""
        names = {**_OF_THREADS, **_SHARED_WITH_THREADS}
        sent = {names[name]: getattr(self, name) for name in self.model_fields_set & names.keys()}
        if "tags" in sent and sent["tags"] is not None:
            sent["tags"] = [str(tag) for tag in sent["tags"]]
        return {name: value for name, value in sent.items() if value is not None}

    def of_group(self) -> dict[str, Any]:
        """Those of them that a conversation has."""
        sent = self.model_fields_set & {"name", "icon"}
        changes: dict[str, Any] = {name: getattr(self, name) for name in sent}
        return changes if self.owner is None else {**changes, "owner_id": int(self.owner)}


class NewChannel(ChannelChanges):
    """The body that makes a channel."""

    name: ChannelName

    def draft(self) -> ChannelDraft:
        """The channel as it is wanted. Libraries send an empty list of overwrites for none of its
        own, and expect those of the category.
        """
        given = {name: value for name, value in self.changes().items() if value is not None}
        if not given.get("overwrites"):
            given.pop("overwrites", None)
        own = {name: given.pop(name) for name in _OF_DRAFT & given.keys()}
        return ChannelDraft(**{"type": ChannelType.TEXT, **own}, more=given)


_OF_DRAFT = frozenset({"type", "name", "parent_id", "overwrites"})


class Copy(Form):
    """The body that makes a channel like another one."""

    name: ChannelName | None = None


class ChannelsDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._calls = units.tools.calls

    async def of_guild(self, guild_id: GuildId, actor: Actor) -> Response:
        """Those that one can see."""
        async with self._units.reading(actor) as unit:
            channels = await actions.channels.of_guild(unit, guild_id)
        newest = await actions.private.newest(self._calls, [channel.id for channel in channels])
        return answer([views.channel(channel, newest) for channel in channels])

    async def create(self, guild_id: GuildId, form: NewChannel, actor: Actor) -> Response:
        """A new channel."""
        async with self._units.open(actor) as unit:
            channel = await actions.channels.create(unit, guild_id, form.draft())
        return answer(views.channel(channel), 201)

    async def get(self, channel_id: ChannelId, actor: Actor) -> Response:
        """A channel or thread that one can see, or a conversation of one's own."""
        try:
            async with self._units.reading(actor) as unit:
                channel = await actions.channels.one(unit, channel_id)
        except NotFound:
            return answer(await actions.private.one(self._calls, actor, channel_id))
        newest = await actions.private.newest(self._calls, [channel.id])
        return answer(views.channel(channel, newest))

    async def edit(self, channel_id: ChannelId, form: ChannelChanges, actor: Actor) -> Response:
        """Other settings."""
        try:
            async with self._units.open(actor) as unit:
                channel = await actions.channels.edit(unit, channel_id, form.changes())
        except NotFound as error:
            if error.error is not ErrorCode.UNKNOWN_CHANNEL:
                raise
            return answer(await self._edit_elsewhere(channel_id, form, actor))
        return answer(views.channel(channel))

    async def _edit_elsewhere(
        self, channel_id: ChannelId, form: ChannelChanges, actor: Actor
    ) -> Elsewhere:
        changes = {**form.of_thread(), **form.of_group()}
        if changes.get("icon"):
            # Nobody leaves a picture with a conversation that is not theirs.
            await actions.private.one(self._calls, actor, channel_id)
            blobs = self._units.tools.blobs
            changes = await pictures.kept(blobs, channel_id, changes, pictures.OF_GROUPS)
        return await actions.private.edit(self._calls, actor, channel_id, changes)

    async def delete(self, channel_id: ChannelId, actor: Actor) -> Response:
        """The end of a channel or thread, or of one's part in a conversation."""
        try:
            async with self._units.open(actor) as unit:
                channel = await actions.channels.remove(unit, channel_id)
        except NotFound:
            return answer(await actions.private.close(self._calls, actor, channel_id))
        return answer(views.channel(channel))

    async def clone(
        self, channel_id: ChannelId, actor: Actor, form: Copy | None = None
    ) -> Response:
        """Another one like it."""
        async with self._units.open(actor) as unit:
            channel = await actions.channels.clone(unit, channel_id, form.name if form else None)
        return answer(views.channel(channel), 201)


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = ChannelsDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/channels")(door.of_guild)
    routes.post("/guilds/{guild_id}/channels")(door.create)
    routes.get("/channels/{channel_id}")(door.get)
    routes.patch("/channels/{channel_id}")(door.edit)
    routes.delete("/channels/{channel_id}")(door.delete)
    routes.post("/channels/{channel_id}/clone")(door.clone)
    return routes
