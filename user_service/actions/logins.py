"""Login sessions: begun with a password, ended by their owner, recognised by their token."""

from __future__ import annotations

from contracts.errors import Invalid
from contracts.events.session import LoginEnded
from contracts.identity import Kind
from contracts.ids import UserId
from user_service import store
from user_service.domain import emails, names, passwords_policy, tokens
from user_service.domain.accounts import Credentials
from user_service.domain.clients import NO_CLIENT, Client
from user_service.domain.logins import LAST_USED_WITHIN, Login, NewToken
from user_service.passwords import Passwords
from user_service.tools import UserUnit

SESSIONS_SHOWN = 100

_REFUSED = ("INVALID_LOGIN", "Login or password is invalid.")


async def find(unit: UserUnit, login: str) -> Credentials | None:
    """Whoever may be meant by an address or a username."""
    if "@" in login:
        address = emails.lookup_key(login)
        return await store.accounts.credentials_by_email(unit, address) if address else None
    name = names.lookup_key(login)
    return await store.accounts.credentials_by_username(unit, name) if name else None


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


async def mine(unit: UserUnit) -> list[Login]:
    """The living sessions of whoever asks."""
    return await store.logins.alive(unit, unit.actor.user_id, SESSIONS_SHOWN)


async def recognise(unit: UserUnit, token: str) -> Login | None:
    """The living session of a token. What cannot be a token costs the same look."""
    login = await store.logins.by_token(unit, tokens.fingerprint(token))
    claimed = tokens.parse(token)
    if login is None or claimed is None or claimed.user_id != login.user_id:
        return None
    return login


async def touch(unit: UserUnit, login: Login) -> None:
    """Note that a session is in use."""
    await store.logins.touch(unit, login, unit.now - LAST_USED_WITHIN)
