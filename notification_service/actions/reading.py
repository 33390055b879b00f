"""What was read is pushed no more, and taken back where it is shown; what is no more, as well."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from notification_service import store
from notification_service.domain.deliveries import Parcel
from notification_service.domain.devices import Device, Provider
from notification_service.domain.pushes import withdrawal
from notification_service.tools import Unit

_WITHDRAWN_WITHIN = timedelta(hours=1)
_GRAIN = timedelta(minutes=10)
"""How exactly it is known when somebody was active."""

Mark = tuple[int, str, int]
"""Who has read which subject, and how far."""


def folded(marks: Sequence[Mark]) -> list[Mark]:
    """One mark for each person and subject, in one order."""
    found: dict[tuple[int, str], int] = {}
    for user_id, subject, until in marks:
        key = (user_id, subject)
        found[key] = max(until, found.get(key, 0))
    return [(user_id, subject, until) for (user_id, subject), until in sorted(found.items())]


async def read(unit: Unit, marks: Sequence[Mark], *, is_active: bool = True) -> None:
    """These people have read so far; `is_active`: just now."""
    unread = await store.notices.read(unit, marks)
    if is_active:
        await store.people.note_active(unit, [user_id for user_id, _, _ in marks], _GRAIN)
    if not unread:
        return
    await store.deliveries.recall(unit, marks)
    await store.history.mark_subjects_read(unit, marks)
    shown = {(int(one), subject): about for one, subject, about, told in unread if told}
    people = {user_id for user_id, _ in shown}
    if not people:
        return
    badges = await store.notices.badges(unit, people)
    devices = await store.devices.of_people(unit, people)
    expires = unit.now + _WITHDRAWN_WITHIN
    parcels = [
        Parcel(
            device_id=device.id,
            user_id=user_id,
            provider=device.address.provider,
            subject=subject,
            about_id=about,
            push=withdrawal(subject, badges.get(user_id, 0)),
            expires=expires,
        )
        for (user_id, subject), about in shown.items()
        for device in devices.get(user_id, ())
        if _can_take_back(device)
    ]
    await store.deliveries.add(unit, parcels)


async def unsay(unit: Unit, subject: str, about_ids: Collection[int]) -> None:
    """These are no more: nobody is told of them."""
    await store.notices.unsay(unit, subject, about_ids)
    await store.history.unsay(unit, subject, about_ids)


def _can_take_back(device: Device) -> bool:
    """A browser must show something for whatever is pushed to it, so only apps can be told."""
    return device.address.provider is Provider.FCM and device.address.platform.is_mobile
