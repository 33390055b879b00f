"""`/guilds/{guild_id}/audit-logs`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from chassis.http import answer
from chassis.identity import Actor
from community_service import actions, agenda, views
from community_service.domain.audit import Wanted
from community_service.tools import Units
from contracts.ids import GuildId, Snowflake, UserId
from contracts.objects.audit import AuditAction
from contracts.wire import Form


class Filter(Form):
    """What the query may ask for."""

    user_id: UserId | None = None
    target_id: Snowflake | None = None
    action_type: AuditAction | None = None
    before: Snowflake | None = None
    after: Snowflake | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50

    def wanted(self) -> Wanted:
        """The same, as the domain says it."""
        return Wanted(
            actor_id=self.user_id,
            target_id=self.target_id,
            action=self.action_type,
            before=self.before,
            after=self.after,
            limit=self.limit,
        )


class AuditDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def page(
        self, guild_id: GuildId, actor: Actor, query: Annotated[Filter, Query()]
    ) -> Response:
        """What was governed there."""
        async with self._units.reading(actor) as unit:
            page = await actions.audit.page(unit, guild_id, query.wanted())
        log = views.audit_log(page.entries, page.people, page.webhooks)
        planned = tuple(map(agenda.planned, page.events))
        return answer(log.model_copy(update={"guild_scheduled_events": planned}))


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = AuditDoor(units), APIRouter()
    routes.get("/guilds/{guild_id}/audit-logs")(door.page)
    return routes
