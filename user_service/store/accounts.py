"""Accounts and credentials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Row,
    any_,
    bindparam,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from contracts.ids import UserId
from user_service.domain import emails, names
from user_service.domain.accounts import Account, Credentials
from user_service.tables import (
    backup_codes,
    credentials,
    letters,
    places,
    proofs,
    users,
)
from user_service.tools import UserUnit

_ACCOUNT = select(
    users,
    credentials.c.email,
    credentials.c.is_verified,
    credentials.c.totp_secret.is_not(None).label("is_mfa_enabled"),
).select_from(users.outerjoin(credentials))
_THOSE = _ACCOUNT.where(users.c.id == any_(bindparam("asked", type_=ARRAY(BigInteger)))).limit(
    bindparam("most", type_=Integer)
)
_CREDENTIALS = select(
    credentials, users.c.username, users.c.locale, users.c.theme, users.c.disabled
).select_from(credentials.join(users))

_FACE = ("username", "global_name", "avatar", "banner", "accent_color", "bio", "pronouns")


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
    mine = _ACCOUNT.where(users.c.id == user_id)
    row = await unit.one(mine.with_for_update(of=users, key_share=True))
    return _account(row) if row is not None else None


async def lock_those(unit: UserUnit, user_ids: Sequence[int]) -> dict[int, Account]:
    """Those that exist, held against others; always in one order, so that nobody waits in a
    circle.
    """
    asked = _ACCOUNT.where(users.c.id.in_(list(user_ids))).order_by(users.c.id)
    rows = await unit.all(asked.with_for_update(of=users, key_share=True))
    return {row.id: _account(row) for row in rows}


async def by_username(unit: UserUnit, username_key: str) -> Account | None:
    """Whose name it is."""
    row = await unit.one(_ACCOUNT.where(users.c.username_key == username_key))
    return _account(row) if row is not None else None


async def those(unit: UserUnit, user_ids: Sequence[int]) -> list[Account]:
    """Those that exist; as many as were asked for at most."""
    asked = [int(user_id) for user_id in user_ids]
    return [_account(row) for row in await unit.all(_THOSE, asked=asked, most=len(asked))]


async def credentials_by_username(unit: UserUnit, username_key: str) -> Credentials | None:
    """For a login by name."""
    return _credentials(await unit.one(_CREDENTIALS.where(users.c.username_key == username_key)))


async def credentials_by_email(unit: UserUnit, email_key: str) -> Credentials | None:
    """For a login by address."""
    return _credentials(await unit.one(_CREDENTIALS.where(credentials.c.email_key == email_key)))


async def credentials_of(unit: UserUnit, user_id: int) -> Credentials | None:
    """Of one account; a bot has none."""
    return _credentials(await unit.one(_CREDENTIALS.where(credentials.c.user_id == user_id)))


async def lock_credentials(unit: UserUnit, user_id: int) -> Credentials | None:
    """The same, held against others until the end of the unit: the account before them, always, so
    that no two units wait for each other.
    """
    account = select(users.c.id).where(users.c.id == user_id)
    await unit.run(account.with_for_update(key_share=True))
    mine = _CREDENTIALS.where(credentials.c.user_id == user_id)
    return _credentials(await unit.one(mine.with_for_update(of=credentials)))


async def change_credentials(unit: UserUnit, user_id: int, **values: Any) -> None:
    """Set some of them."""
    await unit.run(update(credentials).where(credentials.c.user_id == user_id).values(values))


async def change_email(unit: UserUnit, user_id: int, email: str, *, is_verified: bool) -> bool:
    """Whether the address was free. If it was not, the unit is void."""
    values = {"email": email, "email_key": emails.key(email), "is_verified": is_verified}
    try:
        await change_credentials(unit, user_id, **values)
    except IntegrityError:
        return False
    return True


async def use_step(unit: UserUnit, user_id: int, step: int) -> bool:
    """Whether no code of this step or a later one was used before."""
    statement = update(credentials).where(
        credentials.c.user_id == user_id,
        credentials.c.totp_secret.is_not(None),
        credentials.c.totp_step < step,
    )
    return await unit.run(statement.values(totp_step=step)) == 1


async def set_backup_codes(unit: UserUnit, user_id: int, hashes: Sequence[bytes]) -> None:
    """These, and no older ones."""
    await unit.run(delete(backup_codes).where(backup_codes.c.user_id == user_id))
    if hashes:
        rows = [{"user_id": user_id, "code_hash": code_hash} for code_hash in hashes]
        await unit.run(insert(backup_codes).values(rows))


async def use_backup_code(unit: UserUnit, user_id: int, code_hash: bytes) -> bool:
    """Whether it was there; now it is not."""
    codes = backup_codes.c
    this = delete(backup_codes).where(codes.user_id == user_id, codes.code_hash == code_hash)
    return await unit.run(this) == 1


async def disable(unit: UserUnit, user_id: int, since: datetime | None) -> None:
    """Put an account to sleep, or, without a moment, wake it."""
    await unit.run(update(users).where(users.c.id == user_id).values(disabled=since))


async def erase(unit: UserUnit, user_id: int, global_name: str) -> None:
    """Leave the id and nothing of the person."""
    username = f"{names.DELETED}{user_id}"
    for table in (backup_codes, proofs, places, letters, credentials):
        await unit.run(delete(table).where(table.c.user_id == user_id))
    await unit.run(
        update(users)
        .where(users.c.id == user_id)
        .values(
            username=username,
            username_key=names.key(username),
            global_name=global_name,
            avatar=None,
            banner=None,
            accent_color=None,
            bio="",
            pronouns="",
            public_flags=0,
            disabled=None,
            deleted=unit.now,
        )
    )


async def rewrite(unit: UserUnit, account: Account) -> bool:
    """Keep another face; whether the name was free. If it was not, the unit is void."""
    face = {name: getattr(account, name) for name in _FACE}
    key = names.key(account.username)
    try:
        await unit.run(
            update(users).where(users.c.id == account.id).values(username_key=key, **face)
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
        is_mfa_enabled=bool(row.is_mfa_enabled),
        is_disabled=row.disabled is not None,
        is_deleted=row.deleted is not None,
        banner=row.banner,
        accent_color=row.accent_color,
        bio=row.bio,
        pronouns=row.pronouns,
    )


def _credentials(row: Row[Any] | None) -> Credentials | None:
    if row is None:
        return None
    return Credentials(
        user_id=UserId(row.user_id),
        username=row.username,
        email=row.email,
        is_verified=row.is_verified,
        password_hash=row.password_hash,
        locale=row.locale,
        theme=row.theme,
        is_disabled=row.disabled is not None,
        totp_secret=row.totp_secret,
        totp_step=row.totp_step or 0,
    )
