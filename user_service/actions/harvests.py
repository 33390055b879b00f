"""Harvests: asked for, gathered from every service that keeps something, fetched by a link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.errors import NotFound
from contracts.identity import NOBODY
from contracts.ids import UserId
from contracts.rpc import chat, community, notification
from contracts.rpc.export import Exported
from user_service import store
from user_service.archive import Archive
from user_service.domain import harvests
from user_service.domain.harvests import KEPT_FOR, Harvest, Link
from user_service.tools import UserUnit, UserUnits

HOLD = timedelta(minutes=5)
"""How long a process may be silent over one; then another one begins it anew."""
PAGES_MOST = 50_000
"""Of one service: whoever answers without end is not believed."""

_NEIGHBOURS = (community.ExportPerson, chat.ExportPerson, notification.ExportPerson)
_KEEP_EVERY = 50
_LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)


async def ask(unit: UserUnit) -> Harvest:
    """A new one, unless the last one is enough."""
    await store.accounts.lock(unit, unit.actor.user_id)
    last = await store.harvests.latest(unit, unit.actor.user_id)
    if last is not None and last.is_enough(unit.now):
        return last
    fresh = Harvest(unit.new_id(), unit.actor.user_id, unit.now)
    await store.harvests.add(unit, fresh)
    return fresh


async def mine(unit: UserUnit) -> tuple[Harvest | None, Link | None]:
    """The latest, and where it can be fetched."""
    found = await store.harvests.latest(unit, unit.actor.user_id)
    if found is None or not found.is_there(unit.now):
        return found, None
    return found, harvests.link(unit.tools.key, found.id, unit.now)


async def behind(unit: UserUnit, shown: Link) -> Harvest:
    """The harvest that a link leads to."""
    if not harvests.opens(unit.tools.key, shown, unit.now):
        raise NotFound
    found = await store.harvests.get(unit, shown.harvest_id)
    if found is None or not found.is_there(unit.now):
        raise NotFound
    return found


async def claim(unit: UserUnit) -> Harvest | None:
    """One that is to be gathered now."""
    return await store.harvests.claim(unit, HOLD)


async def gather(units: UserUnits, harvest: Harvest) -> bytes:
    """Everything, from everybody; Unavailable when one of them is away."""
    pages = 0
    with Archive() as archive:
        for source in ("user", *(ask.service for ask in _NEIGHBOURS)):
            after = ""
            while pages < PAGES_MOST:
                page = await _page(units, source, harvest.user_id, after)
                await archive.add(f"{source}/{page.file}.json", page.records)
                after, pages = page.after, pages + 1
                if pages % _KEEP_EVERY == 0:
                    await _keep(units, harvest)
                if not after:
                    break
        return await archive.finish()


async def postpone(unit: UserUnit, harvest: Harvest) -> None:
    """Somebody could not tell what they keep."""
    await store.harvests.keep(unit, harvest.id, harvest.next_try(unit.now))


async def complete(unit: UserUnit, harvest: Harvest) -> bool:
    """It can be fetched. False: nobody is there to fetch it."""
    return await store.harvests.complete(unit, harvest.id)


async def expire(unit: UserUnit, user_id: UserId) -> None:
    """Of somebody who leaves."""
    await store.harvests.expire_of(unit, user_id, _LONG_AGO)


async def expired(unit: UserUnit, limit: int) -> list[Harvest]:
    """Those whose archives are to be removed."""
    return await store.harvests.expired(unit, unit.now - KEPT_FOR, limit)


async def forget(unit: UserUnit, harvest: Harvest) -> None:
    """Its archive is gone."""
    await store.harvests.remove(unit, harvest.id)


async def _page(units: UserUnits, source: str, user_id: UserId, after: str) -> Exported:
    for ask in _NEIGHBOURS:
        if ask.service == source:
            return await units.tools.calls.ask(ask(user_id=user_id, after=after))
    async with units.reading(NOBODY) as unit:
        return await store.harvests.export(unit, user_id, after)


async def _keep(units: UserUnits, harvest: Harvest) -> None:
    async with units.open(NOBODY) as unit:
        await store.harvests.keep(unit, harvest.id, unit.now + HOLD)
