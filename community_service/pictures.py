"""Pictures of guilds, roles, members and events: made anew and kept before anything names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.blobs import Blobs
from chassis.images import picture_from
from contracts.assets import (
    BANNERS,
    CHANNEL_ICONS,
    DISCOVERY_SPLASHES,
    EVENT_COVERS,
    ICONS,
    MEMBER_AVATARS,
    MEMBER_BANNERS,
    ROLE_ICONS,
    SPLASHES,
    Shelf,
)

SHELVES = {
    "icon": ICONS,
    "banner": BANNERS,
    "splash": SPLASHES,
    "discovery_splash": DISCOVERY_SPLASHES,
}
OF_MEMBERS = {"avatar": MEMBER_AVATARS, "banner": MEMBER_BANNERS}
OF_ROLES = {"icon": ROLE_ICONS}
OF_GROUPS = {"icon": CHANNEL_ICONS}
OF_EVENTS = {"image": EVENT_COVERS}


async def kept(
    blobs: Blobs,
    owners: int | tuple[int, ...],
    changes: dict[str, Any],
    shelves: Mapping[str, Shelf] = SHELVES,
) -> dict[str, Any]:
    """The changes with the names of pictures in the place of what was sent. A picture stays where
    it is when it is exchanged: the audit log names it.
    """
    ids = owners if isinstance(owners, tuple) else (owners,)
    named = dict(changes)
    for field, shelf in shelves.items():
        if changes.get(field):
            picture = await picture_from(changes[field], shelf, field)
            await blobs.put(shelf.key(*ids, picture.digest), picture.data)
            named[field] = picture.digest
    return named
