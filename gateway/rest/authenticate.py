"""Who shows a token: asked of user_service once, remembered for a minute, forgotten at logout.

Also mints the identity header for the services behind the edge, which decide what it may do.
"""

from __future__ import annotations

import asyncio
import re
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections import OrderedDict
from collections.abc import Mapping
from typing import Protocol, TypeVar

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts import limits
from contracts.errors import DomainError, Unavailable
from contracts.events.base import open_as, unpack
from contracts.events.session import LoginEnded
from contracts.events.webhook import WebhookChanged
from contracts.identity import NOBODY, Identity, Kind, mint
from contracts.ids import Snowflake, UserId, WebhookId
from contracts.objects.interaction import INTERACTION_OPENING
from contracts.rpc.base import Call
from contracts.rpc.chat import OpenInteraction
from contracts.rpc.community import OpenWebhook
from contracts.rpc.users import AuthenticateAll, Authenticated
from contracts.wire import Wire
from gateway.together import Together

R = TypeVar("R", bound=Wire)

log = logger("authenticate")

ALIVE_FOR_S = 60.0
DEAD_FOR_S = 5.0
MINTED_FOR_S = 10.0
_MOST = 50_000
_MOST_DEAD = 10_000

_PREFIX = re.compile(rb"(?:bot|bearer)[ ]+", re.IGNORECASE)
_IN_PATH = re.compile(rb"\n([0-9]{1,19})/([A-Za-z0-9_=-]{16,256})")
"""A webhook or an application, and the token in the path; a header can not begin with a newline."""
_SHAPE = re.compile(rb"([A-Za-z0-9_-]{2,40})\.[A-Za-z0-9_-]{1,20}\.[A-Za-z0-9_-]{16,128}")


class Asks(Protocol):
    """Calls, as far as this file needs them."""

    async def ask(self, call: Call[R], /) -> R:
        """Ask whoever gave the token out; raises Unavailable."""


Outcome = Identity | Unavailable
"""NOBODY is a dead token."""


class Authenticator:
    """Tokens to identities. Also a listener of the identity topic."""

    def __init__(self, calls: Asks, *, clock: Clock, tasks: Tasks) -> None:
        self._calls = calls
        self._clock = clock
        self._tasks = tasks
        self._together = Together(
            "authenticate", self._authenticated, tasks, most=limits.ARRIVALS_ASKED
        )
        self._alive: OrderedDict[bytes, tuple[Identity, float]] = OrderedDict()
        self._dead: OrderedDict[bytes, float] = OrderedDict()
        self._of_user: dict[int, set[bytes]] = {}
        self._flights: dict[bytes, asyncio.Future[Outcome]] = {}
        self._ended = 0

    def peek(self, credential: bytes) -> Identity | None:
        """What is known without asking: an identity, NOBODY for a dead or malformed token, None."""
        known = self._alive.get(credential)
        if known is not None:
            if known[1] > self._clock.monotonic():
                self._alive.move_to_end(credential)
                return known[0]
            self._drop(credential)
        token = token_of(credential)
        if token is None:
            return NOBODY
        until = self._dead.get(token)
        if until is not None:
            if until > self._clock.monotonic():
                return NOBODY
            del self._dead[token]
        return None

    def ask(self, credential: bytes) -> asyncio.Future[Outcome]:
        """Ask user_service; everybody who shows the same token meanwhile shares the answer."""
        token = token_of(credential)
        if token is None:
            answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            answered.set_result(NOBODY)
            return answered
        flight = self._flights.get(token)
        if flight is None:
            flight = asyncio.get_running_loop().create_future()
            self._flights[token] = flight
            self._tasks.spawn("authenticate", self._fly(token, flight, self._ended))
        if credential != token:
            flight.add_done_callback(lambda done: self._also_as(credential, token))
        return flight

    async def authenticate(self, token: str) -> Identity | None:
        """The identity, or None for a dead token; raises Unavailable when user_service is away."""
        credential = token.encode("utf-8", "replace")
        outcome: Outcome | None = self.peek(credential)
        if outcome is None:
            outcome = await asyncio.shield(self.ask(credential))
        if isinstance(outcome, Unavailable):
            raise Unavailable
        return None if outcome is NOBODY else outcome

    def deliver(self, topic: str, n: int, stamp: int, record: bytes) -> None:
        """An event of the identity topic."""
        del topic, n, stamp
        header, body = unpack(record)
        if header.name == LoginEnded.__name__:
            ended = open_as(LoginEnded, body)
            self.forget(ended.user_id, ended.login_id)
        elif header.name == WebhookChanged.__name__ and header.route.user_id is not None:
            self.forget(header.route.user_id)

    def lost(self, topic: str) -> None:
        """Events may have been missed, so nothing that is remembered can be trusted."""
        del topic
        self._ended += 1
        self._alive.clear()
        self._of_user.clear()

    def forget(self, user_id: int, login_id: int | None = None) -> None:
        """Drop one login of a user, or all of them."""
        self._ended += 1
        for credential in tuple(self._of_user.get(user_id, ())):
            if login_id is None or self._alive[credential][0].session_id == login_id:
                self._drop(credential)

    async def _fly(self, token: bytes, flight: asyncio.Future[Outcome], asked_at: int) -> None:
        outcome: Outcome = Unavailable()
        try:
            outcome = await self._recognised(token)
            if outcome is NOBODY:
                self._remember_dead(token)
            elif asked_at == self._ended:
                self._remember(token, outcome)
        except (DomainError, TimeoutError, OSError) as error:
            log.warning("authenticate.unavailable", error=str(error))
        finally:
            del self._flights[token]
            flight.set_result(outcome)

    async def _recognised(self, token: bytes) -> Identity:
        in_path = _IN_PATH.fullmatch(token)
        if in_path is not None:
            return await self._opened(int(in_path[1]), in_path[2].decode())
        found = await self._together.of(token)
        if found is None or found.kind is Kind.NOBODY:
            return NOBODY
        return Identity(found.user_id, found.login_id, found.kind, found.has_second_factor)

    async def _authenticated(self, tokens: tuple[bytes, ...]) -> Mapping[bytes, Authenticated]:
        call = AuthenticateAll(tokens=tuple(token.decode() for token in tokens))
        return dict(zip(tokens, (await self._calls.ask(call)).found, strict=True))

    async def _opened(self, owner_id: int, token: str) -> Identity:
        if token.startswith(INTERACTION_OPENING):
            asked = await self._calls.ask(
                OpenInteraction(owner_id=Snowflake(owner_id), token=token)
            )
            found = asked.interaction_id
            return NOBODY if found is None else Identity(UserId(found), 0, Kind.INTERACTION)
        opened = await self._calls.ask(OpenWebhook(webhook_id=WebhookId(owner_id), token=token))
        return Identity(UserId(owner_id), 0, Kind.WEBHOOK) if opened.is_open else NOBODY

    def _also_as(self, credential: bytes, token: bytes) -> None:
        known = self._alive.get(token)
        if known is not None:
            self._remember(credential, known[0])

    def _remember(self, credential: bytes, identity: Identity) -> None:
        self._alive[credential] = (identity, self._clock.monotonic() + ALIVE_FOR_S)
        self._of_user.setdefault(identity.user_id, set()).add(credential)
        if len(self._alive) > _MOST:
            self._drop(next(iter(self._alive)))

    def _remember_dead(self, token: bytes) -> None:
        self._dead[token] = self._clock.monotonic() + DEAD_FOR_S
        if len(self._dead) > _MOST_DEAD:
            self._dead.popitem(last=False)

    def _drop(self, credential: bytes) -> None:
        identity, _ = self._alive.pop(credential)
        held = self._of_user[identity.user_id]
        held.discard(credential)
        if not held:
            del self._of_user[identity.user_id]


class Stamps:
    """Identity headers by audience, minted once for several seconds of requests."""

    def __init__(self, keys: Mapping[str, bytes], clock: Clock) -> None:
        self._keys = keys
        self._clock = clock
        self._minted: dict[tuple[int, int, str], tuple[bytes, float]] = {}

    def header(self, identity: Identity, audience: str) -> bytes:
        """The value of X-Identity for one service."""
        name = (identity.user_id, identity.session_id, audience)
        now = self._clock.monotonic()
        minted = self._minted.get(name)
        if minted is not None and minted[1] > now:
            return minted[0]
        if len(self._minted) >= _MOST:
            self._minted.clear()
        key = self._keys[f"id.{audience}"]
        value = mint(identity, audience, key, self._clock.now_ms() // 1000).encode()
        self._minted[name] = (value, now + MINTED_FOR_S)
        return value


def token_of(credential: bytes) -> bytes | None:
    """The token of an Authorization value if it has the shape base64(user id).time.secret; or what
    a path shows, if it may be one.
    """
    if credential.startswith(b"\n"):
        return credential if _IN_PATH.fullmatch(credential) else None
    credential = credential.strip()
    prefix = _PREFIX.match(credential)
    token = credential[prefix.end() :] if prefix else credential
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        return None
    name = shape[1]
    try:
        user_id = urlsafe_b64decode(name + b"=" * (-len(name) % 4))
    except NotBase64:
        return None
    return token if user_id.isdigit() else None
