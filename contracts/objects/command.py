"""Commands that applications offer, and who may use them where."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar

from contracts.ids import ApplicationId, CommandId, GuildId, Snowflake
from contracts.wire import JSON, Bits, Wire


class CommandType(IntEnum):
    """How a command is called."""

    CHAT_INPUT = 1
    USER = 2
    MESSAGE = 3


class OptionType(IntEnum):
    """What an option takes."""

    SUB_COMMAND = 1
    SUB_COMMAND_GROUP = 2
    STRING = 3
    INTEGER = 4
    BOOLEAN = 5
    USER = 6
    CHANNEL = 7
    ROLE = 8
    MENTIONABLE = 9
    NUMBER = 10
    ATTACHMENT = 11


class Context(IntEnum):
    """Where a command is called."""

    GUILD = 0
    BOT_DM = 1
    PRIVATE_CHANNEL = 2


class Command(Wire):
    """A command."""

    omit: ClassVar[frozenset[str]] = frozenset({"guild_id", "options"})

    id: CommandId
    type: CommandType
    application_id: ApplicationId
    guild_id: GuildId | None = None
    """None: everywhere."""
    version: Snowflake
    name: str
    name_localizations: dict[str, str] | None = None
    description: str = ""
    description_localizations: dict[str, str] | None = None
    default_member_permissions: Bits | None = None
    dm_permission: bool = True
    contexts: tuple[Context, ...] | None = None
    integration_types: tuple[int, ...] = (0,)
    nsfw: bool = False
    options: tuple[JSON, ...] | None = None


class PermissionType(IntEnum):
    """Whom a permission of a command is about."""

    ROLE = 1
    USER = 2
    CHANNEL = 3


class CommandPermission(Wire):
    """Whether somebody may use a command, or whether it may be used somewhere."""

    id: Snowflake
    type: PermissionType
    permission: bool


class CommandPermissions(Wire):
    """All of one command in a guild; or, under the application's id, of all that have none."""

    id: Snowflake
    application_id: ApplicationId
    guild_id: GuildId
    permissions: tuple[CommandPermission, ...] = ()
