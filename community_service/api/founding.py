"""`POST /guilds`: guilds are founded, by a template or by a plan of the client's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import Field, StringConstraints

from chassis.http import answer
from chassis.identity import Actor, Person
from community_service import actions, pictures, views
from community_service.api.channels import NewChannel
from community_service.api.roles import RoleForm
from community_service.api.shapes import GuildName
from community_service.domain.founding import ChannelPlan, Plan, RolePlan
from community_service.domain.templates import PLAIN, TEMPLATES, language_of, plan_of
from community_service.tools import Units
from contracts import limits
from contracts.ids import Snowflake
from contracts.wire import Form, Text

TemplateName = Literal["gaming", "study_group", "class", "friends", "club"]


class PlannedRole(RoleForm):
    """A role, under an id that other parts of the body call it by."""

    id: Snowflake

    def plan(self) -> RolePlan:
        """The role as it is wanted."""
        wanted = self.changes()
        return RolePlan(int(wanted.pop("id")), wanted)


class PlannedChannel(NewChannel):
    """A channel, under an id that other parts of the body call it by."""

    id: Snowflake | None = None

    def changes(self) -> dict[str, Any]:
        """Without its id, which the channel will not have."""
        return {name: value for name, value in super().changes().items() if name != "id"}

    def plan(self, key: int) -> ChannelPlan:
        """The channel as it is wanted; `key` is for one that nobody calls."""
        return ChannelPlan(key if self.id is None else int(self.id), self.draft())


class NewGuild(Form):
    """The body that founds a guild. Channels of its own count for more than a template."""

    name: GuildName
    template: TemplateName | None = None
    icon: str | None = None
    preferred_locale: Annotated[Text, StringConstraints(min_length=2, max_length=10)] | None = None
    verification_level: Annotated[int, Field(ge=0, le=4)] | None = None
    default_message_notifications: Annotated[int, Field(ge=0, le=1)] | None = None
    explicit_content_filter: Annotated[int, Field(ge=0, le=2)] | None = None
    afk_timeout: Annotated[int, Field(ge=60, le=3_600)] | None = None
    afk_channel_id: Snowflake | None = None
    system_channel_id: Snowflake | None = None
    system_channel_flags: Annotated[int, Field(ge=0, lt=1 << 16)] | None = None
    roles: Annotated[tuple[PlannedRole, ...], Field(max_length=limits.ROLES_PER_GUILD)] | None = (
        None
    )
    channels: (
        Annotated[tuple[PlannedChannel, ...], Field(max_length=limits.CHANNELS_PER_GUILD)] | None
    ) = None

    def plan(self, languages: str | None, more: Mapping[str, Any]) -> Plan:
        """What the guild is to have, with settings that come from elsewhere."""
        language = language_of(self.preferred_locale or languages)
        given = {name: getattr(self, name) for name in _SETTINGS}
        kept = {name: value for name, value in given.items() if value is not None}
        settings = {**kept, **more}
        roles = tuple(one.plan() for one in self.roles or ())
        if self.channels is not None:
            # Keys that no client can have sent, for channels that came without one.
            channels = tuple(one.plan(-1 - place) for place, one in enumerate(self.channels))
            return Plan(channels, roles, settings)
        template = PLAIN if roles else TEMPLATES.get(self.template or "", PLAIN)
        plan = plan_of(template, language)
        return Plan(plan.channels, roles or plan.roles, {**plan.settings, **settings})


_SETTINGS = NewGuild.model_fields.keys() - {
    "name",
    "template",
    "icon",
    "roles",
    "channels",
}  # fields of the guild itself


class FoundingDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def create(
        self,
        form: NewGuild,
        actor: Person,
        accept_language: Annotated[str | None, Header()] = None,
    ) -> Response:
        """A new guild, owned by whoever asks."""
        owner = await actions.people.face_of(self._units, actor.user_id)
        async with self._units.reading(actor) as unit:
            guild_id = unit.new_id()
        sent: dict[str, Any] = {"icon": form.icon} if form.icon else {}
        icon = await pictures.kept(self._units.tools.blobs, guild_id, sent)
        plan = form.plan(accept_language, icon)
        async with self._units.open(actor) as unit:
            whole = await actions.guilds.create(unit, guild_id, form.name, plan, owner)
        return answer(views.guild(*whole), 201)

    async def templates(
        self,
        actor: Actor,
        locale: Annotated[str | None, Query(max_length=35)] = None,
        accept_language: Annotated[str | None, Header()] = None,
    ) -> Response:
        """What a guild can begin with, in the caller's language."""
        del actor
        language = language_of(locale or accept_language)
        return answer([views.template(name, one, language) for name, one in TEMPLATES.items()])


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = FoundingDoor(units), APIRouter()
    routes.post("/guilds")(door.create)
    routes.get("/guild-templates")(door.templates)
    return routes
