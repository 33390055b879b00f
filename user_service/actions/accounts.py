"""Accounts: made by registering, changed by their owner, seen by everybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from contracts.errors import ErrorCode, Invalid, NotFound, Unauthorized
from contracts.ids import UserId
from user_service import store
from user_service.domain import names
from user_service.domain.accounts import Account, Newcomer
from user_service.tools import UserUnit

MOST_AT_ONCE = 1_500
"""Accounts that one call may ask for: their faces fit one reply."""

DELETED = "Deleted User"
"""As others see whoever is gone."""

_CANDIDATES = 12


async def register(unit: UserUnit, newcomer: Newcomer, password_hash: str) -> Account:
    """A new person. Names and addresses are unique whoever comes at the same time."""
    account = await add(
        unit,
        Account(
            id=UserId(unit.new_id()),
            username=newcomer.username or "",
            global_name=newcomer.global_name,
            avatar=None,
            is_bot=False,
            email=newcomer.email,
            locale=newcomer.locale,
        ),
        newcomer.usernames(unit.tools.roll),
    )
    if not await store.accounts.add_credentials(unit, account, password_hash):
        raise address_is_taken()
    return account


async def add(unit: UserUnit, account: Account, usernames: Iterable[str]) -> Account:
    """Keep an account under the first of these usernames that is free."""
    for username in islice(usernames, _CANDIDATES):
        named = account.named(username=username, global_name=account.global_name)
        if await store.accounts.add(unit, named):
            return named
    raise name_is_taken()


async def me(unit: UserUnit) -> Account:
    """The account of whoever asks."""
    account = await store.accounts.get(unit, unit.actor.user_id)
    if account is None:
        raise Unauthorized(ErrorCode.TOKEN_DEAD)
    return account


async def free_name(unit: UserUnit, account: Account) -> None:
    """Give the name of a deleted account to whoever wants it next."""
    username = f"{names.DELETED}{account.id}"
    await store.accounts.rewrite(unit, account.named(username=username, global_name=None))


async def get(unit: UserUnit, user_id: UserId) -> Account:
    """Anybody's account."""
    account = await store.accounts.get(unit, user_id)
    if account is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    return account


async def those(unit: UserUnit, user_ids: Sequence[UserId]) -> list[Account]:
    """Those of them that exist."""
    wanted = tuple(dict.fromkeys(user_ids))
    if len(wanted) > MOST_AT_ONCE:
        text = f"Must be {MOST_AT_ONCE} or fewer in length."
        raise Invalid({"user_ids": ("BASE_TYPE_MAX_LENGTH", text)})
    return await store.accounts.those(unit, wanted) if wanted else []


def address_is_taken() -> Invalid:
    """Only said to somebody who is about to use it themselves."""
    return Invalid({"email": ("EMAIL_ALREADY_REGISTERED", "Email is already registered.")})


def name_is_taken() -> Invalid:
    """Somebody else has it."""
    text = "This username is taken. Try adding letters or digits."
    return Invalid({"username": ("USERNAME_ALREADY_TAKEN", text)})
