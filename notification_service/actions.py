"""What can be done with devices, and what events do to them."""

from __future__ import annotations

from chassis.db import Unit
from chassis.logs import logger
from contracts.errors import NotFound
from contracts.events.session import LoginEnded
from contracts.ids import UserId
from contracts.rpc.export import Exported
from contracts.topics import Topic
from notification_service import store
from notification_service.domain import Address, Device, DeviceId, Heard

log = logger("devices")


async def register(unit: Unit[None], address: Address, *, most: int) -> Device:
    """Push to this address from now on, and to nobody else's account by it."""
    device = await store.put(unit, address)
    await store.keep_latest(unit, unit.actor.user_id, most)
    return device


async def devices(unit: Unit[None], *, most: int) -> list[Device]:
    """One's own, the latest seen first."""
    return await store.of(unit, unit.actor.user_id, most)


async def remove(unit: Unit[None], device_id: DeviceId) -> None:
    """Push there no longer. Another person's device is as unknown as none."""
    if not await store.remove(unit, unit.actor.user_id, device_id):
        raise NotFound


async def export(unit: Unit[None], user_id: UserId, after: str) -> Exported:
    """One page of what is kept of a person."""
    return await store.export(unit, user_id, after)


async def heard(unit: Unit[None], topic: Topic) -> Heard | None:
    """Up to where a topic has had its effect."""
    return await store.heard(unit, topic)


async def begin_hearing(unit: Unit[None], topic: Topic, since: Heard) -> None:
    """What came before does not concern this service."""
    await store.note_heard(unit, topic, since)


async def end_login(unit: Unit[None], ended: LoginEnded, at: Heard) -> None:
    """A login session is over: its devices hear nothing more."""
    gone = await store.remove_of_login(unit, ended.user_id, ended.login_id)
    await store.note_heard(unit, ended.address(), at)
    if gone:
        log.info("devices.removed", person=str(ended.user_id), devices=gone)
