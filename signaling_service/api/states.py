"""Voice states, asked for and changed: who is on a stage and who asks to be."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import AwareDatetime
from starlette.responses import Response

from chassis.http import answer, nothing
from chassis.identity import Actor
from contracts.ids import ChannelId, GuildId, UserId
from contracts.wire import Form
from signaling_service.actions import governing
from signaling_service.actions.governing import StageWish
from signaling_service.tools import Tools


class OwnStateChanges(Form):
    """The body that changes one's own state."""

    channel_id: ChannelId | None = None
    suppress: bool | None = None
    request_to_speak_timestamp: AwareDatetime | None = None

    def asks(self) -> bool | None:
        """Whether the hand is raised or taken back; None: neither."""
        if "request_to_speak_timestamp" not in self.model_fields_set:
            return None
        return self.request_to_speak_timestamp is not None


class StateChanges(Form):
    """The body that changes somebody's state."""

    channel_id: ChannelId | None = None
    suppress: bool | None = None


class StatesDoor:
    """The handlers."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def own(self, guild_id: GuildId, actor: Actor) -> Response:
        """One's own."""
        return answer(await governing.state_of(self._tools, actor, guild_id, actor.user_id))

    async def one(self, guild_id: GuildId, user_id: UserId, actor: Actor) -> Response:
        """Somebody's."""
        return answer(await governing.state_of(self._tools, actor, guild_id, user_id))

    async def edit_own(self, guild_id: GuildId, form: OwnStateChanges, actor: Actor) -> Response:
        """Up onto a stage, down from it, or a hand raised."""
        wish = StageWish(form.channel_id, form.suppress, form.asks())
        await governing.edit_state(self._tools, actor, guild_id, actor.user_id, wish)
        return nothing()

    async def edit(
        self, guild_id: GuildId, user_id: UserId, form: StateChanges, actor: Actor
    ) -> Response:
        """Bring somebody up onto a stage, or down."""
        wish = StageWish(form.channel_id, form.suppress)
        await governing.edit_state(self._tools, actor, guild_id, user_id, wish)
        return nothing()


def router(tools: Tools) -> APIRouter:
    """Every route."""
    door, routes = StatesDoor(tools), APIRouter(prefix="/guilds/{guild_id}/voice-states")
    routes.get("/@me")(door.own)
    routes.get("/{user_id}")(door.one)
    routes.patch("/@me", status_code=204)(door.edit_own)
    routes.patch("/{user_id}", status_code=204)(door.edit)
    return routes
