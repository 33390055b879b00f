"""From what is due to what was sent: notices become one push for each device, in its owner's words
and with the badge of that moment; a push is settled by what its provider answered.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from notification_service import store
from notification_service.domain import words
from notification_service.domain.deliveries import Delivery, Parcel
from notification_service.domain.devices import Device, Provider
from notification_service.domain.notices import Notice
from notification_service.domain.outcomes import Fate, Outcome, again_in
from notification_service.domain.people import Person
from notification_service.domain.pushes import Push, push_of
from notification_service.tools import Unit

AT_ONCE = 500
_TRIES = 200
"""More than a day has; what ends processes is not tried for ever."""
HOLD = timedelta(seconds=60)
"""How long a process may take to send what it claimed; then another one does."""


async def address(unit: Unit) -> int:
    """Make pushes of the notices that are due. How many notices."""
    due = await store.notices.claim(unit, AT_ONCE)
    if not due:
        return 0
    user_ids = {notice.user_id for notice in due}
    people = await store.people.of(unit, user_ids)
    devices = await store.devices.of_people(unit, user_ids)
    badges = await store.notices.badges(unit, user_ids)
    parcels: list[Parcel] = []
    for notice in due:
        person = people.get(notice.user_id)
        if person is not None and notice.expires > unit.now:
            push = _push(unit, notice, person, badges.get(notice.user_id, 0))
            parcels += [
                _parcel(notice, device, push)
                for device in devices.get(notice.user_id, ())
                if not (notice.is_web_only and device.address.platform.is_mobile)
            ]
    await store.deliveries.add(unit, parcels)
    return len(due)


async def claim(unit: Unit, provider: Provider, most: int) -> list[Delivery]:
    """Some that are due, for a while nobody else's. What came too late is dropped."""
    claimed = await store.deliveries.claim(unit, provider, most, HOLD)
    late = [each.id for each in claimed if each.expires <= unit.now or each.tries > _TRIES]
    if late:
        await store.deliveries.done(unit, late)
    return [each for each in claimed if each.id not in late]


async def settle(unit: Unit, sent: Sequence[tuple[Delivery, Outcome]]) -> None:
    """What became of them: those that are done are gone, dead devices with all that waits for
    them, and the others are tried again.
    """
    again = [
        (each.id, unit.now + again_in(each.tries, outcome, random.random))
        for each, outcome in sent
        if outcome.fate is Fate.LATER
    ]
    dead = sorted({each.device_id for each, outcome in sent if outcome.fate is Fate.GONE})
    done = [each.id for each, outcome in sent if outcome.fate in {Fate.SENT, Fate.REFUSED}]
    if done:
        await store.deliveries.done(unit, done)
    if dead:
        await store.devices.prune(unit, dead)
    if again:
        await store.deliveries.postpone(unit, again)


async def release(unit: Unit, held: Sequence[Delivery], due_in: float) -> None:
    """Not tried after all: its provider can not be asked now."""
    at = unit.now + timedelta(seconds=due_in)
    await store.deliveries.postpone(unit, [(each.id, at) for each in held])


async def waiting(unit: Unit) -> tuple[int, int]:
    """How many notices and how many pushes wait."""
    return await store.notices.waiting(unit), await store.deliveries.waiting(unit)


async def purge(unit: Unit, *, keep: timedelta) -> int:
    """Forget what was told long ago."""
    before = unit.now - keep
    gone = await store.notices.purge(unit, before, 1_000)
    return gone + await store.history.purge(unit, before, 1_000)


def _push(unit: Unit, notice: Notice, person: Person, badge: int) -> Push:
    said = words.compose(notice, person.locale, hides_content=person.hides_content)
    return push_of(
        notice,
        said,
        badge=badge,
        public_url=unit.tools.policy.public_url,
        hides_content=person.hides_content,
    )


def _parcel(notice: Notice, device: Device, push: Push) -> Parcel:
    return Parcel(
        device_id=device.id,
        user_id=notice.user_id,
        provider=device.address.provider,
        subject=notice.subject,
        about_id=notice.about_id,
        push=push,
        expires=notice.expires,
    )
