"""Accounts and credentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, any_, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from contracts.ids import UserId
from user_service.domain import emails, names
from user_service.domain.accounts import Account, Credentials
from user_service.tables import credentials, users
from user_service.tools import UserUnit

_ACCOUNT = select(users, credentials.c.email, credentials.c.is_verified).select_from(
    users.outerjoin(credentials)
)
_CREDENTIALS = select(
    credentials.c.user_id, credentials.c.password_hash, users.c.locale, users.c.theme
).select_from(credentials.join(users))


async def add(unit: UserUnit, account: Account) -> bool:
    """Whether the name was free; waits for whoever is taking it at this moment."""
    row = {
        "id": account.id,
        "username": account.username,
        "username_key": names.key(account.username),
        "global_name": account.global_name,
        "avatar": account.avatar,
        "is_bot": account.is_bot,
        "public_flags": account.public_flags,
        "locale": account.locale,
        "theme": account.theme,
    }
    statement = insert(users).values(row).on_conflict_do_nothing(index_elements=["username_key"])
    return await unit.run(statement) == 1


async def add_credentials(unit: UserUnit, account: Account, password_hash: str) -> bool:
    """Whether the address was free."""
    row = {
        "user_id": account.id,
        "email": account.email,
        "email_key": emails.key(account.email) if account.email is not None else None,
        "is_verified": account.is_verified,
        "password_hash": password_hash,
    }
    statement = insert(credentials).values(row).on_conflict_do_nothing(index_elements=["email_key"])
    return await unit.run(statement) == 1


async def get(unit: UserUnit, user_id: int) -> Account | None:
    """One account."""
    row = await unit.one(_ACCOUNT.where(users.c.id == user_id))
    return _account(row) if row is not None else None


async def lock(unit: UserUnit, user_id: int) -> Account | None:
    """One account, held against others until the end of the unit."""
    row = await unit.one(_ACCOUNT.where(users.c.id == user_id).with_for_update(of=users))
    return _account(row) if row is not None else None


async def those(unit: UserUnit, user_ids: Sequence[int]) -> list[Account]:
    """Those that exist; as many as were asked for at most."""
    asked = literal([int(user_id) for user_id in user_ids], ARRAY(BigInteger))
    rows = await unit.all(_ACCOUNT.where(users.c.id == any_(asked)).limit(len(user_ids)))
    return [_account(row) for row in rows]


async def credentials_by_username(unit: UserUnit, username_key: str) -> Credentials | None:
    """For a login by name."""
    return _credentials(await unit.one(_CREDENTIALS.where(users.c.username_key == username_key)))


async def credentials_by_email(unit: UserUnit, email_key: str) -> Credentials | None:
    """For a login by address."""
    return _credentials(await unit.one(_CREDENTIALS.where(credentials.c.email_key == email_key)))


async def rename(unit: UserUnit, user_id: int, *, username: str, global_name: str | None) -> bool:
    """Whether the name was free. If it was not, the unit is void."""
    try:
        await unit.run(
            update(users)
            .where(users.c.id == user_id)
            .values(username=username, username_key=names.key(username), global_name=global_name)
        )
    except IntegrityError:
        return False
    return True


def _account(row: Row[Any]) -> Account:
    return Account(
        id=UserId(row.id),
        username=row.username,
        global_name=row.global_name,
        avatar=row.avatar,
        is_bot=row.is_bot,
        email=row.email,
        is_verified=bool(row.is_verified),
        locale=row.locale,
        theme=row.theme,
        public_flags=row.public_flags,
    )


def _credentials(row: Row[Any] | None) -> Credentials | None:
    if row is None:
        return None
    return Credentials(UserId(row.user_id), row.password_hash, row.locale, row.theme)
