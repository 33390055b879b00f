"""The second factor: asked for after the password, turned on and off by its owner."""

from __future__ import annotations

from chassis.logs import logger
from contracts.errors import Conflict, ErrorCode, Forbidden
from contracts.identity import NOBODY
from contracts.ids import UserId
from user_service import store, views
from user_service.actions import logins, proofs, throttle
from user_service.actions.accounts import me
from user_service.domain import totp
from user_service.domain.accounts import Credentials
from user_service.domain.clients import Client
from user_service.domain.logins import NewToken
from user_service.domain.proofs import TRIES_OF_A_TICKET, Purpose, Secret
from user_service.tools import UserUnit, UserUnits

log = logger("mfa")


async def ticket(unit: UserUnit, known: Credentials) -> Secret:
    """The way to the second factor, for whoever has given the first one."""
    await logins.require_unchanged(unit, known)
    return await proofs.begin(unit, known.user_id, Purpose.TICKET)


async def redeem(
    units: UserUnits, text: str, code: str, *, client: Client, address: str
) -> tuple[NewToken, Credentials]:
    """A login by ticket and code. The try is committed before the code is looked at, so that any
    number at once are as many tries.
    """
    async with units.open(NOBODY) as unit:
        proof = await proofs.shown(unit, text, Purpose.TICKET)
        limits = await throttle.count_code(unit, proof.user_id, address) if proof else []
    if proof is None or proof.tries > TRIES_OF_A_TICKET:
        raise Conflict(ErrorCode.MFA_TICKET)
    async with units.open(NOBODY) as unit:
        known = await store.accounts.lock_credentials(unit, proof.user_id)
        if known is None or not await passes(unit, known, code):
            raise Conflict(ErrorCode.MFA_CODE)
        if await proofs.shown(unit, text, Purpose.TICKET) is None:
            raise Conflict(ErrorCode.MFA_TICKET)
        await store.proofs.remove(unit, proof.id)
        await throttle.succeed(unit, limits)
        return await logins.enter(unit, known, client, address), known


async def passes(unit: UserUnit, known: Credentials, code: str) -> bool:
    """Whether this is a code of the account, by the clock or a backup one. It works once."""
    if known.totp_secret is None:
        return True
    opened = unit.tools.seals.open(known.totp_secret, known.user_id)
    if opened is None:
        log.error("factor.sealed", person=str(known.user_id))
    elif step := totp.step_of(opened.secret, code, int(unit.now.timestamp()), known.totp_step):
        if not opened.is_current:
            sealed = unit.tools.seals.seal(opened.secret, known.user_id)
            await store.accounts.change_credentials(unit, known.user_id, totp_secret=sealed)
        return await store.accounts.use_step(unit, known.user_id, step)
    code_hash = totp.backup_hash(known.user_id, code)
    return await store.accounts.use_backup_code(unit, known.user_id, code_hash)


async def enable(
    unit: UserUnit, raw_secret: str, code: str, client: Client
) -> tuple[NewToken, list[str]]:
    """From now on a code is asked for. Sessions begun without one end."""
    known = await _own(unit)
    if known.totp_secret is not None:
        raise Conflict(ErrorCode.MFA_ON)
    secret = totp.secret(raw_secret)
    if secret is None:
        raise Conflict(ErrorCode.MFA_SECRET)
    step = totp.step_of(secret, code, int(unit.now.timestamp()), 0)
    if step is None:
        raise Conflict(ErrorCode.MFA_CODE)
    sealed = unit.tools.seals.seal(secret, known.user_id)
    await store.accounts.change_credentials(unit, known.user_id, totp_secret=sealed, totp_step=step)
    codes = await _fresh_codes(unit, known.user_id)
    unit.emit(views.user_update(await me(unit)))
    return await logins.begin_anew(unit, known.user_id, client), codes


async def disable(unit: UserUnit, client: Client) -> NewToken:
    """The password is enough again. Whoever calls has had a code."""
    known = await _own(unit)
    if known.totp_secret is None:
        raise Conflict(ErrorCode.MFA_OFF)
    await store.accounts.change_credentials(unit, known.user_id, totp_secret=None, totp_step=None)
    await store.accounts.set_backup_codes(unit, known.user_id, [])
    unit.emit(views.user_update(await me(unit)))
    return await logins.begin_anew(unit, known.user_id, client)


async def fresh_codes(unit: UserUnit) -> list[str]:
    """Other backup codes; the old ones are dead."""
    known = await _own(unit)
    if known.totp_secret is None:
        raise Conflict(ErrorCode.MFA_OFF)
    return await _fresh_codes(unit, known.user_id)


async def _fresh_codes(unit: UserUnit, user_id: UserId) -> list[str]:
    codes = totp.backup_codes(unit.tools.dice)
    hashes = [totp.backup_hash(user_id, code) for code in codes]
    await store.accounts.set_backup_codes(unit, user_id, hashes)
    return codes


async def _own(unit: UserUnit) -> Credentials:
    known = await store.accounts.lock_credentials(unit, unit.actor.user_id)
    if known is None:
        raise Forbidden(ErrorCode.BOTS_NOT_ALLOWED)
    return known
