"""Devices: each address once, in the hands of one person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import Row, case, delete, select
from sqlalchemy.dialects.postgresql import insert

from chassis.sql import among
from contracts.ids import UserId
from notification_service.domain.devices import (
    Address,
    Device,
    DeviceId,
    Platform,
    Provider,
    WebKeys,
    hash_of,
)
from notification_service.tables import devices
from notification_service.tools import Unit


async def put(unit: Unit, address: Address) -> Device:
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
        p256dh=address.keys.p256dh if address.keys else None,
        auth=address.keys.auth if address.keys else None,
        seen=unit.now,
    )
    taken = new.excluded
    is_same_person = devices.c.user_id == taken.user_id
    newer = {
        name: taken[name] for name in ("user_id", "login_id", "platform", "p256dh", "auth", "seen")
    }
    statement = new.on_conflict_do_update(
        constraint="devices_address",
        # The former holder's id must lead nowhere.
        set_={"id": case((is_same_person, devices.c.id), else_=taken.id), **newer},
    ).returning(devices)
    row = await unit.one(statement)
    assert row is not None
    return _device(row)


async def release(unit: Unit, address: Address) -> None:
    """What was on its way to a former holder of this address must not reach the new one."""
    others = (
        devices.c.provider == address.provider.value,
        devices.c.token_hash == address.token_hash,
        devices.c.user_id != unit.actor.user_id,
    )
    await unit.run(delete(devices).where(*others))


async def keep_latest(unit: Unit, user_id: UserId, most: int) -> None:
    """Forget a person's longest unseen devices above so many."""
    latest = (
        select(devices.c.id)
        .where(devices.c.user_id == user_id)
        .order_by(devices.c.seen.desc(), devices.c.id.desc())
        .limit(most)
    )
    await unit.run(delete(devices).where(devices.c.user_id == user_id, devices.c.id.not_in(latest)))


async def of(unit: Unit, user_id: UserId, most: int) -> list[Device]:
    """A person's devices, the latest seen first."""
    statement = (
        select(devices)
        .where(devices.c.user_id == user_id)
        .order_by(devices.c.seen.desc(), devices.c.id.desc())
        .limit(most)
    )
    return [_device(row) for row in await unit.all(statement)]


async def of_people(unit: Unit, user_ids: Collection[int]) -> dict[int, list[Device]]:
    """The devices of all these people."""
    found: defaultdict[int, list[Device]] = defaultdict(list)
    for row in await unit.all(select(devices).where(among(devices.c.user_id, user_ids))):
        found[row.user_id].append(_device(row))
    return found


async def remove(unit: Unit, user_id: UserId, device_id: DeviceId) -> bool:
    """Forget one. Whether this person had it."""
    own = (devices.c.id == device_id, devices.c.user_id == user_id)
    return await unit.run(delete(devices).where(*own)) > 0


async def remove_address(unit: Unit, user_id: UserId, provider: Provider, token: str) -> bool:
    """Forget one by its address. Whether this person had it."""
    own = (
        devices.c.provider == provider.value,
        devices.c.token_hash == hash_of(token),
        devices.c.user_id == user_id,
    )
    return await unit.run(delete(devices).where(*own)) > 0


async def remove_of_login(unit: Unit, user_id: UserId, login_id: int | None) -> int:
    """Forget those registered by a login session or, without one, by all of a person's."""
    gone = delete(devices).where(devices.c.user_id == user_id)
    if login_id is not None:
        gone = gone.where(devices.c.login_id == login_id)
    return await unit.run(gone)


async def prune(unit: Unit, device_ids: Collection[int]) -> None:
    """Their providers know them no longer."""
    await unit.run(delete(devices).where(among(devices.c.id, device_ids)))


def _device(row: Row[Any]) -> Device:
    keys = WebKeys(row.p256dh, row.auth) if row.p256dh is not None else None
    address = Address(Provider(row.provider), row.token, Platform(row.platform), keys)
    return Device(DeviceId(row.id), UserId(row.user_id), row.login_id, address, row.seen)
