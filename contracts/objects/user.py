"""People and bots as others and as they themselves see them."""

from __future__ import annotations

from typing import ClassVar

from contracts.ids import UserId
from contracts.wire import Wire


class User(Wire):
    """What anybody may see of a person or a bot."""

    omit: ClassVar[frozenset[str]] = frozenset({"bot"})

    id: UserId
    username: str
    discriminator: str = "0"
    global_name: str | None = None
    avatar: str | None = None
    avatar_decoration_data: None = None
    primary_guild: None = None
    banner: str | None = None
    accent_color: int | None = None
    public_flags: int = 0
    flags: int = 0
    bot: bool | None = None


class Signed(User):
    """How a webhook signs one message. A picture from elsewhere is named by its address, and
    fetched by nobody here.
    """

    omit: ClassVar[frozenset[str]] = frozenset({"bot", "avatar_url"})

    avatar_url: str | None = None


class CurrentUser(User):
    """What one sees of oneself."""

    omit: ClassVar[frozenset[str]] = frozenset({"bot"})

    email: str | None = None
    verified: bool = True
    mfa_enabled: bool = False
    locale: str = "en-US"
    premium_type: int = 0
    bio: str = ""
    pronouns: str = ""

    def public(self) -> User:
        """The part that others see."""
        return User.model_validate(self.model_dump(include=set(User.model_fields)))
