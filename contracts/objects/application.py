"""Applications: what a bot's author owns."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from contracts.ids import ApplicationId
from contracts.objects.user import User
from contracts.wire import JSON, Bits, Timestamp, Wire


class InstallParams(Wire):
    """What an installation asks for."""

    scopes: tuple[str, ...]
    permissions: Bits


class PublicApplication(Wire):
    """An application as everybody may see it."""

    omit: ClassVar[frozenset[str]] = frozenset(
        {"bot", "cover_image", "custom_install_url", "install_params"}
    )

    id: ApplicationId
    name: str
    icon: str | None = None
    description: str = ""
    summary: str = ""
    type: int | None = None
    cover_image: str | None = None
    is_monetized: bool = False
    hook: bool = True
    bot_public: bool = True
    bot_require_code_grant: bool = False
    verify_key: str = ""
    flags: int = 0
    flags_new: str = "0"
    max_participants: int | None = None
    tags: tuple[str, ...] = ()
    custom_install_url: str | None = None
    install_params: InstallParams | None = None
    integration_types_config: JSON = Field(default_factory=dict)
    bot: User | None = None


class Application(PublicApplication):
    """An application as its owner and its bot see it."""

    redirect_uris: tuple[str, ...] = ()
    interactions_endpoint_url: str | None = None
    role_connections_verification_url: str | None = None
    approximate_guild_count: int = 0
    approximate_user_install_count: int = 0
    approximate_user_authorization_count: int = 0
    explicit_content_filter: int = 0
    eligible_oauth2_scopes: tuple[str, ...] = ()
    owner: User
    team: JSON | None = None


class Authorization(Wire):
    """What a token is for: its application, what it may do, and until when."""

    application: PublicApplication
    scopes: tuple[str, ...]
    expires: Timestamp
