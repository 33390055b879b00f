"""Invites: made in channels, looked at and redeemed by code."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Response
from pydantic import Field

from chassis.http import answer
from chassis.identity import Actor, Anyone, Person
from community_service import actions, views
from community_service.actions.invites import FullInvite
from community_service.domain.invites import Terms
from community_service.tools import Units
from contracts import limits
from contracts.ids import ChannelId, GuildId
from contracts.objects.invite import Invite
from contracts.wire import Form


class NewInvite(Form):
    """The body that makes an invite."""

    max_age: Annotated[int, Field(ge=0, le=limits.INVITE_AGE_MAX)] | None = None
    max_uses: Annotated[int, Field(ge=0, le=limits.INVITE_USES_MAX)] | None = None
    temporary: bool | None = None
    unique: bool | None = None

    def terms(self) -> Terms:
        """What it asks for, a day without anything said."""
        max_age = INVITE_AGE if self.max_age is None else self.max_age
        return Terms(max_age, self.max_uses or 0, bool(self.temporary))


INVITE_AGE = 86_400

_NOTHING_SAID = NewInvite()


class InvitesDoor:
    """The handlers."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def create(
        self, channel_id: ChannelId, actor: Actor, form: NewInvite = _NOTHING_SAID
    ) -> Response:
        """A new invite, or one's own on the same terms."""
        async with self._units.open(actor) as unit:
            made = await actions.invites.create(
                unit, channel_id, form.terms(), is_unique=bool(form.unique)
            )
        return answer(_view(made))

    async def of_channel(self, channel_id: ChannelId, actor: Actor) -> Response:
        """Invites by way of one channel."""
        async with self._units.reading(actor) as unit:
            found = await actions.invites.of_channel(unit, channel_id)
        return answer([_view(one) for one in found])

    async def of_guild(self, guild_id: GuildId, actor: Actor) -> Response:
        """Invites into a guild."""
        async with self._units.reading(actor) as unit:
            found = await actions.invites.of_guild(unit, guild_id)
        return answer([_view(one) for one in found])

    async def look(self, code: str, actor: Anyone, *, with_counts: bool = False) -> Response:
        """What a code leads to."""
        async with self._units.reading(actor) as unit:
            found = await actions.invites.look(unit, code)
            count, sample = (
                await actions.guilds.member_sample(unit, found.guild.id)
                if with_counts
                else (None, [])
            )
        tools = self._units.tools
        present = await actions.presence.count_present(tools, sample) if with_counts else None
        found = await actions.invites.as_shown(tools, found, actor)
        return answer(_view(found, members=count, present=present))

    async def redeem(self, code: str, actor: Person) -> Response:
        """Join. Codes that lead nowhere are turned away before anybody else is asked."""
        async with self._units.reading(actor) as unit:
            await actions.invites.redeemable(unit, code)
        person = await actions.people.face_of(self._units, actor.user_id)
        async with self._units.open(actor) as unit:
            arrival = await actions.invites.redeem(unit, code, person)
        shown = await actions.invites.as_shown(self._units.tools, arrival.by, actor)
        body = {**_view(shown).dump(), "new_member": arrival.is_new}
        return Response(orjson.dumps(body), media_type="application/json")

    async def revoke(self, code: str, actor: Actor) -> Response:
        """The end of an invite."""
        async with self._units.open(actor) as unit:
            revoked = await actions.invites.revoke(unit, code)
        return answer(_view(revoked))


def _view(one: FullInvite, *, members: int | None = None, present: int | None = None) -> Invite:
    return views.invite(
        one.invite, one.guild, one.channel, one.inviter, members=members, present=present
    )


def router(units: Units) -> APIRouter:
    """The routes."""
    door, routes = InvitesDoor(units), APIRouter()
    routes.post("/channels/{channel_id}/invites")(door.create)
    routes.get("/channels/{channel_id}/invites")(door.of_channel)
    routes.get("/guilds/{guild_id}/invites")(door.of_guild)
    routes.get("/invites/{code}")(door.look)
    routes.post("/invites/{code}")(door.redeem)
    routes.delete("/invites/{code}")(door.revoke)
    return routes
