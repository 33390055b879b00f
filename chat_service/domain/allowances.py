"""Who may use a command: the one decision, whether somebody calls it or only looks what there is.

1 where commands may be called at all: the context, the channel's USE_APPLICATION_COMMANDS, age.
2 who governs everything may. 3 the channel: the command's own permission for it, else for all
channels, else the application's. 4 the person: the command's own permission for them, for their
roles (one that allows is enough), for everybody; then the application's in the same order. 5 what
the command asks for by default, unless 4 had a word of the command's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from contracts.objects.command import CommandPermission, Context, PermissionType
from contracts.permissions import Permission

Said = Mapping[tuple[PermissionType, int], bool]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a command says of itself."""

    default: int | None = None
    """Permissions that somebody needs. None: nobody has to hold any; 0: only who governs may."""
    contexts: Collection[Context] | None = None
    in_private: bool = True
    """As older applications say the same."""
    is_global: bool = True
    is_adult: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants to use it, and where."""

    context: Context
    granted: Permission
    user_id: int = 0
    guild_id: int = 0
    channel_id: int = 0
    roles: Collection[int] = ()
    is_adult_channel: bool = False


def said(permissions: Sequence[CommandPermission]) -> Said:
    """Permissions of a command as they are looked up here."""
    return {(one.type, int(one.id)): one.permission for one in permissions}


def may_use(offer: Offer, asker: Asker, own: Said, applications: Said) -> bool:
    """Whether the command can be used. `own`: its permissions in the guild; `applications`: those
    of everything the application offers there.
    """
    if not _is_offered(offer, asker):
        return False
    if asker.context is not Context.GUILD or asker.granted & Permission.ADMINISTRATOR:
        return True
    if not asker.granted & Permission.USE_APPLICATION_COMMANDS:
        return False
    here = _of_channel(asker, own)
    if here is None:
        here = _of_channel(asker, applications)
    return here is not False and _is_let(offer, asker, own, applications)


def _is_let(offer: Offer, asker: Asker, own: Said, applications: Said) -> bool:
    mine = _of_person(asker, own)
    if mine is not None:
        return mine
    if _of_person(asker, applications) is False:
        return False
    if offer.default is None:
        return True
    return bool(offer.default) and asker.granted & offer.default == offer.default


def _is_offered(offer: Offer, asker: Asker) -> bool:
    if offer.is_adult and asker.context is Context.GUILD and not asker.is_adult_channel:
        return False
    if not offer.is_global:
        return asker.context is Context.GUILD
    if offer.contexts is not None:
        return asker.context in offer.contexts
    return offer.in_private or asker.context is Context.GUILD


def _of_channel(asker: Asker, permissions: Said) -> bool | None:
    # All channels together are named by a number beside the guild's, which is no channel's.
    for place in (asker.channel_id, asker.guild_id - 1):
        found = permissions.get((PermissionType.CHANNEL, place))
        if found is not None:
            return found
    return None


def _of_person(asker: Asker, permissions: Said) -> bool | None:
    mine = permissions.get((PermissionType.USER, asker.user_id))
    if mine is not None:
        return mine
    of_roles = {
        permissions[PermissionType.ROLE, role]
        for role in asker.roles
        if (PermissionType.ROLE, role) in permissions
    }
    if of_roles:
        return True in of_roles
    return permissions.get((PermissionType.ROLE, asker.guild_id))
