"""`/users/@me/relationships`: friends, requests, blocks."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from chassis.http import answer, nothing
from chassis.identity import Person
from contracts.errors import Conflict, ErrorCode, Invalid
from contracts.identity import Identity
from contracts.ids import UserId
from contracts.objects.relationship import RelationshipType
from contracts.wire import Form, Text
from user_service import actions, views
from user_service.domain.relationships import BLOCKED, FRIEND, read_nickname
from user_service.tools import UserUnits


class ByName(Form):
    """The body of a request to somebody whose name one knows."""

    username: Text
    discriminator: Text | int | None = None


class NewRelationship(Form):
    """The body of a request, an acceptance or (type 2) a block."""

    type: int | None = None


class Nickname(Form):
    """The body of a renaming."""

    nickname: Text | None = None


class RelationshipsDoor:
    """The handlers."""

    def __init__(self, units: UserUnits) -> None:
        self._units = units

    async def mine(self, actor: Person) -> Response:
        """Everybody in one's list."""
        async with self._units.reading(actor) as unit:
            found = await actions.relationships.mine(unit)
        return answer([views.relationship(listed) for listed in found])

    async def ask_by_name(self, form: ByName, actor: Person) -> Response:
        """A request to whoever has this name."""
        number = None if form.discriminator is None else str(form.discriminator)
        async with self._units.reading(actor) as unit:
            other_id = await actions.relationships.named(unit, form.username, number)
        if await self._befriend(actor, other_id) is FRIEND:
            raise Conflict(ErrorCode.ALREADY_FRIENDS)
        return nothing()

    async def put(
        self, user_id: UserId, actor: Person, form: NewRelationship | None = None
    ) -> Response:
        """Ask, accept, or block. Some clients ask without a body."""
        kind = form.type if form is not None else None
        if kind == BLOCKED:
            async with self._units.open(actor) as unit:
                await actions.relationships.block(unit, user_id)
            return nothing()
        if kind not in (None, FRIEND):
            raise Invalid({"type": ("BASE_TYPE_CHOICES", "Value must be one of (1, 2).")})
        await self._befriend(actor, user_id)
        return nothing()

    async def name(self, user_id: UserId, form: Nickname, actor: Person) -> Response:
        """Another name for a friend."""
        nickname = read_nickname(form.nickname)
        async with self._units.open(actor) as unit:
            await actions.relationships.name(unit, user_id, nickname)
        return nothing()

    async def remove(self, user_id: UserId, actor: Person) -> Response:
        """Off the list."""
        async with self._units.open(actor) as unit:
            await actions.relationships.remove(unit, user_id)
        return nothing()

    async def remove_requests(
        self,
        actor: Person,
        relationship_type: Annotated[Literal["3", "4"], Query()] = "3",
    ) -> Response:
        """Refuse every request, or cancel all of one's own."""
        kind = RelationshipType(int(relationship_type))
        async with self._units.open(actor) as unit:
            await actions.relationships.remove_requests(unit, kind)
        return nothing()

    async def mutual(self, user_id: UserId, actor: Person) -> Response:
        """Friends that one has in common."""
        async with self._units.reading(actor) as unit:
            found = await actions.relationships.mutual_friends(unit, user_id)
        return answer([views.user(account) for account in found])

    async def _befriend(self, actor: Identity, other_id: UserId) -> RelationshipType | None:
        is_welcome = await actions.relationships.is_welcome(self._units, actor, other_id)
        async with self._units.open(actor) as unit:
            return await actions.relationships.befriend(unit, other_id, is_welcome=is_welcome)


def router(units: UserUnits) -> APIRouter:
    """The routes."""
    door, routes = RelationshipsDoor(units), APIRouter(prefix="/users")
    routes.get("/@me/relationships")(door.mine)
    routes.post("/@me/relationships")(door.ask_by_name)
    routes.delete("/@me/relationships")(door.remove_requests)
    routes.put("/@me/relationships/{user_id}")(door.put)
    routes.patch("/@me/relationships/{user_id}")(door.name)
    routes.delete("/@me/relationships/{user_id}")(door.remove)
    routes.get("/{user_id}/relationships")(door.mutual)
    return routes
