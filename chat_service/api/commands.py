"""`/applications/{id}/commands`, everywhere and of one guild, with their permissions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import FailFast, Field

from chassis.http import answer, nothing
from chassis.identity import Actor, Person
from chat_service import offers
from chat_service.actions import commands
from chat_service.actions.chat import Chat
from chat_service.actions.commands import Shelf
from chat_service.domain.commands import CommandChanges, NewCommand
from contracts import limits
from contracts.errors import ErrorCode, NotFound
from contracts.ids import ApplicationId, CommandId, GuildId
from contracts.objects.command import CommandPermission
from contracts.wire import Form

_List = Annotated[list[NewCommand], Field(max_length=2 * limits.COMMANDS), FailFast()]


class NewPermissions(Form):
    """Who may use a command from now on."""

    permissions: Annotated[
        tuple[CommandPermission, ...], Field(max_length=limits.COMMAND_PERMISSIONS)
    ]


async def _shelf(application_id: ApplicationId, request: Request) -> Shelf:
    """The same handlers serve both: with a guild in the path, and without."""
    guild = request.path_params.get("guild_id", "0")
    try:
        return Shelf(int(application_id), GuildId.parse(guild))
    except ValueError:
        raise NotFound(ErrorCode.UNKNOWN_GUILD) from None


InShelf = Annotated[Shelf, Depends(_shelf)]


class CommandsDoor:
    """The handlers. Without a guild: everywhere."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat

    async def listed(self, shelf: InShelf, actor: Actor) -> Response:
        """All that it offers."""
        found = await commands.listed(self._chat, actor, shelf)
        return answer([offers.command(one) for one in found])

    async def create(self, shelf: InShelf, form: NewCommand, actor: Actor) -> Response:
        """One more, or another under the same name."""
        command, is_new = await commands.create(self._chat, actor, shelf, form)
        return answer(offers.command(command), 201 if is_new else 200)

    async def overwrite(self, shelf: InShelf, forms: _List, actor: Actor) -> Response:
        """These and no others."""
        made = await commands.overwrite(self._chat, actor, shelf, forms)
        return answer([offers.command(one) for one in made])

    async def get(self, shelf: InShelf, command_id: CommandId, actor: Actor) -> Response:
        """One of them."""
        return answer(offers.command(await commands.get(self._chat, actor, shelf, command_id)))

    async def change(
        self, shelf: InShelf, command_id: CommandId, form: CommandChanges, actor: Actor
    ) -> Response:
        """Another name, other options."""
        changed = await commands.change(self._chat, actor, shelf, command_id, form)
        return answer(offers.command(changed))

    async def delete(self, shelf: InShelf, command_id: CommandId, actor: Actor) -> Response:
        """Offered no longer."""
        await commands.remove(self._chat, actor, shelf, command_id)
        return nothing()

    async def permissions(self, shelf: InShelf, actor: Actor) -> Response:
        """Everything that was said of them in a guild."""
        found = await commands.permissions(self._chat, actor, shelf)
        return answer([commands.shown(one) for one in found])

    async def permissions_of(self, shelf: InShelf, command_id: CommandId, actor: Actor) -> Response:
        """The same of one."""
        for one in await commands.permissions(self._chat, actor, shelf):
            if one.id == command_id:
                return answer(commands.shown(one))
        raise NotFound(ErrorCode.UNKNOWN_COMMAND_PERMISSIONS)

    async def permit(
        self, shelf: InShelf, command_id: CommandId, form: NewPermissions, actor: Person
    ) -> Response:
        """Other people may, from now on."""
        told = await commands.permit(self._chat, actor, shelf, command_id, form.permissions)
        return answer(told)


def router(chat: Chat) -> APIRouter:
    """The routes."""
    door, routes = CommandsDoor(chat), APIRouter()
    routes.get("/applications/{application_id}/commands")(door.listed)
    routes.post("/applications/{application_id}/commands")(door.create)
    routes.put("/applications/{application_id}/commands")(door.overwrite)
    routes.get("/applications/{application_id}/commands/{command_id}")(door.get)
    routes.patch("/applications/{application_id}/commands/{command_id}")(door.change)
    routes.delete("/applications/{application_id}/commands/{command_id}")(door.delete)
    routes.get("/applications/{application_id}/guilds/{guild_id}/commands")(door.listed)
    routes.post("/applications/{application_id}/guilds/{guild_id}/commands")(door.create)
    routes.put("/applications/{application_id}/guilds/{guild_id}/commands")(door.overwrite)
    routes.get("/applications/{application_id}/guilds/{guild_id}/commands/permissions")(
        door.permissions
    )
    routes.get("/applications/{application_id}/guilds/{guild_id}/commands/{command_id}")(door.get)
    routes.patch("/applications/{application_id}/guilds/{guild_id}/commands/{command_id}")(
        door.change
    )
    routes.delete("/applications/{application_id}/guilds/{guild_id}/commands/{command_id}")(
        door.delete
    )
    routes.get(
        "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions"
    )(door.permissions_of)
    routes.put(
        "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}/permissions"
    )(door.permit)
    return routes
