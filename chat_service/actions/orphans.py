"""The store and the rows are compared: files that no row tells of are deleted, and of rows whose
files are gone the operator is told. Both are left by backups of different moments, and by volumes
that were lost; a crash leaves neither.
"""

from __future__ import annotations

from datetime import timedelta

from chassis.logs import logger
from chat_service import store
from chat_service.actions.chat import Chat
from contracts.attachments import FOLDER, Place
from contracts.identity import NOBODY

log = logger("orphans")

_OLD = timedelta(days=1)
"""Younger files are let alone: nothing here takes so long, and clocks may differ."""
_FEW, _SHARE = 100, 10
"""More than both, so many and one of so many, are too many."""
_MOST = 100_000
_LOOKED_AFTER = 1_000


async def sweep(chat: Chat) -> int:
    """Delete old files without a row; how many. If they are more than a tenth of all, the database
    is another one's or an old one, and nothing is deleted.
    """
    orphans: list[str] = []
    looked_at = 0
    async for found in chat.files.blobs.listed(FOLDER):
        looked_at += len(found)
        places = {one.name: place for one in found if (place := Place.at(one.name)) is not None}
        async with chat.units.reading(NOBODY) as unit:
            known = await store.files.known(unit, places.values())
            old = unit.now - _OLD
        orphans += [
            one.name
            for one in found
            if one.name in places and places[one.name][:2] not in known and one.written < old
        ]
        if len(orphans) > _MOST:
            break
    if len(orphans) > max(_FEW, looked_at // _SHARE):
        log.error("orphans.too_many", orphans=len(orphans), files=looked_at)
        return 0
    await chat.files.blobs.delete(orphans)
    if orphans:
        log.warning("orphans.deleted", files=len(orphans))
    return len(orphans)


async def look_after(chat: Chat, after: Place) -> tuple[int, Place]:
    """Look whether the next files are there that messages hold: how many are not, where to go on.
    Their rows stay: a store that is away for a while looks the same as one that lost them.
    """
    async with chat.units.reading(NOBODY) as unit:
        places = await store.files.held(unit, after, _LOOKED_AFTER)
    absent = [place for place in places if await chat.files.blobs.size(place.key) is None]
    async with chat.units.reading(NOBODY) as unit:
        known = await store.files.known(unit, absent, is_held=True)  # not deleted meanwhile
    missing = [place for place in absent if place[:2] in known]
    for place in missing:
        log.error("file.missing", channel=str(place.channel_id), file=str(place.id))
    return len(missing), places[-1] if len(places) == _LOOKED_AFTER else Place(0, 0, "")
