"""Counting tries at passwords and codes, before any of them is looked at."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.errors import TooMany
from contracts.ids import UserId
from user_service import store
from user_service.domain import throttle
from user_service.domain.accounts import Credentials
from user_service.domain.throttle import Limit
from user_service.tools import UserUnit


async def count_login(
    unit: UserUnit, login_key: str, known: Credentials | None, address: str
) -> list[Limit]:
    """One try at a login from somewhere, known account or not."""
    place = throttle.place_of(address)
    user_id = known.user_id if known is not None else 0
    is_known = await store.throttles.knows(unit, throttle.known_place(user_id, place))
    return await count(unit, throttle.of_logins(login_key, place, is_known=is_known))


async def count_code(unit: UserUnit, user_id: UserId, address: str) -> list[Limit]:
    """One try at a second factor."""
    place = throttle.place_of(address)
    is_known = await store.throttles.knows(unit, throttle.known_place(user_id, place))
    return await count(unit, throttle.of_codes(user_id, place, is_known=is_known))


async def count(unit: UserUnit, limits: Sequence[Limit]) -> list[Limit]:
    """One try for each of these limits; TooMany when one of them is used up."""
    full = await store.throttles.take_all(unit, limits)
    if full is not None:
        raise TooMany(full.step.total_seconds())
    return list(limits)


async def succeed(unit: UserUnit, limits: Sequence[Limit]) -> None:
    """It was right: a success costs nothing."""
    for limit in limits:
        await store.throttles.give_back(unit, limit)


async def know_place(unit: UserUnit, user_id: UserId, address: str) -> None:
    """Somebody logged in here: strangers who guess elsewhere do not keep them out from now on."""
    place = throttle.known_place(user_id, throttle.place_of(address))
    await store.throttles.know(unit, user_id, place)
