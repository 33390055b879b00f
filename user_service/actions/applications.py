"""Applications and their bots: made, shown, changed and removed by their owner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from contracts import limits
from contracts.errors import Conflict, ErrorCode, Forbidden, NotFound
from contracts.ids import ApplicationId, UserId
from user_service import store
from user_service.actions import accounts, logins
from user_service.domain import applications, names
from user_service.domain.accounts import Account
from user_service.domain.applications import Application, Owned
from user_service.domain.logins import NewToken
from user_service.tools import UserUnit


async def access_application(unit: UserUnit, application_id: ApplicationId) -> Application:
    """An application of whoever asks, to be shown; another's is as unknown as none."""
    return _own(unit, await store.applications.get(unit, application_id))


async def access_for_change(unit: UserUnit, application_id: ApplicationId) -> Application:
    """The same, held against others until the end of the unit."""
    return _own(unit, await store.applications.lock(unit, application_id))


async def create(unit: UserUnit, name: str) -> Owned:
    """A new one, without a bot yet."""
    owner = await store.accounts.lock(unit, unit.actor.user_id)
    if owner is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    if await store.applications.count(unit, owner.id) >= limits.APPLICATIONS_PER_USER:
        raise Conflict(ErrorCode.MAX_APPLICATIONS)
    application = Application(
        id=ApplicationId(unit.new_id()),
        owner_id=owner.id,
        name=name,
        description="",
        verify_key=applications.verify_key(unit.tools.dice),
        flags=applications.TURNED,
    )
    await store.applications.add(unit, application)
    return Owned(application, owner, None)


async def mine(unit: UserUnit) -> list[Owned]:
    """Those of whoever asks."""
    found = await store.applications.of(unit, unit.actor.user_id, limits.APPLICATIONS_PER_USER)
    return await _with_people(unit, found)


async def get(unit: UserUnit, application_id: ApplicationId) -> Owned:
    """One's own."""
    return await _whole(unit, await access_application(unit, application_id))


async def of_bot(unit: UserUnit) -> Owned:
    """The application of the bot that asks."""
    if not unit.actor.is_bot:
        raise Forbidden(ErrorCode.ONLY_BOTS)
    found = await find(unit, ApplicationId(unit.actor.user_id))
    if found is None:
        raise NotFound(ErrorCode.UNKNOWN_APPLICATION)
    return found


async def find(unit: UserUnit, application_id: ApplicationId) -> Owned | None:
    """Anybody's, for neighbours."""
    application = await store.applications.get(unit, application_id)
    return await _whole(unit, application) if application is not None else None


async def self_of(unit: UserUnit, user_id: UserId) -> tuple[Account, Owned | None]:
    """An account; a bot's with its application."""
    account = await accounts.get(unit, user_id)
    return account, await find(unit, ApplicationId(user_id)) if account.is_bot else None


async def of_bots(unit: UserUnit, people: Sequence[Account]) -> dict[int, Owned]:
    """The applications of those among these who are bots."""
    bots = [ApplicationId(account.id) for account in people if account.is_bot]
    if not bots:
        return {}
    found = await store.applications.those(unit, bots)
    return {owned.application.bot_id: owned for owned in await _with_people(unit, found)}


async def change(
    unit: UserUnit, application_id: ApplicationId, changes: Mapping[str, Any]
) -> Owned:
    """Change one's own."""
    return await _change(unit, await access_for_change(unit, application_id), changes)


async def change_as_bot(unit: UserUnit, changes: Mapping[str, Any]) -> Owned:
    """Change the application of the bot that asks."""
    application = (await of_bot(unit)).application
    held = await store.applications.lock(unit, application.id)
    if held is None:
        raise NotFound(ErrorCode.UNKNOWN_APPLICATION)
    return await _change(unit, held, changes)


async def _change(unit: UserUnit, before: Application, changes: Mapping[str, Any]) -> Owned:
    if "flags" in changes:
        changes = {**changes, "flags": applications.turned(before.flags, changes["flags"])}
    if changes:
        await store.applications.change(unit, before.id, changes)
    return await _whole(unit, replace(before, **changes))


async def remove(unit: UserUnit, application_id: ApplicationId) -> None:
    """Its bot falls silent and nameless, and leaves; what the bot said stays."""
    application = await access_for_change(unit, application_id)
    await logins.end_all(unit, application.bot_id)
    bot = await store.accounts.get(unit, application.bot_id)
    if bot is not None:
        await accounts.free_name(unit, bot)
        await store.farewells.begin(unit, bot.id)
    await store.applications.remove(unit, application.id)


async def add_bot(unit: UserUnit, application_id: ApplicationId) -> NewToken:
    """Its bot, with the first token."""
    application = await access_for_change(unit, application_id)
    if await store.accounts.get(unit, application.bot_id) is not None:
        raise Conflict(message="This application has a bot already. Reset its token instead.")
    bot = Account(application.bot_id, "", None, None, is_bot=True)
    await accounts.add(unit, bot, names.candidates(application.name, unit.tools.roll))
    return await logins.begin_bots(unit, application.bot_id)


async def reset_bot(unit: UserUnit, application_id: ApplicationId) -> NewToken:
    """A new token for its bot; the old one dies at once."""
    application = await access_for_change(unit, application_id)
    if await store.accounts.get(unit, application.bot_id) is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    return await logins.begin_bots(unit, application.bot_id)


def _own(unit: UserUnit, application: Application | None) -> Application:
    if application is None or application.owner_id != unit.actor.user_id:
        raise NotFound(ErrorCode.UNKNOWN_APPLICATION)
    return application


async def _whole(unit: UserUnit, application: Application) -> Owned:
    (owned,) = await _with_people(unit, [application])
    return owned


async def _with_people(unit: UserUnit, found: list[Application]) -> list[Owned]:
    wanted: dict[UserId, None] = {}
    for application in found:
        wanted |= {application.owner_id: None, application.bot_id: None}
    people = {account.id: account for account in await store.accounts.those(unit, tuple(wanted))}
    return [
        Owned(application, people[application.owner_id], people.get(application.bot_id))
        for application in found
    ]
