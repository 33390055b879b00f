"""Pictures of guilds: made anew and kept before a guild names them."""

from __future__ import annotations

from typing import Any

from chassis.blobs import Blobs
from chassis.images import picture_from
from contracts.assets import BANNERS, DISCOVERY_SPLASHES, ICONS, SPLASHES

SHELVES = {
    "icon": ICONS,
    "banner": BANNERS,
    "splash": SPLASHES,
    "discovery_splash": DISCOVERY_SPLASHES,
}


async def kept(blobs: Blobs, guild_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes with the names of pictures in the place of what was sent. A picture stays where
    it is when it is exchanged: the audit log names it.
    """
    named = dict(changes)
    for field, shelf in SHELVES.items():
        if changes.get(field):
            picture = await picture_from(changes[field], shelf, field)
            await blobs.put(shelf.key(guild_id, picture.digest), picture.data)
            named[field] = picture.digest
    return named
