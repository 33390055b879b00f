"""`/discoverable-guilds`, `/discovery/categories` and a guild's own listing."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import Field, StringConstraints

from chassis.http import answer
from chassis.identity import Actor, Anyone, Person
from community_service import actions, views
from community_service.domain.discovery import CATEGORIES, KEYWORD_MAX, KEYWORDS_MAX, QUERY_MAX
from community_service.domain.discovery import Search as Wanted
from community_service.tools import Units
from contracts.ids import GuildId
from contracts.objects.discovery import Category, Found
from contracts.wire import KEPT, Form, Text

PAGE = 48

Keyword = Annotated[str, StringConstraints(max_length=KEYWORD_MAX), KEPT]


class ListingChanges(Form):
    """The body that says what a guild is about. Null leaves a field as it is."""

    primary_category_id: int | None = None
    keywords: Annotated[tuple[Keyword, ...], Field(max_length=KEYWORDS_MAX)] | None = None

    def said(self) -> dict[str, Any]:
        """What it really changes."""
        said = {"category": self.primary_category_id, "keywords": self.keywords}
        return {name: value for name, value in said.items() if value is not None}


class DiscoveryDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def categories(self, actor: Anyone, locale: str = "en") -> Response:
        """What communities can be about."""
        del actor
        language = "ko" if locale.startswith("ko") else "en"
        every = tuple(Category(id=one, name=names[language]) for one, names in CATEGORIES.items())
        return answer(every)

    async def find(
        self,
        actor: Actor,
        query: Annotated[Text, StringConstraints(strip_whitespace=True, max_length=QUERY_MAX)] = "",
        categories: Annotated[list[int] | None, Query(max_length=len(CATEGORIES))] = None,
        locale: Annotated[str | None, StringConstraints(pattern=r"^[a-zA-Z-]{2,10}$")] = None,
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
        offset: Annotated[int, Query(ge=0, le=10_000)] = 0,
    ) -> Response:
        """Communities that strangers may enter."""
        wanted = Wanted(query, tuple(categories or ()), locale, limit, offset)
        async with self._units.reading(actor) as unit:
            page, total = await actions.discovery.find(unit, wanted)
        guilds = tuple(views.discoverable(guild, listing) for guild, listing in page)
        return answer(Found(discoverable_guilds=guilds, total=total, limit=limit, offset=offset))

    async def metadata(self, guild_id: GuildId, actor: Actor) -> Response:
        """How a guild is listed, or would be."""
        async with self._units.reading(actor) as unit:
            listing = await actions.discovery.metadata(unit, guild_id)
        return answer(views.listing(listing))

    async def describe(self, guild_id: GuildId, form: ListingChanges, actor: Actor) -> Response:
        """What it is about."""
        async with self._units.open(actor) as unit:
            listing = await actions.discovery.describe(unit, guild_id, form.said())
        return answer(views.listing(listing))

    async def enter(self, guild_id: GuildId, actor: Person) -> Response:
        """Join without an invite."""
        person = await actions.people.face_of(self._units, actor.user_id)
        async with self._units.open(actor) as unit:
            await actions.discovery.enter(unit, guild_id, person)
            whole = await actions.guilds.one(unit, guild_id)
        return answer(views.guild(*whole))


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = DiscoveryDoor(units), APIRouter()
    routes.get("/discovery/categories")(door.categories)
    routes.get("/discoverable-guilds")(door.find)
    routes.get("/guilds/{guild_id}/discovery-metadata")(door.metadata)
    routes.patch("/guilds/{guild_id}/discovery-metadata")(door.describe)
    routes.put("/guilds/{guild_id}/members/@me")(door.enter)
    return routes
