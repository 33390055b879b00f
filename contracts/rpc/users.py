"""What user_service answers."""

from __future__ import annotations

from pydantic import Field

from contracts.identity import Kind
from contracts.ids import ApplicationId, ChannelId, GuildId, Snowflake, UserId
from contracts.limits import ARRIVALS_ASKED
from contracts.objects.application import Application
from contracts.objects.presence import Status
from contracts.objects.relationship import Relationship, Standing
from contracts.objects.settings import GuildNotifications
from contracts.objects.user import CurrentUser, User
from contracts.rpc.base import Call
from contracts.wire import JSON, Wire


class Authenticated(Wire):
    """Who a public token belongs to; `kind` NOBODY means that it is dead or never was."""

    kind: Kind
    user_id: UserId = UserId(0)
    login_id: int = 0
    has_second_factor: bool = False


class Authenticate(Call[Authenticated]):
    """Turn a public token into an identity."""

    service = "user"
    callers = frozenset({"gateway", "signaling"})
    deadline = 5.0

    token: str


class AuthenticatedAll(Wire):
    """One for each token, in that order."""

    found: tuple[Authenticated, ...]


class AuthenticateAll(Call[AuthenticatedAll]):
    """The same for tokens that are shown at the same moment."""

    service = "user"
    callers = frozenset({"gateway"})
    deadline = 5.0

    tokens: tuple[str, ...] = Field(max_length=ARRIVALS_ASKED)


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
    callers = frozenset({"chat", "gateway"})
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


class Relationships(Wire):
    """One page of somebody's list, by the other one's id."""

    relationships: tuple[Relationship, ...]
    is_more: bool = False
    """Ask again, after the last one."""


class GetRelationships(Call[Relationships]):
    """Friends, blocked ones and requests, as READY shows them."""

    service = "user"
    callers = frozenset({"gateway"})
    deadline = 5.0

    user_id: UserId
    after: UserId = UserId(0)


class Friends(Wire):
    """The friends of one person, in no order."""

    user_id: UserId
    friend_ids: tuple[UserId, ...]


class AllFriends(Wire):
    """Of those who have any, in no order."""

    people: tuple[Friends, ...]


class GetFriends(Call[AllFriends]):
    """Who may see how present these people are, beside the members of their communities?"""

    service = "user"
    callers = frozenset({"presence"})
    deadline = 5.0

    user_ids: tuple[UserId, ...] = Field(max_length=ARRIVALS_ASKED)


class Standings(Wire):
    """One for each that was asked for, in that order."""

    standings: tuple[Standing, ...]


class GetStandings(Call[Standings]):
    """Who of the others is a friend, and who has blocked whom?"""

    service = "user"
    callers = frozenset({"chat", "community", "gateway", "notification", "presence", "signaling"})

    user_id: UserId
    other_ids: tuple[UserId, ...]


class OwnSettings(Wire):
    """What a person has set."""

    settings: JSON
    """As GET /users/@me/settings answers."""
    guild_settings: tuple[GuildNotifications, ...] = ()
    status: Status = Status.ONLINE
    """How a session is shown that does not say it itself."""
    custom_status: JSON | None = None
    """The activity of type 4 that every session of theirs shows, or none."""


class Arriving(Wire):
    """What READY says of an account, a part of it just as it is said."""

    user_id: UserId
    user: JSON
    """A CurrentUser."""
    application: Application | None = None
    """Of a bot."""
    settings: OwnSettings | None = None
    """Of a person, as are relationships."""
    relationships: tuple[JSON, ...] = ()
    is_more: bool = False
    """Ask on with GetRelationships, after the last one."""


class Arrivals(Wire):
    """Those that exist, in no order."""

    people: tuple[Arriving, ...]


class GetArrivals(Call[Arrivals]):
    """Everything that READY says of accounts: who arrive at the same moment are one question."""

    service = "user"
    callers = frozenset({"gateway"})
    deadline = 5.0

    user_ids: tuple[UserId, ...] = Field(max_length=ARRIVALS_ASKED)


class Wish(Wire):
    """How one person wishes to be notified of a place."""

    user_id: UserId
    settings: GuildNotifications


class Wishes(Wire):
    """Of those who have set anything; the others have the defaults."""

    wishes: tuple[Wish, ...]


class GetWishes(Call[Wishes]):
    """Before somebody is notified: of a community, or (no guild) of private conversations."""

    service = "user"
    callers = frozenset({"chat", "notification"})

    user_ids: tuple[UserId, ...]
    guild_id: GuildId | None = None


class Reader(Wire):
    """How somebody is to be spoken to."""

    user_id: UserId
    name: str
    locale: str
    is_dnd: bool = False
    """They have set that they do not wish to be disturbed, on every device."""
    email: str | None = None
    """Where letters reach them: confirmed by them."""


class Readers(Wire):
    """Of the people among those that were asked for; accounts that sleep or are gone have none."""

    readers: tuple[Reader, ...]


class GetReaders(Call[Readers]):
    """Before somebody is written to."""

    service = "user"
    callers = frozenset({"notification"})

    user_ids: tuple[UserId, ...]


class StreamKeyOpened(Wire):
    """Whose key it is, and for which channel; nobody's if it opens nothing (any more)."""

    user_id: UserId | None = None
    channel_id: ChannelId | None = None
    key_id: Snowflake | None = None


class OpenStreamKey(Call[StreamKeyOpened]):
    """A program shows a key to go live."""

    service = "user"
    callers = frozenset({"signaling"})

    key: str = Field(max_length=256)
