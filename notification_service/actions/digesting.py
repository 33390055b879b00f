"""Digests: claimed for a person before they are written, so that nobody gets one twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from contracts.ids import UserId
from contracts.rpc.users import GetReaders, Reader
from notification_service import store
from notification_service.actions import people
from notification_service.domain import digests
from notification_service.domain.digests import Line
from notification_service.domain.people import Person
from notification_service.tools import Tools, Unit

AT_ONCE = 20
_AGAIN_AFTER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Digest:
    """One, about to be written."""

    user_id: UserId
    lines: Sequence[Line]


async def claim(unit: Unit) -> list[Digest]:
    """Those who have been away for long enough, with what waits for them."""
    since = unit.now - unit.tools.policy.digest_after
    away = await store.people.claim_away(
        unit, since=since, again=unit.now - _AGAIN_AFTER, limit=AT_ONCE
    )
    return [await _digest(unit, person) for person in away]


async def readers(tools: Tools, some: Sequence[Digest]) -> dict[int, Reader]:
    """Where letters reach them: of those who have confirmed an address."""
    asked = GetReaders(user_ids=tuple(each.user_id for each in some))
    found = (await tools.calls.ask(asked)).readers
    return {int(one.user_id): one for one in found if one.email is not None}


async def unclaim(unit: Unit, user_id: UserId) -> None:
    """It could not be posted: again at the next turn."""
    await store.people.change(unit, user_id, digested=None)


async def end(unit: Unit, text: str) -> bool:
    """End the digests that a link is for. Whether the link is good."""
    user_id = digests.redeem(text, unit.tools.signer)
    if user_id is None:
        return False
    await people.no_digest(unit, UserId(user_id))
    return True


def end_url(tools: Tools, user_id: int) -> str:
    """Where one click ends them."""
    ticket = digests.ticket(user_id, tools.signer)
    return f"{tools.policy.public_url}/api/v10/notifications/unsubscribe/{ticket}"


async def _digest(unit: Unit, person: Person) -> Digest:
    found = await store.notices.unread(unit, person.user_id, digests.LINES)
    return Digest(person.user_id, digests.lines(found))
