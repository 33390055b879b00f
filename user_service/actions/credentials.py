"""Passwords and addresses: proved, changed, verified, lost and found again."""

from __future__ import annotations

from dataclasses import replace

from contracts.errors import Conflict, ErrorCode, Forbidden, Invalid, TooMany, Unauthorized
from contracts.identity import Identity
from contracts.ids import UserId
from user_service import store, views
from user_service.actions import letters, logins, mfa, proofs, throttle
from user_service.actions.accounts import address_is_taken
from user_service.domain import emails, passwords_policy
from user_service.domain.accounts import Credentials, NewCredentials
from user_service.domain.clients import Client
from user_service.domain.letters import Kind
from user_service.domain.logins import NewToken
from user_service.domain.proofs import Purpose
from user_service.domain.throttle import of_letters, of_proving
from user_service.tools import UserUnit, UserUnits


async def prove(
    units: UserUnits,
    actor: Identity,
    password: str | None,
    code: str | None = None,
    *,
    needs_code: bool = True,
) -> None:
    """Make sure that a session is in its owner's hands: the password, and where there is a second
    factor, a code.
    """
    async with units.open(actor) as unit:
        known = await _own(unit)
        counted = await throttle.count(unit, of_proving(known.user_id))
    typed = passwords_policy.canonical(password or "")
    if not await units.tools.passwords.matches(known.password_hash, typed):
        raise Invalid({"password": ("PASSWORD_DOES_NOT_MATCH", "Password does not match.")})
    async with units.open(actor) as unit:
        if needs_code and not await mfa.passes(unit, known, code or ""):
            raise Conflict(ErrorCode.MFA_CODE)
        await throttle.succeed(unit, counted)


async def change(
    unit: UserUnit, wanted: NewCredentials, password_hash: str | None, client: Client
) -> NewToken | None:
    """Another address, another password, or both; whoever calls has proved that they are the owner.
    A new password ends every session, and begins the one whose token is returned.
    """
    known = await _own(unit)
    if wanted.email is not None and wanted.email != known.email:
        await _change_email(unit, known, wanted.email)
    if password_hash is None:
        return None
    await _set_password(unit, known, password_hash)
    return await logins.begin_anew(unit, known.user_id, client)


async def verify(
    unit: UserUnit, text: str, client: Client, address: str
) -> tuple[UserId, NewToken | None]:
    """Whoever reads the address shows it. Where only that was missing to log in, they are logged
    in; with a second factor the link alone is not enough for that.
    """
    proof = await proofs.redeem(unit, text, Purpose.VERIFY, Purpose.CHANGE)
    known = await store.accounts.lock_credentials(unit, proof.user_id)
    if known is None or (proof.purpose is Purpose.VERIFY and known.email != proof.address):
        raise Invalid({"token": ("TOKEN_INVALID", "This link is about an older address.")})
    if not await store.accounts.change_email(unit, known.user_id, proof.address, is_verified=True):
        raise address_is_taken()
    # Links mailed to an older address must not open the account any more.
    await store.proofs.remove_of(unit, known.user_id, Purpose.VERIFY, Purpose.CHANGE, Purpose.RESET)
    await _tell(unit, known.user_id)
    is_awaited = unit.tools.policy.needs_verified_email and not known.is_verified
    if not is_awaited or known.totp_secret is not None:
        return known.user_id, None
    verified = replace(known, is_verified=True)
    return known.user_id, await logins.enter(unit, verified, client, address)


async def resend(unit: UserUnit) -> None:
    """Mail another link to the address of whoever asks."""
    known = await _own(unit)
    if known.email is not None and not known.is_verified:
        await throttle.count(unit, of_letters(f"verify:{known.user_id:d}"))
        await letters.write(unit, Kind.VERIFY, user_id=known.user_id)


async def ask_by_mail(unit: UserUnit, login: str, kind: Kind) -> None:
    """Mail a link to whoever this login means. The same is done for a login that means nobody:
    whom it means is looked up when the letter is sent. Too many are dropped without a word.
    """
    key = logins.key_of(login)
    try:
        await throttle.count(unit, of_letters(f"{kind}:{key}"))
    except TooMany:
        return
    await letters.write(unit, kind, login=key or "-")


async def reset(unit: UserUnit, text: str, password_hash: str) -> Credentials:
    """Another password by a mailed link. Every session ends, and every other link is dead."""
    proof = await proofs.redeem(unit, text, Purpose.RESET)
    known = await store.accounts.lock_credentials(unit, proof.user_id)
    if known is None or known.email != proof.address:
        raise Invalid({"token": ("TOKEN_INVALID", "This link is about an older address.")})
    await _set_password(unit, known, password_hash)
    await logins.end_all(unit, known.user_id)
    if not known.is_verified:
        # Who got the link reads the address.
        await store.accounts.change_credentials(unit, known.user_id, is_verified=True)
        await _tell(unit, known.user_id)
    return replace(known, is_verified=True, password_hash=password_hash)


async def _set_password(unit: UserUnit, known: Credentials, password_hash: str) -> None:
    await store.accounts.change_credentials(unit, known.user_id, password_hash=password_hash)
    # Letters first: one that is being sealed at this moment adds its proof before it is gone.
    await store.letters.remove_of(unit, known.user_id)
    await store.proofs.remove_of(unit, known.user_id)
    if known.email is not None:
        await letters.write(unit, Kind.PASSWORD_CHANGED, user_id=known.user_id, address=known.email)


async def _change_email(unit: UserUnit, known: Credentials, wanted: str) -> None:
    """A verified address stays until the new one is; another one has nothing to lose."""
    await throttle.count(unit, of_letters(f"change:{known.user_id:d}"))
    holder = await store.accounts.credentials_by_email(unit, emails.key(wanted))
    if holder is not None and holder.user_id != known.user_id:
        raise address_is_taken()
    if known.is_verified and unit.tools.policy.has_post:
        await letters.write(
            unit, Kind.CHANGING, user_id=known.user_id, address=known.email, about=wanted
        )
        await letters.write(unit, Kind.CHANGE, user_id=known.user_id, address=wanted)
        return
    if not await store.accounts.change_email(unit, known.user_id, wanted, is_verified=False):
        raise address_is_taken()
    await store.proofs.remove_of(unit, known.user_id, Purpose.VERIFY, Purpose.RESET)
    await letters.write(unit, Kind.VERIFY, user_id=known.user_id)
    await _tell(unit, known.user_id)


async def _tell(unit: UserUnit, user_id: UserId) -> None:
    account = await store.accounts.get(unit, user_id)
    if account is not None:
        unit.emit(views.user_update(account))


async def _own(unit: UserUnit) -> Credentials:
    if unit.actor.is_bot:
        raise Forbidden(ErrorCode.BOTS_NOT_ALLOWED)
    known = await store.accounts.lock_credentials(unit, unit.actor.user_id)
    if known is None:
        raise Unauthorized(ErrorCode.TOKEN_DEAD)
    return known
