"""Login sessions: begun with a password, ended by their owner, recognised by their token."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.errors import ErrorCode, Forbidden, Invalid
from contracts.events.session import LoginEnded
from contracts.identity import Kind
from contracts.ids import UserId
from user_service import store
from user_service.actions import throttle
from user_service.domain import emails, names, passwords_policy, tokens
from user_service.domain.accounts import Account, Credentials
from user_service.domain.clients import NO_CLIENT, Client
from user_service.domain.logins import LAST_USED_WITHIN, Login, NewToken
from user_service.passwords import Passwords
from user_service.tools import UserUnit

SESSIONS_MOST = 100
"""Of one account; the longest unused give way, so that the list shows every one."""

_LOGIN_READ = 512
_REFUSED = ("INVALID_LOGIN", "Login or password is invalid.")


async def find(unit: UserUnit, login: str) -> Credentials | None:
    """Whoever may be meant by an address or a username."""
    if "@" in login:
        address = emails.lookup_key(login)
        return await store.accounts.credentials_by_email(unit, address) if address else None
    name = names.lookup_key(login)
    return await store.accounts.credentials_by_username(unit, name) if name else None


def key_of(login: str) -> str:
    """By what tries at a login are counted, whoever it means."""
    text = login[:_LOGIN_READ]
    key = emails.lookup_key(text) if "@" in text else names.lookup_key(text)
    return key or ""


async def prove(passwords: Passwords, known: Credentials | None, password: str) -> Credentials:
    """The same answer, after the same work, for an unknown login and a wrong password."""
    password_hash = known.password_hash if known is not None else None
    matches = await passwords.matches(password_hash, passwords_policy.canonical(password))
    if known is None or not matches:
        raise Invalid({"login": _REFUSED, "password": _REFUSED})
    return known


async def begin(unit: UserUnit, user_id: UserId, kind: Kind, client: Client) -> NewToken:
    """A new login session with a fresh token. Whoever calls has made sure of the person."""
    made_ms = int(unit.now.timestamp() * 1000)
    text = tokens.build(user_id, made_ms, unit.tools.dice)
    login = Login(
        id=unit.new_id(),
        user_id=user_id,
        kind=kind,
        token_hash=tokens.fingerprint(text),
        client=client,
        created=unit.now,
        last_used=unit.now,
    )
    await store.logins.add(unit, login)
    return NewToken(text, user_id, login.id)


async def begin_anew(unit: UserUnit, user_id: UserId, client: Client) -> NewToken:
    """One session instead of all there were, after what they were begun with has changed."""
    await end_all(unit, user_id)
    return await begin(unit, user_id, Kind.USER, client)


async def begin_bots(unit: UserUnit, bot_id: UserId) -> NewToken:
    """The one token of a bot: every older one dies."""
    await end_all(unit, bot_id)
    return await begin(unit, bot_id, Kind.BOT, NO_CLIENT)


async def end(unit: UserUnit) -> None:
    """Log out of the session that asks. Twice is as good as once."""
    actor = unit.actor
    if await store.logins.end(unit, actor.user_id, actor.session_id):
        unit.emit(LoginEnded(user_id=actor.user_id, login_id=actor.session_id))


async def end_all(unit: UserUnit, user_id: UserId) -> None:
    """Every token of an account dies."""
    for login_id in await store.logins.end_all(unit, user_id):
        # Each by its name: an event that is late must not end a session begun since.
        unit.emit(LoginEnded(user_id=user_id, login_id=login_id))


async def require_unchanged(unit: UserUnit, known: Credentials) -> None:
    """Refuse what was proved with a password that is none any more: it may have been changed, or
    the account deleted, while the hash was computed.
    """
    current = await store.accounts.lock_credentials(unit, known.user_id)
    if current is None or current.password_hash != known.password_hash:
        raise Invalid({"login": _REFUSED, "password": _REFUSED})


async def enter(unit: UserUnit, known: Credentials, client: Client, address: str) -> NewToken:
    """A new session of whoever has shown all that was asked for. It wakes a sleeping account."""
    await require_unchanged(unit, known)
    if unit.tools.policy.needs_verified_email and known.email and not known.is_verified:
        raise Forbidden(ErrorCode.UNVERIFIED)
    if known.is_disabled:
        await store.accounts.disable(unit, known.user_id, None)
    await throttle.know_place(unit, known.user_id, address)
    for login_id in await store.logins.end_beyond(unit, known.user_id, SESSIONS_MOST - 1):
        unit.emit(LoginEnded(user_id=known.user_id, login_id=login_id))
    return await begin(unit, known.user_id, Kind.USER, client)


async def first(unit: UserUnit, account: Account, client: Client, address: str) -> NewToken:
    """The session of a newcomer."""
    await throttle.know_place(unit, account.id, address)
    return await begin(unit, account.id, Kind.USER, client)


async def end_those(unit: UserUnit, hashes: Sequence[str]) -> None:
    """End some of one's own sessions, named as in the list of them."""
    wanted = frozenset(hashes)
    ended = [
        login.id
        for login in await store.logins.alive(unit, unit.actor.user_id, SESSIONS_MOST)
        if tokens.public_hash(login.token_hash) in wanted
    ]
    for login_id in ended:
        if await store.logins.end(unit, unit.actor.user_id, login_id):
            unit.emit(LoginEnded(user_id=unit.actor.user_id, login_id=login_id))


async def mine(unit: UserUnit) -> list[Login]:
    """The living sessions of whoever asks."""
    return await store.logins.alive(unit, unit.actor.user_id, SESSIONS_MOST)


async def recognise(unit: UserUnit, shown: Sequence[str]) -> list[Login | None]:
    """The living session of each token. What cannot be a token costs the same look."""
    hashes = [tokens.fingerprint(token) for token in shown]
    found = await store.logins.by_tokens(unit, hashes)
    return [
        login if login and claimed and claimed.user_id == login.user_id else None
        for login, claimed in zip(map(found.get, hashes), map(tokens.parse, shown), strict=True)
    ]


async def touch(unit: UserUnit, worn: Sequence[Login]) -> None:
    """Note that sessions are in use."""
    await store.logins.touch(unit, [login.id for login in worn], unit.now - LAST_USED_WITHIN)
