"""From what is due to what was sent: notices become one push for each device, in its owner's words
and with the badge of that moment; a push is settled by what its provider answered.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from notification_service import store
from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Provider
from notification_service.domain.outcomes import Fate, Outcome, again_in
from notification_service.domain.pushes import push_from
from notification_service.tools import Unit

AT_ONCE = 1_000
_TRIES = 200
"""More than a day has; what ends processes is not tried for ever."""
HOLD = timedelta(seconds=60)
"""How long a process may take to send what it claimed; then another one does."""


async def due(unit: Unit) -> tuple[bool, bool]:
    """Whether notices are, and whether pushes are."""
    return await store.deliveries.due(unit, unit.tools.policy.served)


async def address(unit: Unit) -> int:
    """Queue pushes of the notices that are due. How many notices."""
    return await store.notices.address(unit, AT_ONCE, unit.tools.policy.served)


async def claim(unit: Unit, provider: Provider, most: int, *, again: bool) -> list[Delivery]:
    """Some that are due, for the first time or (`again`) once more; for a while nobody else's. What
    came too late is dropped.
    """
    written = partial(push_from, public_url=unit.tools.policy.public_url)
    claimed = await store.deliveries.claim(unit, provider, most, HOLD, again=again, written=written)
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
    """Not tried after all: its provider can not be asked now. It counts as no try, or whatever
    waits for a provider would be tried ever more seldom while nobody tries it.
    """
    at = unit.now + timedelta(seconds=due_in)
    await store.deliveries.release(unit, [each.id for each in held], at)


async def waiting(unit: Unit) -> tuple[int, int]:
    """How many notices and how many pushes wait."""
    return await store.notices.waiting(unit), await store.deliveries.waiting(unit)


async def purge(unit: Unit, *, keep: timedelta) -> int:
    """Forget what was told long ago."""
    before = unit.now - keep
    gone = await store.notices.purge(unit, before, 1_000)
    gone += await store.deliveries.purge(unit, unit.now, 1_000)
    return gone + await store.history.purge(unit, before, 1_000)
