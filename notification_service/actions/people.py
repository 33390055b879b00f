"""People who are watched: from their first device on, or as soon as they wish for digests or look
at their history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.errors import Unavailable
from contracts.events.notification import PersonWatched
from contracts.ids import UserId
from contracts.rpc.users import GetReaders
from notification_service import store
from notification_service.domain.people import Person
from notification_service.tools import Tools, Unit

PAGE = 1_000


async def reader(tools: Tools, user_id: UserId) -> Person:
    """Somebody as user_service knows them now."""
    found = await tools.calls.ask(GetReaders(user_ids=(user_id,)))
    for one in found.readers:
        return Person(user_id, locale=one.locale, is_dnd=one.is_dnd)
    # Vouched for by the edge a moment ago: the account is just being put to sleep.
    raise Unavailable


async def watch(unit: Unit, person: Person) -> None:
    """Hear everything of this person from now on, in every process."""
    is_new = await store.people.add(
        unit, person.user_id, locale=person.locale, is_dnd=person.is_dnd
    )
    if is_new:
        unit.emit(PersonWatched(user_id=person.user_id))


async def every(unit: Unit, after: int) -> list[Person]:
    """A page of everybody."""
    return await store.people.every(unit, after, PAGE)


async def those(unit: Unit, user_ids: Sequence[int]) -> list[Person]:
    """Those of these who are watched."""
    return list((await store.people.of(unit, user_ids)).values())


async def own(unit: Unit) -> Person:
    """How one wishes to be told; whoever was never watched has the defaults."""
    mine = unit.actor.user_id
    return (await store.people.of(unit, [mine])).get(int(mine), Person(mine))


async def wish(
    unit: Unit, known: Person, *, hides_content: bool | None, wants_digest: bool | None
) -> Person:
    """Wish otherwise; None leaves it."""
    await watch(unit, known)
    given = {"hides_content": hides_content, "wants_digest": wants_digest}
    await _change(unit, known.user_id, given)
    return await own(unit)


async def is_set(unit: Unit, user_id: UserId, *, locale: str | None, is_dnd: bool | None) -> None:
    """They changed something in their settings that concerns words or quiet."""
    await _change(unit, user_id, {"locale": locale, "is_dnd": is_dnd})


async def no_digest(unit: Unit, user_id: UserId) -> None:
    """Write them no more."""
    await store.people.change(unit, user_id, wants_digest=False)


async def forget(unit: Unit, user_id: UserId) -> None:
    """The account is gone, and everything that is kept of it."""
    await store.people.forget(unit, user_id)


async def _change(unit: Unit, user_id: UserId, given: Mapping[str, object]) -> None:
    values = {name: value for name, value in given.items() if value is not None}
    if values:
        await store.people.change(unit, user_id, **values)
