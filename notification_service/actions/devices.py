"""Devices: taken from whoever had them, bound to the login session that brings them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from chassis.logs import logger
from contracts.errors import Invalid, NotFound
from contracts.events.session import LoginEnded
from contracts.ids import UserId
from contracts.rpc.export import Exported
from notification_service import store
from notification_service.actions import people
from notification_service.domain.deliveries import Parcel
from notification_service.domain.devices import Address, Device, DeviceId, Provider
from notification_service.domain.people import Person
from notification_service.domain.pushes import TEST, Push
from notification_service.domain.words import greeting
from notification_service.tools import Unit

log = logger("devices")


async def register(unit: Unit, address: Address, reader: Person) -> Device:
    """Push to this address from now on, and to nobody else's account by it."""
    if address.provider is Provider.WEBPUSH and not unit.tools.policy.web_key():
        raise Invalid({"provider": ("BASE_TYPE_CHOICES", "Web Push is switched off here.")})
    await store.devices.release(unit, address)
    device = await store.devices.put(unit, address)
    await store.devices.keep_latest(unit, unit.actor.user_id, unit.tools.policy.devices_per_person)
    await people.watch(unit, reader)
    return device


async def mine(unit: Unit) -> list[Device]:
    """One's own, the latest seen first."""
    return await store.devices.of(unit, unit.actor.user_id, unit.tools.policy.devices_per_person)


async def remove(unit: Unit, device_id: DeviceId) -> None:
    """Push there no longer. Another person's device is as unknown as none."""
    if not await store.devices.remove(unit, unit.actor.user_id, device_id):
        raise NotFound


async def unregister(unit: Unit, provider: Provider, token: str) -> None:
    """The same by address; one that is unknown is gone already."""
    await store.devices.remove_address(unit, unit.actor.user_id, provider, token)


async def end_login(unit: Unit, ended: LoginEnded) -> None:
    """A login session is over: its devices hear nothing more."""
    gone = await store.devices.remove_of_login(unit, ended.user_id, ended.login_id)
    if gone:
        log.info("devices.removed", person=str(ended.user_id), devices=gone)


@dataclass(frozen=True, slots=True)
class Greeted:
    """How many devices a greeting is on its way to, and which it can not reach."""

    devices: int
    unserved: dict[str, int]


async def greet(unit: Unit, user_id: UserId) -> Greeted:
    """Push a greeting to every device of somebody, for the operator to see what arrives; tokens for
    calls take nothing else.
    """
    policy = unit.tools.policy
    found = await store.devices.of(unit, user_id, policy.devices_per_person)
    person = (await store.people.of(unit, [user_id])).get(int(user_id), Person(user_id))
    words = greeting(person.locale)
    push = Push(
        kind=TEST,
        tag=TEST,
        title=words.title,
        body=words.body,
        link=policy.public_url,
        is_urgent=True,
        data={"kind": TEST, "path": "/"},
    )
    expires = unit.now + policy.worth
    parcels = [
        Parcel(each.id, user_id, each.address.provider, TEST, 0, push, expires)
        for each in found
        if each.address.provider in policy.served - {Provider.APNS}
    ]
    await store.deliveries.add(unit, parcels)
    others = (each.address.provider for each in found)
    unserved = Counter(str(one) for one in others if one not in policy.served)
    return Greeted(len(parcels), dict(unserved))


async def export(unit: Unit, user_id: UserId, after: str) -> Exported:
    """One page of what is kept of a person."""
    return await store.exports.export(unit, user_id, after)
