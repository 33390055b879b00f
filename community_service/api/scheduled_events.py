"""`/guilds/{guild_id}/scheduled-events`: what is planned, and who is interested."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field, StringConstraints

from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from community_service import actions, agenda, pictures
from community_service.actions.scheduled_events import Wanted
from community_service.tools import Units
from contracts import limits
from contracts.assets import EVENT_COVERS
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.scheduled_event import (
    EntityType,
    EventStatus,
    Frequency,
    InterestedCount,
    RecurrenceRule,
)
from contracts.wire import KEPT, Form

_Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.EVENT_NAME),
    KEPT,
]
_Description = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=limits.EVENT_DESCRIPTION), KEPT
]
_Where = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.EVENT_LOCATION),
    KEPT,
]
_Weekday = Annotated[int, Field(ge=0, le=6)]
_Many = Annotated[list[GuildId], Query(max_length=limits.GUILDS_PER_USER)]


class Metadata(Form):
    """Where it is, if it is not here."""

    location: _Where | None = None


class NthForm(Form):
    """The second Tuesday."""

    n: Annotated[int, Field(ge=1, le=5)]
    day: _Weekday


class RuleForm(Form):
    """When it comes again."""

    start: AwareDatetime
    end: AwareDatetime | None = None
    frequency: Frequency
    interval: Annotated[int, Field(ge=1, le=limits.EVENT_INTERVAL)] | None = None
    by_weekday: Annotated[tuple[_Weekday, ...], Field(max_length=7)] | None = None
    by_n_weekday: Annotated[tuple[NthForm, ...], Field(max_length=7)] | None = None
    by_month: (
        Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(max_length=12)] | None
    ) = None
    by_month_day: (
        Annotated[tuple[Annotated[int, Field(ge=1, le=31)], ...], Field(max_length=31)] | None
    ) = None

    def rule(self) -> RecurrenceRule:
        """The same, as it is kept."""
        return RecurrenceRule.model_validate(self.model_dump(exclude_none=True))


class EventChanges(Form):
    """The body that edits one."""

    name: _Name | None = None
    description: _Description | None = None
    image: str | None = None
    scheduled_start_time: AwareDatetime | None = None
    scheduled_end_time: AwareDatetime | None = None
    privacy_level: Literal[2] | None = None
    entity_type: EntityType | None = None
    channel_id: ChannelId | None = None
    entity_metadata: Metadata | None = None
    recurrence_rule: RuleForm | None = None
    status: EventStatus | None = None

    def said(self) -> dict[str, Any]:
        """What was sent, as the domain names it. Null empties what can be empty."""
        said: dict[str, Any] = {}
        for name, field in _ALWAYS.items():
            if (value := getattr(self, name)) is not None:
                said[field] = value
        for name, field in _EMPTIED.items():
            if name in self.model_fields_set:
                said[field] = getattr(self, name) or None
        if "entity_metadata" in self.model_fields_set:
            said["location"] = self.entity_metadata.location if self.entity_metadata else None
        if "recurrence_rule" in self.model_fields_set:
            said["recurrence"] = self.recurrence_rule.rule() if self.recurrence_rule else None
        return said


_ALWAYS = {
    "name": "name",
    "scheduled_start_time": "starts",
    "entity_type": "kind",
    "status": "status",
}
_EMPTIED = {
    "description": "description",
    "image": "image",
    "scheduled_end_time": "ends",
    "channel_id": "channel_id",
}


class NewEvent(EventChanges):
    """The body that plans one."""

    name: _Name
    scheduled_start_time: AwareDatetime
    privacy_level: Literal[2]
    entity_type: EntityType
    status: None = None


class EventsDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def page(
        self, guild_id: GuildId, actor: Actor, *, with_user_count: bool = False
    ) -> Response:
        """What is planned or under way."""
        async with self._units.reading(actor) as unit:
            found = await actions.scheduled_events.of_guild(
                unit, guild_id, is_counted=with_user_count
            )
        return answer([agenda.planned(one) for one in found])

    async def get(
        self, guild_id: GuildId, event_id: Snowflake, actor: Actor, *, with_user_count: bool = False
    ) -> Response:
        """One of them."""
        async with self._units.reading(actor) as unit:
            found = await actions.scheduled_events.one(
                unit, guild_id, event_id, is_counted=with_user_count
            )
        return answer(agenda.planned(found))

    async def plan(self, guild_id: GuildId, form: NewEvent, actor: Actor) -> Response:
        """A new one."""
        async with self._units.reading(actor) as unit:
            event_id = await actions.scheduled_events.may_plan(unit, guild_id, form.channel_id)
        said = await self._pictured(event_id, form.said())
        async with self._units.open(actor) as unit:
            made = await actions.scheduled_events.plan(unit, guild_id, event_id, said)
        return answer(agenda.planned(made))

    async def edit(
        self, guild_id: GuildId, event_id: Snowflake, form: EventChanges, actor: Actor
    ) -> Response:
        """Otherwise."""
        said = form.said()
        if said.get("image"):
            async with self._units.reading(actor) as unit:
                await actions.scheduled_events.may_edit(unit, guild_id, event_id)
            said = await self._pictured(event_id, said)
        async with self._units.open(actor) as unit:
            changed = await actions.scheduled_events.edit(unit, guild_id, event_id, said)
        return answer(agenda.planned(changed))

    async def remove(self, guild_id: GuildId, event_id: Snowflake, actor: Actor) -> Response:
        """Gone, with its picture."""
        async with self._units.open(actor) as unit:
            gone = await actions.scheduled_events.remove(unit, guild_id, event_id)
        if gone.image:
            await self._units.tools.blobs.delete([EVENT_COVERS.key(gone.id, gone.image)])
        return nothing()

    async def interested(
        self,
        guild_id: GuildId,
        event_id: Snowflake,
        actor: Actor,
        limit: Annotated[int, Query(ge=1, le=limits.INTERESTED_PAGE_MAX)] = (
            limits.INTERESTED_PAGE_MAX
        ),
        before: UserId | None = None,
        after: UserId | None = None,
        *,
        with_member: bool = False,
    ) -> Response:
        """Who is."""
        async with self._units.reading(actor) as unit:
            wanted = Wanted(before, after, limit)
            found = await actions.scheduled_events.interested(unit, guild_id, event_id, wanted)
        return answer([agenda.interested(event_id, each, is_member=with_member) for each in found])

    async def count(self, guild_id: GuildId, event_id: Snowflake, actor: Actor) -> Response:
        """How many."""
        async with self._units.reading(actor) as unit:
            found = await actions.scheduled_events.one(unit, guild_id, event_id, is_counted=True)
        return answer(InterestedCount(guild_scheduled_event_count=found.interested or 0))

    async def interest(self, guild_id: GuildId, event_id: Snowflake, actor: Person) -> Response:
        """Oneself."""
        async with self._units.open(actor) as unit:
            await actions.scheduled_events.interest(unit, guild_id, event_id)
        return answer(agenda.interest(event_id, actor.user_id))

    async def lose_interest(
        self, guild_id: GuildId, event_id: Snowflake, actor: Person
    ) -> Response:
        """No longer."""
        async with self._units.open(actor) as unit:
            await actions.scheduled_events.lose_interest(unit, guild_id, event_id)
        return nothing()

    async def mine(self, actor: Person, guild_ids: _Many) -> Response:
        """In what one is interested in these guilds."""
        async with self._units.reading(actor) as unit:
            found = await actions.scheduled_events.mine(unit, guild_ids)
        return answer([agenda.interest(event_id, actor.user_id) for event_id in found])

    async def _pictured(self, event_id: int, said: dict[str, Any]) -> dict[str, Any]:
        return await pictures.kept(self._units.tools.blobs, event_id, said, pictures.OF_EVENTS)


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = EventsDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/scheduled-events")(door.page)
    routes.post("/guilds/{guild_id}/scheduled-events")(door.plan)
    routes.get("/guilds/{guild_id}/scheduled-events/{event_id}")(door.get)
    routes.patch("/guilds/{guild_id}/scheduled-events/{event_id}")(door.edit)
    routes.delete("/guilds/{guild_id}/scheduled-events/{event_id}")(door.remove)
    routes.get("/guilds/{guild_id}/scheduled-events/{event_id}/users")(door.interested)
    routes.get("/guilds/{guild_id}/scheduled-events/{event_id}/users/counts")(door.count)
    routes.put("/guilds/{guild_id}/scheduled-events/{event_id}/users/@me")(door.interest)
    routes.delete("/guilds/{guild_id}/scheduled-events/{event_id}/users/@me")(door.lose_interest)
    routes.get("/users/@me/scheduled-events")(door.mine)
    return routes
