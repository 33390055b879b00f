"""Letters: asked for inside a change, made when they are sent. The secret of a link is rolled only
then, so that none lies in the queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from contracts.ids import UserId
from user_service import store
from user_service.actions import logins, proofs
from user_service.domain.accounts import Credentials
from user_service.domain.letters import PROOF_IN, WORTH_SENDING, Kind, Letter
from user_service.tools import UserUnit

HOLD = timedelta(minutes=2)
"""How long a process may take to send what it claimed; then another one does."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A letter about to be sent."""

    letter: Letter
    to: str
    reader: Credentials
    secret: str = ""


async def write(
    unit: UserUnit,
    kind: Kind,
    *,
    user_id: UserId | None = None,
    login: str | None = None,
    address: str | None = None,
    about: str | None = None,
) -> None:
    """Ask for a letter to be sent, if this change commits and letters can go anywhere."""
    if unit.tools.policy.has_post:
        expires = unit.now + WORTH_SENDING
        letter = Letter(unit.new_id(), kind, expires, user_id, login, address, about)
        await store.letters.add(unit, letter)


async def seal(unit: UserUnit, limit: int) -> list[Envelope]:
    """Those that are due, with fresh secrets. What nobody should have any more is dropped."""
    envelopes = []
    for letter in await store.letters.claim(unit, limit, HOLD):
        envelope = await _sealed(unit, letter) if unit.now < letter.expires else None
        if envelope is None:
            await store.letters.remove(unit, letter.id)
        else:
            envelopes.append(envelope)
    return envelopes


async def sent(unit: UserUnit, letter: Letter) -> None:
    """It is the server's now, or nobody will ever take it."""
    await store.letters.remove(unit, letter.id)


async def postpone(unit: UserUnit, letter: Letter) -> None:
    """Nobody takes it now."""
    await store.letters.postpone(unit, letter.id, letter.next_try(unit.now))


async def _sealed(unit: UserUnit, letter: Letter) -> Envelope | None:
    reader = await _reader(unit, letter)
    if reader is None or (letter.kind is Kind.VERIFY and reader.is_verified):
        return None
    to = letter.address or reader.email
    if to is None:
        return None
    purpose = PROOF_IN.get(letter.kind)
    if purpose is None:
        return Envelope(letter, to, reader)
    secret = await proofs.begin(unit, reader.user_id, purpose, address=to, proof_id=letter.id)
    return Envelope(letter, to, reader, secret.text)


async def _reader(unit: UserUnit, letter: Letter) -> Credentials | None:
    if letter.user_id is not None:
        return await store.accounts.credentials_of(unit, letter.user_id)
    return await logins.find(unit, letter.login or "")
