"""An application: what a bot belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntFlag

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


GIVEN_TO_ALL = (
    Flag.GATEWAY_PRESENCE_LIMITED
    | Flag.GATEWAY_GUILD_MEMBERS_LIMITED
    | Flag.GATEWAY_MESSAGE_CONTENT_LIMITED
)

SCOPES = ("applications.commands", "bot")
"""What an installation may grant."""


@dataclass(frozen=True, slots=True)
class Application:
    """As it is kept."""

    id: ApplicationId
    owner_id: UserId
    name: str
    description: str
    verify_key: str
    flags: int

    @property
    def bot_id(self) -> UserId:
        """The bot has the application's id."""
        return UserId(self.id)


@dataclass(frozen=True, slots=True)
class NewWords:
    """What its owner changes; None leaves it as it is."""

    name: str | None
    description: str | None

    def of(self, application: Application) -> Application:
        """The same application in other words."""
        name = self.name if self.name is not None else application.name
        description = self.description if self.description is not None else application.description
        return replace(application, name=name, description=description)


def read_name(raw: str) -> str:
    """The name of a new one."""
    fields = Fields()
    name = fields.read("name", names.application, raw)
    fields.settle()
    return name


def read_words(name: str | None, description: str | None) -> NewWords:
    """Read a change; all that is wrong with it is told at once."""
    fields = Fields()
    if name is not None:
        name = fields.read("name", names.application, name)
    if description is not None:
        description = fields.read("description", names.description, description)
    fields.settle()
    return NewWords(name, description)


@dataclass(frozen=True, slots=True)
class Owned:
    """An application with the people of it."""

    application: Application
    owner: Account
    bot: Account | None


def verify_key(dice: Callable[[int], bytes]) -> str:
    """The form of a public key. Nothing is signed with it: it keeps libraries content."""
    return dice(_KEY_BYTES).hex()
