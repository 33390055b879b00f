"""`/users/@me/settings`, notification settings and notes: what only oneself sees."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response
from pydantic import Field

from chassis.http import answer, nothing
from chassis.identity import Person
from contracts.errors import Invalid
from contracts.ids import ChannelId, GuildId, UserId
from contracts.limits import NOTE_MAX
from contracts.objects.settings import MuteConfig, NotifyLevel
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.domain.settings import read_settings
from user_service.tools import UserUnits

_AT_ONCE = 25
"""Communities whose settings one request changes: each is a change of its own."""

_Bits = Annotated[int, Field(ge=0, lt=1 << 31)]


class Notifications(Form):
    """What both a community and a channel can say."""

    muted: bool | None = None
    mute_config: MuteConfig | None = None
    message_notifications: NotifyLevel | None = None
    flags: _Bits | None = None

    def given(self) -> dict[str, Any]:
        """What was said; a null says something only where it means "none"."""
        return {
            name: value
            for name in self.model_fields_set - {"channel_overrides", "channel_id"}
            if (value := getattr(self, name)) is not None or name == "mute_config"
        }


class ChannelOverride(Notifications):
    """A channel's exception, by its id."""

    collapsed: bool | None = None


class ListedOverride(ChannelOverride):
    """The same in a list."""

    channel_id: ChannelId


class GuildSettings(Notifications):
    """The body of a change."""

    suppress_everyone: bool | None = None
    suppress_roles: bool | None = None
    mobile_push: bool | None = None
    hide_muted_channels: bool | None = None
    mute_scheduled_events: bool | None = None
    notify_highlights: _Bits | None = None
    channel_overrides: dict[ChannelId, ChannelOverride] | list[ListedOverride] | None = None

    def overrides(self) -> dict[ChannelId, dict[str, Any]]:
        """What was said of channels, by their ids."""
        said = self.channel_overrides or {}
        if isinstance(said, list):
            return {one.channel_id: one.given() for one in said}
        return {channel_id: one.given() for channel_id, one in said.items()}


class ManyGuildSettings(Form):
    """The body of a change of several communities at once."""

    guilds: dict[str, GuildSettings] = Field(max_length=_AT_ONCE)


class Note(Form):
    """The body of a note; none is an empty one."""

    note: Text | None = None


class SettingsDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def mine(self, actor: Person) -> Response:
        """All settings."""
        async with self._units.reading(actor) as unit:
            found = await actions.settings.of(unit, actor.user_id)
        return answer(views.Settings.model_validate(found))

    async def change(self, form: Annotated[dict[str, Any], Body()], actor: Person) -> Response:
        """Set some of them."""
        changes = read_settings(form)
        async with self._units.open(actor) as unit:
            found = await actions.settings.change(unit, changes)
        return answer(views.Settings.model_validate(found))

    async def of_guild(self, guild_id: str, actor: Person) -> Response:
        """How one is notified."""
        async with self._units.reading(actor) as unit:
            found = await actions.settings.of_guild(unit, _guild(guild_id))
        return answer(found)

    async def change_guild(self, guild_id: str, form: GuildSettings, actor: Person) -> Response:
        """Be notified otherwise."""
        async with self._units.open(actor) as unit:
            found = await actions.settings.change_guild(
                unit, _guild(guild_id), form.given(), form.overrides()
            )
        return answer(found)

    async def change_guilds(self, form: ManyGuildSettings, actor: Person) -> Response:
        """Be notified otherwise of several; all of it, or nothing."""
        asked = [(_guild(guild_id), one) for guild_id, one in form.guilds.items()]
        async with self._units.open(actor) as unit:
            found = [
                await actions.settings.change_guild(unit, guild_id, one.given(), one.overrides())
                for guild_id, one in asked
            ]
        return answer(found)

    async def notes(self, actor: Person) -> Response:
        """All notes, by whom they are about."""
        async with self._units.reading(actor) as unit:
            found = await actions.settings.notes(unit)
        return answer(views.notes(found))

    async def note(self, user_id: UserId, actor: Person) -> Response:
        """The note about somebody."""
        async with self._units.reading(actor) as unit:
            text = await actions.settings.note(unit, user_id)
        return answer(views.Note(user_id=actor.user_id, note_user_id=user_id, note=text))

    async def write_note(self, user_id: UserId, form: Note, actor: Person) -> Response:
        """Write it anew."""
        text = (form.note or "").strip()
        if len(text) > NOTE_MAX:
            raise Invalid({"note": ("BASE_TYPE_MAX_LENGTH", f"At most {NOTE_MAX} in length.")})
        async with self._units.open(actor) as unit:
            await actions.settings.write_note(unit, user_id, text)
        return nothing()


def _guild(text: str) -> GuildId | None:
    """`@me` stands for private conversations."""
    if text == "@me":
        return None
    try:
        return GuildId.parse(text)
    except ValueError:
        refused = ("NUMBER_TYPE_COERCE", f'Value "{text[:40]}" is not snowflake.')
        raise Invalid({"guild_id": refused}) from None


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = SettingsDoor(units), APIRouter(prefix="/users/@me")
    routes.get("/settings")(door.mine)
    routes.patch("/settings")(door.change)
    routes.patch("/guilds/settings")(door.change_guilds)
    routes.get("/guilds/{guild_id}/settings")(door.of_guild)
    routes.patch("/guilds/{guild_id}/settings")(door.change_guild)
    routes.get("/notes")(door.notes)
    routes.get("/notes/{user_id}")(door.note)
    routes.put("/notes/{user_id}")(door.write_note)
    return routes
