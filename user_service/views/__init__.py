"""How accounts and sessions look from outside. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pydantic import ConfigDict

from contracts.events.relationship import (
    RelationshipAdd,
    RelationshipRemove,
    RelationshipUpdate,
)
from contracts.events.settings import (
    StatusChosen,
    UserGuildSettingsUpdate,
    UserSettingsUpdate,
)
from contracts.events.user import FaceChanged, UserUpdate
from contracts.ids import UserId
from contracts.objects.relationship import Relationship, RelationshipType
from contracts.objects.settings import GuildNotifications
from contracts.objects.user import CurrentUser, User
from contracts.rpc.community import MutualGuild
from contracts.wire import JSON, Timestamp, Wire
from user_service.domain import tokens
from user_service.domain.accounts import Account, Credentials
from user_service.domain.harvests import Harvest, Link
from user_service.domain.logins import Login, NewToken
from user_service.domain.profiles import Seen
from user_service.domain.proofs import Secret
from user_service.domain.relationships import Listed
from user_service.domain.settings import Shown


class Registered(Wire):
    """The answer to a registration, and to a verified address. Without a token the address has to
    be verified first, or one is logged in already.
    """

    token: str | None
    user_id: UserId


class SecondFactor(Wire):
    """The answer to a right password where a code is needed besides."""

    ticket: str
    mfa: bool = True
    totp: bool = True
    backup: bool = True
    sms: bool = False
    webauthn: None = None
    user_id: UserId


class BackupCode(Wire):
    """One of them, shown once."""

    user_id: UserId
    code: str
    consumed: bool = False


class BackupCodes(Wire):
    """All of them."""

    omit: ClassVar[frozenset[str]] = frozenset({"token"})

    backup_codes: tuple[BackupCode, ...]
    token: str | None = None


class CurrentUserWithToken(CurrentUser):
    """Oneself, after a change that ended every session."""

    omit: ClassVar[frozenset[str]] = frozenset({"bot", "token"})

    token: str | None = None


class Settings(Wire):
    """All settings of a person, whatever their clients keep there."""

    model_config = ConfigDict(extra="allow")


class Note(Wire):
    """What one wrote about somebody."""

    user_id: UserId
    note_user_id: UserId
    note: str


class Notes(Wire):
    """All of them."""

    model_config = ConfigDict(extra="allow")


class ProfileWords(Wire):
    """What somebody tells of themselves."""

    bio: str
    pronouns: str
    accent_color: int | None
    banner: str | None
    theme_colors: None = None
    popout_animation_particle_type: None = None
    emoji: None = None
    profile_effect: None = None


class Profile(Wire):
    """Somebody's card, as one person sees it."""

    omit: ClassVar[frozenset[str]] = frozenset({"mutual_guilds", "mutual_friends"})

    user: User
    user_profile: ProfileWords
    mutual_guilds: tuple[MutualGuild, ...] | None = None
    mutual_friends: tuple[User, ...] | None = None
    mutual_friends_count: int = 0
    badges: tuple[JSON, ...] = ()
    connected_accounts: tuple[JSON, ...] = ()
    premium_type: int = 0
    premium_since: None = None
    premium_guild_since: None = None


class HarvestShape(Wire):
    """An export of everything, to its person."""

    harvest_id: str
    user_id: UserId
    status: int
    created_at: Timestamp
    completed_at: Timestamp | None
    url: str | None
    """Where to fetch it, for an hour."""


class LoginSettings(Wire):
    """What a client needs before its first page."""

    locale: str
    theme: str


class LoggedIn(Wire):
    """The answer to a login."""

    token: str
    user_id: UserId
    user_settings: LoginSettings


class TokenOnly(Wire):
    """A token whose owner is known: shown once."""

    token: str


class ClientInfo(Wire):
    """The device of a login session."""

    os: str
    platform: str
    location: str | None = None


class LoginSession(Wire):
    """One login session to its owner."""

    id_hash: str
    approx_last_used_time: Timestamp
    client_info: ClientInfo


class LoginSessions(Wire):
    """All of them."""

    user_sessions: tuple[LoginSession, ...]


def user(account: Account) -> User:
    """To others."""
    return User(
        id=account.id,
        username=account.username,
        global_name=account.global_name,
        avatar=account.avatar,
        banner=account.banner,
        accent_color=account.accent_color,
        public_flags=account.public_flags,
        flags=account.public_flags,
        bot=True if account.is_bot else None,
    )


def current_user(account: Account) -> CurrentUser:
    """To itself."""
    return CurrentUser(
        **user(account).model_dump(),
        email=account.email,
        verified=account.is_bot or account.is_verified,
        mfa_enabled=account.is_mfa_enabled,
        locale=account.locale,
        bio=account.bio,
        pronouns=account.pronouns,
    )


def user_update(account: Account) -> UserUpdate:
    """What its own sessions hear."""
    return UserUpdate.model_validate(current_user(account).model_dump())


def face_changed(account: Account) -> FaceChanged:
    """What whoever keeps copies of faces hears."""
    return FaceChanged(user=user(account))


def relationship(listed: Listed) -> Relationship:
    """To its owner."""
    row = listed.row
    return Relationship(
        id=row.other_id,
        type=row.type,
        user=user(listed.account),
        nickname=row.nickname,
        since=row.since,
    )


def relationship_new(listed: Listed, *, is_news: bool) -> RelationshipAdd:
    """What its owner hears."""
    shown = relationship(listed).model_dump()
    return RelationshipAdd(user_id=listed.row.user_id, should_notify=is_news, **shown)


def relationship_changed(listed: Listed) -> RelationshipUpdate:
    """What its owner hears."""
    return RelationshipUpdate(user_id=listed.row.user_id, **relationship(listed).model_dump())


def relationship_gone(
    user_id: UserId, other_id: UserId, was: RelationshipType
) -> RelationshipRemove:
    """What whose list it was hears."""
    return RelationshipRemove(user_id=user_id, id=other_id, type=was)


def settings_changed(user_id: UserId, changes: JSON) -> UserSettingsUpdate:
    """What own devices hear."""
    return UserSettingsUpdate(user_id=user_id, **changes)


def guild_settings_changed(
    user_id: UserId, settings: GuildNotifications
) -> UserGuildSettingsUpdate:
    """What own devices hear."""
    return UserGuildSettingsUpdate(user_id=user_id, **settings.model_dump())


def status_chosen(user_id: UserId, chosen: Shown) -> StatusChosen:
    """What gateways hear."""
    return StatusChosen(user_id=user_id, status=chosen.status, custom=chosen.custom)


def notes(found: Sequence[tuple[UserId, str]]) -> Notes:
    """All of them, by whom they are about."""
    return Notes.model_validate({str(int(user_id)): note for user_id, note in found})


def profile_words(account: Account) -> ProfileWords:
    """What somebody tells of themselves."""
    return ProfileWords(
        bio=account.bio,
        pronouns=account.pronouns,
        accent_color=account.accent_color,
        banner=account.banner,
    )


def profile(seen: Seen) -> Profile:
    """Somebody's card."""
    friends = seen.mutual_friends
    return Profile(
        user=user(seen.account),
        user_profile=profile_words(seen.account),
        mutual_guilds=seen.mutual_guilds,
        mutual_friends=tuple(map(user, friends)) if friends is not None else None,
        mutual_friends_count=seen.mutual_friends_count,
    )


def registered(user_id: UserId, token: NewToken | None) -> Registered:
    """The token, if there is one, and whose it is."""
    return Registered(token=token.text if token is not None else None, user_id=user_id)


def token_only(token: NewToken) -> TokenOnly:
    """The token alone: whose it is, is known."""
    return TokenOnly(token=token.text)


def second_factor(ticket: Secret, known: Credentials) -> SecondFactor:
    """What is still to be shown."""
    return SecondFactor(ticket=ticket.text, user_id=known.user_id)


def backup_codes(user_id: UserId, codes: Sequence[str], token: NewToken | None) -> BackupCodes:
    """The codes, and the token that replaces the sessions' that ended."""
    shown = tuple(BackupCode(user_id=user_id, code=code) for code in codes)
    return BackupCodes(backup_codes=shown, token=token.text if token is not None else None)


def changed_user(account: Account, token: NewToken | None) -> CurrentUserWithToken:
    """Oneself, and the new token if there is one."""
    fresh = token.text if token is not None else None
    return CurrentUserWithToken(**current_user(account).model_dump(), token=fresh)


def logged_in(token: NewToken, known: Credentials) -> LoggedIn:
    """The token, and how the client should look."""
    settings = LoginSettings(locale=known.locale, theme=known.theme)
    return LoggedIn(token=token.text, user_id=token.user_id, user_settings=settings)


def harvest(found: Harvest, link: Link | None, public_url: str) -> HarvestShape:
    """To its person."""
    url = None
    if link is not None:
        query = f"until={link.until}&signature={link.signature}"
        url = f"{public_url}/api/v10/harvests/{link.harvest_id}?{query}"
    return HarvestShape(
        harvest_id=str(found.id),
        user_id=found.user_id,
        status=found.status,
        created_at=found.created,
        completed_at=found.completed,
        url=url,
    )


def sessions(logins: list[Login]) -> LoginSessions:
    """For the page on which one ends a lost phone's."""
    return LoginSessions(
        user_sessions=tuple(
            LoginSession(
                id_hash=tokens.public_hash(login.token_hash),
                approx_last_used_time=login.last_used,
                client_info=ClientInfo(os=login.client.system, platform=login.client.platform),
            )
            for login in logins
        )
    )
