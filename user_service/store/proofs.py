"""Proofs and registration codes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, update
from sqlalchemy.dialects.postgresql import insert

from contracts.ids import UserId
from user_service.domain.proofs import Proof, Purpose
from user_service.tables import proofs, registration_codes
from user_service.tools import UserUnit


async def add(unit: UserUnit, proof: Proof) -> None:
    """Keep a new one."""
    row = {
        "id": proof.id,
        "user_id": proof.user_id,
        "purpose": proof.purpose.value,
        "secret_hash": proof.secret_hash,
        "address": proof.address,
        "tries": proof.tries,
        "expires": proof.expires,
    }
    await unit.run(insert(proofs).values(row))


async def try_one(unit: UserUnit, proof_id: int, purpose: Purpose) -> Proof | None:
    """One of them, held against others until the end of the unit; the try is counted."""
    statement = (
        update(proofs)
        .where(proofs.c.id == proof_id, proofs.c.purpose == purpose.value)
        .values(tries=proofs.c.tries + 1)
        .returning(proofs)
    )
    row = await unit.one(statement)
    return _proof(row) if row is not None else None


async def remove(unit: UserUnit, proof_id: int) -> None:
    """It has done its work."""
    await unit.run(delete(proofs).where(proofs.c.id == proof_id))


async def remove_of(unit: UserUnit, user_id: int, *purposes: Purpose) -> None:
    """Those of one person, for these purposes or all."""
    statement = delete(proofs).where(proofs.c.user_id == user_id)
    if purposes:
        statement = statement.where(proofs.c.purpose.in_([one.value for one in purposes]))
    await unit.run(statement)


async def add_code(
    unit: UserUnit, code_id: int, secret_hash: bytes, *, uses: int, expires: Any
) -> None:
    """Keep a registration code."""
    row = {"id": code_id, "secret_hash": secret_hash, "uses_left": uses, "expires": expires}
    await unit.run(insert(registration_codes).values(row))


async def use_code(unit: UserUnit, code_id: int, secret_hash: bytes) -> bool:
    """Whether it let one more in; waits for whoever is using it at this moment."""
    codes = registration_codes.c
    statement = update(registration_codes).where(
        codes.id == code_id,
        codes.secret_hash == secret_hash,
        codes.uses_left > 0,
        codes.expires > unit.now,
    )
    return await unit.run(statement.values(uses_left=codes.uses_left - 1)) == 1


def _proof(row: Row[Any]) -> Proof:
    return Proof(
        id=row.id,
        user_id=UserId(row.user_id),
        purpose=Purpose(row.purpose),
        secret_hash=row.secret_hash,
        address=row.address,
        expires=row.expires,
        tries=row.tries,
    )
