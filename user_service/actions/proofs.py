"""Proofs, begun and redeemed; registration codes."""

from __future__ import annotations

from datetime import timedelta

from contracts.errors import Invalid
from contracts.ids import UserId
from user_service import store
from user_service.domain import proofs
from user_service.domain.proofs import LIVES, Proof, Purpose, Secret
from user_service.tools import UserUnit


async def begin(
    unit: UserUnit,
    user_id: UserId,
    purpose: Purpose,
    *,
    address: str = "",
    proof_id: int | None = None,
) -> Secret:
    """A new proof and its secret, which is known only here. One with an id takes its place."""
    number = proof_id if proof_id is not None else unit.new_id()
    secret = proofs.make(number, unit.tools.dice)
    if proof_id is not None:
        await store.proofs.remove(unit, proof_id)
    expires = unit.now + LIVES[purpose]
    await store.proofs.add(
        unit, Proof(number, user_id, purpose, secret.fingerprint, address, expires)
    )
    return secret


async def shown(unit: UserUnit, text: str, *purposes: Purpose) -> Proof | None:
    """The living proof whose secret this is. Nobody else can use it until the unit ends; whether it
    is used up is the caller's to say.
    """
    read = proofs.read(text)
    if read is None:
        return None
    for purpose in purposes:
        proof = await store.proofs.try_one(unit, read[0], purpose)
        if proof is not None:
            return proof if proof.is_shown_by(read[1], unit.now) else None
    return None


async def redeem(unit: UserUnit, text: str, *purposes: Purpose) -> Proof:
    """Use up a proof, and with it every other one of the same purpose."""
    proof = await shown(unit, text, *purposes)
    if proof is None:
        raise Invalid({"token": ("TOKEN_INVALID", "This link was used, has expired, or is wrong.")})
    await store.proofs.remove_of(unit, proof.user_id, proof.purpose)
    return proof


async def make_code(unit: UserUnit, *, uses: int, hours: int) -> Secret:
    """A code with which so many people may register."""
    number = unit.new_id()
    secret = proofs.make(number, unit.tools.dice)
    expires = unit.now + timedelta(hours=hours)
    await store.proofs.add_code(unit, number, secret.fingerprint, uses=uses, expires=expires)
    return secret


async def use_code(unit: UserUnit, text: str | None) -> None:
    """Let one more in by a code, or refuse."""
    read = proofs.read(text or "")
    if read is None or not await store.proofs.use_code(unit, read[0], proofs.fingerprint(read[1])):
        refusal = ("REGISTRATION_CODE_INVALID", "Registering here needs a code that is valid.")
        raise Invalid({"registration_code": refusal})
