"""How what applications offer looks from outside. Pure."""

from __future__ import annotations

from chat_service.store.commands import Command
from contracts.objects.command import Command as CommandShape
from contracts.objects.user import User
from contracts.wire import JSON


def command(one: Command) -> CommandShape:
    """A command as its application and clients see it."""
    said = {**one.definition, "options": one.definition["options"] or None}
    return CommandShape.model_validate(
        {
            **said,
            "id": one.id,
            "type": one.type,
            "application_id": one.application_id,
            "guild_id": one.guild_id or None,
            "version": one.version,
            "name": one.name,
        }
    )


def application(application_id: int, bot: User | None) -> JSON:
    """An application as those who use it see it: it is called like its bot."""
    return {
        "id": str(application_id),
        "name": bot.username if bot is not None else "",
        "icon": bot.avatar if bot is not None else None,
        "description": "",
        "bot_id": str(application_id),
        "bot": None if bot is None else bot.dump(),
    }
