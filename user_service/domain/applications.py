"""An application: what a bot belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntFlag
from typing import Any

from contracts.ids import ApplicationId, UserId
from user_service.domain import names
from user_service.domain.accounts import Account
from user_service.domain.fields import Fields

_KEY_BYTES = 32


class Flag(IntFlag):
    """What an application is allowed by being small: the privileged intents, without review."""

    GATEWAY_PRESENCE_LIMITED = 1 << 13
    GATEWAY_GUILD_MEMBERS_LIMITED = 1 << 15
    GATEWAY_MESSAGE_CONTENT_LIMITED = 1 << 19


TURNED = (
    Flag.GATEWAY_PRESENCE_LIMITED
    | Flag.GATEWAY_GUILD_MEMBERS_LIMITED
    | Flag.GATEWAY_MESSAGE_CONTENT_LIMITED
)
"""Those that its owner turns on and off; a new one has them all."""

SCOPES = ("applications.commands", "bot")
"""What an installation may grant."""
NEVER = datetime(3000, 1, 1, tzinfo=UTC)
"""When the token of a bot ends by itself."""


@dataclass(frozen=True, slots=True)
class Application:
    """As it is kept."""

    id: ApplicationId
    owner_id: UserId
    name: str
    description: str
    verify_key: str
    flags: int
    icon: str | None = None
    is_public: bool = True
    """Whether others may let its bot in."""
    tags: tuple[str, ...] = ()
    install_url: str | None = None
    """Where clients send people who want it, instead of our own page."""
    install_scopes: tuple[str, ...] = ()
    install_permissions: int = 0

    @property
    def bot_id(self) -> UserId:
        """The bot has the application's id."""
        return UserId(self.id)


def read_name(raw: str) -> str:
    """The name of a new one."""
    fields = Fields()
    name = fields.read("name", names.application, raw)
    fields.settle()
    return name


def read_changes(said: Mapping[str, Any]) -> dict[str, Any]:
    """Read a change of some fields; all that is wrong with it is told at once."""
    fields, changes = Fields(), dict(said)
    for field, rule in (("name", names.application), ("description", names.description)):
        if field in changes:
            changes[field] = fields.read(field, rule, changes[field])
    fields.settle()
    return changes


def turned(flags: int, asked: int) -> int:
    """The flags after somebody asked for these; what nobody can turn stays as it is."""
    return (flags & ~TURNED) | (asked & TURNED)


@dataclass(frozen=True, slots=True)
class Owned:
    """An application with the people of it."""

    application: Application
    owner: Account
    bot: Account | None


def verify_key(dice: Callable[[int], bytes]) -> str:
    """The form of a public key. Nothing is signed with it: it keeps libraries content."""
    return dice(_KEY_BYTES).hex()
