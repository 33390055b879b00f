"""How devices and positions are kept: every statement of this service."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.db import Unit
from chassis.export import Shelf, page
from contracts.ids import UserId
from contracts.rpc.export import Exported
from contracts.topics import Topic
from notification_service.domain import Address, Device, DeviceId, Heard, Platform, Provider
from notification_service.tables import devices
from notification_service.tables import heard as positions

_SHELVES = (Shelf(devices.c.user_id, devices.c.id, frozenset({"token"})),)


async def put(unit: Unit[None], address: Address) -> Device:
    """Give an address to whoever acts. One statement, so two who race for it take turns, and an
    address never has two holders.
    """
    new = insert(devices).values(
        id=unit.new_id(),
        user_id=unit.actor.user_id,
        login_id=unit.actor.session_id,
        provider=address.provider.value,
        token=address.token,
        token_hash=address.token_hash,
        platform=address.platform.value,
        seen=unit.now,
    )
    taken = new.excluded
    is_same_person = devices.c.user_id == taken.user_id
    statement = new.on_conflict_do_update(
        constraint="devices_address",
        set_={
            # The former holder's id must lead nowhere.
            "id": case((is_same_person, devices.c.id), else_=taken.id),
            "user_id": taken.user_id,
            "login_id": taken.login_id,
            "platform": taken.platform,
            "seen": taken.seen,
        },
    ).returning(devices)
    row = await unit.one(statement)
    assert row is not None
    return _device(row)


async def keep_latest(unit: Unit[None], user_id: UserId, most: int) -> None:
    """Forget a person's longest unseen devices above so many."""
    latest = (
        select(devices.c.id)
        .where(devices.c.user_id == user_id)
        .order_by(devices.c.seen.desc(), devices.c.id.desc())
        .limit(most)
    )
    await unit.run(delete(devices).where(devices.c.user_id == user_id, devices.c.id.not_in(latest)))


async def of(unit: Unit[None], user_id: UserId, most: int) -> list[Device]:
    """A person's devices, the latest seen first."""
    statement = (
        select(devices)
        .where(devices.c.user_id == user_id)
        .order_by(devices.c.seen.desc(), devices.c.id.desc())
        .limit(most)
    )
    return [_device(row) for row in await unit.all(statement)]


async def remove(unit: Unit[None], user_id: UserId, device_id: DeviceId) -> bool:
    """Forget one. Whether this person had it."""
    own = (devices.c.id == device_id, devices.c.user_id == user_id)
    return await unit.run(delete(devices).where(*own)) > 0


async def remove_of_login(unit: Unit[None], user_id: UserId, login_id: int | None) -> int:
    """Forget those registered by a login session or, without one, by all of a person's."""
    gone = delete(devices).where(devices.c.user_id == user_id)
    if login_id is not None:
        gone = gone.where(devices.c.login_id == login_id)
    return await unit.run(gone)


async def export(unit: Unit[None], user_id: UserId, after: str) -> Exported:
    """One page of what is kept of a person."""
    return await page(unit, _SHELVES, user_id, after)


async def heard(unit: Unit[None], topic: Topic) -> Heard | None:
    """Up to where a topic was heard, if it ever was."""
    row = await unit.one(select(positions).where(positions.c.topic == topic))
    return None if row is None else Heard(row.epoch, row.stamp)


async def note_heard(unit: Unit[None], topic: Topic, until: Heard) -> None:
    """Never look at these events again."""
    new = insert(positions).values(topic=topic, epoch=until.epoch, stamp=until.stamp)
    latest = func.greatest(positions.c.stamp, new.excluded.stamp)
    await unit.run(
        new.on_conflict_do_update(
            index_elements=["topic"], set_={"epoch": new.excluded.epoch, "stamp": latest}
        )
    )


def _device(row: Row[Any]) -> Device:
    address = Address(Provider(row.provider), row.token, Platform(row.platform))
    return Device(DeviceId(row.id), UserId(row.user_id), row.login_id, address, row.seen)
