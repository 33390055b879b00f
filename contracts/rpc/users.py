"""What user_service answers."""

from __future__ import annotations

from pydantic import Field

from contracts.identity import Kind
from contracts.ids import ApplicationId, UserId
from contracts.objects.application import Application
from contracts.objects.user import CurrentUser, User
from contracts.rpc.base import Call
from contracts.wire import Wire


class Authenticated(Wire):
    """Who a public token belongs to; `kind` NOBODY means that it is dead or never was."""

    kind: Kind
    user_id: UserId = UserId(0)
    login_id: int = 0


class Authenticate(Call[Authenticated]):
    """Turn a public token into an identity."""

    service = "user"
    callers = frozenset({"gateway", "signaling"})
    deadline = 5.0

    token: str


class Users(Wire):
    """Those that exist, in no order."""

    users: tuple[User, ...]


class GetUsers(Call[Users]):
    """Public faces of people and bots."""

    service = "user"
    callers = frozenset({"community", "chat", "gateway", "notification"})

    user_ids: tuple[UserId, ...]


class Self(Wire):
    """What READY says of the one who identified."""

    user: CurrentUser
    application: Application | None = None
    """Of a bot."""


class GetSelf(Call[Self]):
    """One's own account."""

    service = "user"
    callers = frozenset({"gateway"})
    deadline = 5.0

    user_id: UserId


class RegistrationCode(Wire):
    """Lets somebody register; shown once."""

    code: str


class MakeRegistrationCode(Call[RegistrationCode]):
    """For the operator of an invite-only house, by hand: `./moim call`."""

    service = "user"
    callers = frozenset({"gateway"})
    idempotent = False

    uses: int = Field(1, ge=1, le=1_000)
    hours: int = Field(168, ge=1, le=8_760)


class FoundApplication(Wire):
    """An application, or none."""

    application: Application | None = None


class GetApplication(Call[FoundApplication]):
    """By id, for installing its bot."""

    service = "user"
    callers = frozenset({"community"})

    application_id: ApplicationId
