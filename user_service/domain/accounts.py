"""An account: a person's or a bot's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from contracts.ids import UserId
from user_service.domain import emails, locales, names, passwords_policy
from user_service.domain.fields import Fields


@dataclass(frozen=True, slots=True)
class Account:
    """As it is kept, without what only a login needs."""

    id: UserId
    username: str
    global_name: str | None
    avatar: str | None
    is_bot: bool
    email: str | None = None
    is_verified: bool = False
    locale: str = "en-US"
    theme: str = "dark"
    public_flags: int = 0
    is_mfa_enabled: bool = False
    is_disabled: bool = False
    is_deleted: bool = False
    banner: str | None = None
    accent_color: int | None = None
    bio: str = ""
    pronouns: str = ""

    def named(self, *, username: str, global_name: str | None) -> Account:
        """The same account under other names."""
        return replace(self, username=username, global_name=global_name)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is compared with."""

    user_id: UserId
    username: str
    email: str | None
    is_verified: bool
    password_hash: str
    locale: str
    theme: str
    is_disabled: bool = False
    totp_secret: bytes | None = None
    totp_step: int = 0


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a newcomer asks for, checked. Without a username one is made from the shown name."""

    username: str | None
    global_name: str | None
    email: str | None
    password: str
    locale: str = locales.DEFAULT

    def usernames(self, roll: Callable[[], int]) -> Iterable[str]:
        """Those it would take: the one it asked for, or any made from its shown name."""
        if self.username is not None:
            return (self.username,)
        return names.candidates(self.global_name or "", roll)


def read_newcomer(
    *,
    username: str | None,
    global_name: str | None,
    email: str | None,
    password: str,
    locale: str = locales.DEFAULT,
    is_email_needed: bool = False,
) -> Newcomer:
    """Read a registration; all that is wrong with it is told at once."""
    fields = Fields()
    # Forms send fields that were left empty as empty texts.
    global_name, email = global_name or None, email or None
    if username is not None:
        username = fields.read("username", names.username, username)
    if global_name is not None:
        global_name = fields.read("global_name", names.global_name, global_name)
    if username is None and global_name is None:
        fields.refuse("username", "BASE_TYPE_REQUIRED", "This field is required")
    if email is not None:
        email = fields.read("email", emails.email, email)
    elif is_email_needed:
        fields.refuse("email", "BASE_TYPE_REQUIRED", "This field is required")
    password = fields.read("password", passwords_policy.password, password)
    fields.settle()
    return Newcomer(username, global_name, email, password, locale)


@dataclass(frozen=True, slots=True)
class NewCredentials:
    """What an owner changes of that by which they log in; None leaves it."""

    email: str | None
    password: str | None

    @property
    def is_any(self) -> bool:
        """Whether anything is to be changed."""
        return self.email is not None or self.password is not None


def read_credentials(*, email: str | None, password: str | None) -> NewCredentials:
    """Read such a change; all that is wrong with it is told at once."""
    fields = Fields()
    if email is not None:
        email = fields.read("email", emails.email, email)
    if password is not None:
        password = fields.read("new_password", passwords_policy.password, password)
    fields.settle()
    return NewCredentials(email, password)


def read_password(raw: str) -> str:
    """A password alone, for whoever has lost the old one."""
    fields = Fields()
    password = fields.read("password", passwords_policy.password, raw)
    fields.settle()
    return password
