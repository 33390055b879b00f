"""Applications as their owners, their bots and neighbours see them."""

from __future__ import annotations

from contracts.objects.application import (
    Application,
    Authorization,
    InstallParams,
    PublicApplication,
)
from contracts.wire import JSON
from user_service.domain import applications
from user_service.views import user


def shown_application(owned: applications.Owned) -> Application:
    """To its owner and its bot."""
    return Application(
        **_seen(owned),
        eligible_oauth2_scopes=applications.SCOPES,
        owner=user(owned.owner),
    )


def authorization(owned: applications.Owned) -> Authorization:
    """What a bot's token is for. It ends only with another one, but a moment has to be told."""
    return Authorization(
        application=PublicApplication(**_seen(owned)),
        scopes=applications.SCOPES,
        expires=applications.NEVER,
    )


def _seen(owned: applications.Owned) -> JSON:
    """What everybody may see of it."""
    kept = owned.application
    return {
        "id": kept.id,
        "name": kept.name,
        "icon": kept.icon,
        "description": kept.description,
        "bot_public": kept.is_public,
        "tags": kept.tags,
        "custom_install_url": kept.install_url,
        "install_params": _installation(kept),
        "verify_key": kept.verify_key,
        "flags": kept.flags,
        "flags_new": str(kept.flags),
        "bot": user(owned.bot) if owned.bot is not None else None,
    }


def _installation(kept: applications.Application) -> InstallParams | None:
    if not kept.install_scopes:
        return None
    return InstallParams(scopes=kept.install_scopes, permissions=kept.install_permissions)
