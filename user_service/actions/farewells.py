"""Accounts put to sleep and deleted. What a deleted person wrote stays, by "Deleted User", unless
they want it to go as well.
"""

from __future__ import annotations

from datetime import timedelta

from contracts import limits
from contracts.errors import Conflict, ErrorCode
from contracts.events.user import UserDeleted
from contracts.ids import UserId
from contracts.rpc import chat
from contracts.rpc.community import ForgetPerson, OwnsGuilds
from user_service import store
from user_service.actions import (
    accounts,
    applications,
    harvests,
    logins,
    profiles,
    relationships,
)
from user_service.actions.accounts import me
from user_service.store.farewells import Departed
from user_service.tools import Tools, UserUnit

HOLD = timedelta(seconds=30)
"""How long a process may take to make neighbours forget somebody; then it is tried again."""


async def disable(unit: UserUnit) -> None:
    """Every session ends; the next login wakes the account."""
    await store.accounts.disable(unit, unit.actor.user_id, unit.now)
    await logins.end_all(unit, unit.actor.user_id)


async def may_delete(tools: Tools, user_id: UserId) -> None:
    """Nobody leaves a community without an owner. Unavailable if that can not be known now."""
    owned = await tools.calls.ask(OwnsGuilds(user_id=user_id))
    if owned.count:
        raise Conflict(ErrorCode.OWNS_GUILDS)


async def delete(unit: UserUnit, *, with_messages: bool) -> None:
    """Forget everything but the id, under which others may still have to show something."""
    await store.accounts.lock(unit, unit.actor.user_id)
    account = await me(unit)
    await logins.end_all(unit, account.id)
    owned = await store.applications.of(unit, account.id, limits.APPLICATIONS_PER_USER)
    for application in owned:
        await applications.remove(unit, application.id)
    await harvests.expire(unit, account.id)
    await relationships.forget(unit, account)
    await store.settings.forget(unit, account.id)
    await store.stream_keys.remove_all(unit, account.id)
    await store.accounts.erase(unit, account.id, accounts.DELETED)
    await store.farewells.begin(unit, account.id, with_messages=with_messages)
    gone = await accounts.get(unit, account.id)
    await profiles.tell(unit, account, gone)
    unit.emit(UserDeleted(user_id=account.id))


async def departed(unit: UserUnit, limit: int) -> list[Departed]:
    """Whom neighbours may still have to forget; kept from other processes for a while."""
    return await store.farewells.claim(unit, limit, HOLD)


async def forget(tools: Tools, gone: Departed) -> None:
    """Make neighbours forget somebody; Unavailable when one of them is away."""
    while not (await tools.calls.ask(ForgetPerson(user_id=gone.user_id))).is_done:
        pass
    await tools.calls.ask(chat.ForgetPerson(user_id=gone.user_id, with_messages=gone.with_messages))


async def settle(unit: UserUnit, user_id: UserId) -> None:
    """Everybody has forgotten them."""
    await store.farewells.end(unit, user_id)
