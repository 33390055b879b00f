"""Pushes on their way: claimed by one process for a while, settled by what became of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Row, delete, func, select, text, update

from chassis.sql import among
from contracts.wire import JSON
from notification_service.domain.deliveries import Delivery, Parcel
from notification_service.domain.devices import Address, Platform, Provider, WebKeys
from notification_service.domain.pushes import Push
from notification_service.tables import deliveries, devices
from notification_service.tools import Unit

_DUE = text("""
SELECT EXISTS (SELECT FROM notices WHERE due <= :now), EXISTS (
  SELECT FROM deliveries WHERE provider = ANY(CAST(:providers AS text[])) AND due <= :now)
""")
_POSTPONE = text("""
UPDATE deliveries SET due = later.due
FROM unnest(CAST(:ids AS bigint[]), CAST(:dues AS timestamptz[])) AS later (id, due)
WHERE deliveries.id = later.id
""")


_ADD = text("""
INSERT INTO deliveries (
  id, device_id, user_id, subject, about_id, provider, push, is_urgent, tries, due, expires
)
SELECT nextval('deliveries_number'), one.device_id, one.user_id, one.subject, one.about_id,
  one.provider, one.push, one.is_urgent, 0, :now, one.expires
FROM unnest(
  CAST(:device_ids AS bigint[]), CAST(:user_ids AS bigint[]),
  CAST(:subjects AS text[]), CAST(:about_ids AS bigint[]), CAST(:providers AS text[]),
  CAST(:pushes AS jsonb[]), CAST(:urgent AS boolean[]), CAST(:expiries AS timestamptz[])
) AS one (
  device_id, user_id, subject, about_id, provider, push, is_urgent, expires
)
WHERE EXISTS (SELECT FROM devices WHERE devices.id = one.device_id)
""")


async def add(unit: Unit, parcels: Sequence[Parcel]) -> None:
    """Send all of them soon; devices that went in this moment need nothing."""
    if not parcels:
        return
    # The same push goes to all devices of a person.
    pushes = {id(each.push): orjson.dumps(each.push.dump()).decode() for each in parcels}
    values = {
        "now": unit.now,
        "device_ids": [each.device_id for each in parcels],
        "user_ids": [each.user_id for each in parcels],
        "subjects": [each.subject for each in parcels],
        "about_ids": [each.about_id for each in parcels],
        "providers": [each.provider.value for each in parcels],
        "pushes": [pushes[id(each.push)] for each in parcels],
        "urgent": [each.push.is_urgent for each in parcels],
        "expiries": [each.expires for each in parcels],
    }
    await unit.connection.execute(_ADD, values)


async def due(unit: Unit, providers: Iterable[Provider]) -> tuple[bool, bool]:
    """Whether notices are to become pushes, and whether pushes are to be sent."""
    values = {"now": unit.now, "providers": [provider.value for provider in providers]}
    has_notices, has_pushes = (await unit.connection.execute(_DUE, values)).one()
    return has_notices, has_pushes


async def claim(
    unit: Unit,
    provider: Provider,
    limit: int,
    hold: timedelta,
    *,
    again: bool,
    written: Callable[[JSON], Push],
) -> list[Delivery]:
    """Those that are due, urgent ones first, kept from every other process for a while. `written`
    makes a push of what was queued.
    """
    turn = deliveries.c.tries > 0 if again else deliveries.c.tries == 0
    due = (
        select(deliveries.c.id)
        .where(deliveries.c.provider == provider.value, deliveries.c.due <= unit.now, turn)
        .order_by(deliveries.c.is_urgent.desc(), deliveries.c.due)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("next")
    )
    statement = (
        update(deliveries)
        .where(deliveries.c.id == due.c.id, devices.c.id == deliveries.c.device_id)
        .values(due=unit.now + hold, tries=deliveries.c.tries + 1)
        .returning(
            deliveries.c.id,
            deliveries.c.device_id,
            deliveries.c.push,
            deliveries.c.tries,
            deliveries.c.expires,
            devices.c.provider,
            devices.c.token,
            devices.c.platform,
            devices.c.p256dh,
            devices.c.auth,
        )
    )
    return [_delivery(row, written) for row in await unit.all(statement)]


async def done(unit: Unit, ids: Collection[int]) -> None:
    """Sent, or never to be."""
    await unit.run(delete(deliveries).where(among(deliveries.c.id, ids)))


async def postpone(unit: Unit, dues: Sequence[tuple[int, datetime]]) -> None:
    """Try these again then."""
    values = {"ids": [one for one, _ in dues], "dues": [due for _, due in dues]}
    await unit.connection.execute(_POSTPONE, values)


async def release(unit: Unit, ids: Collection[int], due: datetime) -> None:
    """As if these had not been claimed, but due then."""
    values = {"due": due, "tries": deliveries.c.tries - 1}
    await unit.run(update(deliveries).where(among(deliveries.c.id, ids)).values(values))


async def recall(unit: Unit, marks: Sequence[tuple[int, str, int]]) -> None:
    """What these people have read so far of these subjects need not arrive any more."""
    values = {
        "user_ids": [user_id for user_id, _, _ in marks],
        "subjects": [subject for _, subject, _ in marks],
        "until": [until for _, _, until in marks],
    }
    await unit.connection.execute(_RECALL, values)


_RECALL = text("""
DELETE FROM deliveries
USING unnest(CAST(:user_ids AS bigint[]), CAST(:subjects AS text[]), CAST(:until AS bigint[]))
  AS read (user_id, subject, until)
WHERE deliveries.user_id = read.user_id AND deliveries.subject = read.subject
  AND deliveries.about_id <= read.until
""")


async def purge(unit: Unit, now: datetime, limit: int) -> int:
    """Drop what nobody is told any more: its provider was switched off."""
    old = select(deliveries.c.id).where(deliveries.c.expires < now).limit(limit)
    return await unit.run(delete(deliveries).where(deliveries.c.id.in_(old)))


async def waiting(unit: Unit) -> int:
    """How many are on their way."""
    return int(await unit.scalar(select(func.count()).select_from(deliveries)))


def _delivery(row: Row[Any], written: Callable[[JSON], Push]) -> Delivery:
    keys = WebKeys(row.p256dh, row.auth) if row.p256dh is not None else None
    address = Address(Provider(row.provider), row.token, Platform(row.platform), keys)
    push = row.push if isinstance(row.push, dict) else orjson.loads(row.push)
    return Delivery(row.id, row.device_id, address, written(push), row.tries, row.expires)
