"""Tokens become identities: once asked, remembered a while, forgotten at once."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from chassis.tasks import Tasks
from contracts import topics
from contracts.errors import Unavailable
from contracts.events.session import LoginEnded
from contracts.events.webhook import WebhookChanged
from contracts.identity import NOBODY, Identity, Kind, verify
from contracts.ids import UserId, WebhookId
from contracts.rpc.community import OpenWebhook, WebhookOpened
from contracts.rpc.users import AuthenticateAll, Authenticated, AuthenticatedAll
from gateway.rest.authenticate import ALIVE_FOR_S, DEAD_FOR_S, Authenticator, Stamps, token_of
from tests.fixtures.clock import ManualClock


def token(user_id: int = 42, secret: str = "s" * 27) -> str:
    name = urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
    return f"{name}.ZxYwVu.{secret}"


WEBHOOK, SECRET = 77, "w" * 68
SHOWN = f"\n{WEBHOOK}/{SECRET}"
"""As the table of routes takes it from a path."""


class Calls:
    """user_service, as far as tokens go."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.known = {token(): Authenticated(kind=Kind.USER, user_id=UserId(42), login_id=7)}
        self.is_away = False
        self.was_asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, call: Any, /) -> Any:
        if isinstance(call, OpenWebhook):
            self.asked.append(call.token)
            fits = (call.webhook_id, call.token) == (WEBHOOK, SECRET)
            return WebhookOpened(is_open=fits)
        assert isinstance(call, AuthenticateAll)
        self.asked += call.tokens
        self.was_asked.set()
        await self.gate.wait()
        if self.is_away:
            raise Unavailable
        nobody = Authenticated(kind=Kind.NOBODY)
        return AuthenticatedAll(found=tuple(self.known.get(one, nobody) for one in call.tokens))


class Stand:
    def __init__(self) -> None:
        self.calls, self.clock = Calls(), ManualClock()
        self.authenticator = Authenticator(self.calls, clock=self.clock, tasks=Tasks())

    def peek(self, text: str) -> Identity | None:
        return self.authenticator.peek(text.encode())

    def ended(self, login_id: int | None) -> None:
        record = LoginEnded(user_id=UserId(42), login_id=login_id).record(1)
        self.authenticator.deliver(topics.IDENTITY, 1, 1, record)


@pytest.fixture
async def stand() -> Stand:
    return Stand()


ME = Identity(UserId(42), 7, Kind.USER)


@pytest.mark.parametrize("prefix", ["", "Bot ", "Bearer ", "bot ", "BEARER  "])
async def test_a_token_is_known_with_every_prefix_after_one_question(
    stand: Stand, prefix: str
) -> None:
    assert stand.peek(prefix + token()) is None
    assert await stand.authenticator.authenticate(prefix + token()) == ME
    assert stand.peek(prefix + token()) == ME
    assert stand.calls.asked == [token()]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "Bot",
        "Bot ",
        "nonsense",
        "a.b.c",
        token() + ".more",
        token(secret="short"),
        token(secret="x" * 200),
        "Zm9v.ZxYwVu." + "s" * 27,
        "A.ZxYwVu." + "s" * 27,
        "Basic " + token(),
        SHOWN.strip(),
        "\n" + token(),
        "\n77/short",
        "\n77/" + "w" * 20 + "/x",
    ],
)
async def test_what_can_not_be_a_token_is_refused_without_asking(stand: Stand, bad: str) -> None:
    assert stand.peek(bad) is NOBODY
    assert await stand.authenticator.authenticate(bad) is None
    assert (await stand.authenticator.ask(bad.encode())) is NOBODY
    assert stand.calls.asked == []


async def test_a_dead_token_is_remembered_for_a_short_while(stand: Stand) -> None:
    dead = token(43)
    assert await stand.authenticator.authenticate(dead) is None
    assert stand.peek("Bot " + dead) is NOBODY
    stand.clock.advance(DEAD_FOR_S)
    assert stand.peek(dead) is None


async def test_an_identity_is_asked_again_after_a_minute(stand: Stand) -> None:
    await stand.authenticator.authenticate(token())
    stand.clock.advance(ALIVE_FOR_S - 1)
    assert stand.peek(token()) == ME
    stand.clock.advance(1)
    assert stand.peek(token()) is None


async def test_all_who_ask_at_once_share_one_question(stand: Stand) -> None:
    stand.calls.gate.clear()
    askers = [
        asyncio.ensure_future(stand.authenticator.authenticate(prefix + token()))
        for prefix in ("", "Bot ", "", "Bearer ")
    ]
    await stand.calls.was_asked.wait()
    askers[0].cancel()
    stand.calls.gate.set()
    assert await asyncio.gather(*askers[1:]) == [ME, ME, ME]
    assert stand.calls.asked == [token()]
    assert stand.peek("Bot " + token()) == ME


async def test_unavailable_is_not_nobody_and_is_not_remembered(stand: Stand) -> None:
    stand.calls.is_away = True
    with pytest.raises(Unavailable):
        await stand.authenticator.authenticate(token())
    stand.calls.is_away = False
    assert await stand.authenticator.authenticate(token()) == ME


@pytest.mark.parametrize("login_id", [7, None])
async def test_an_ended_login_is_forgotten_at_once(stand: Stand, login_id: int | None) -> None:
    await stand.authenticator.authenticate(token())
    await stand.authenticator.authenticate("Bot " + token())
    stand.ended(login_id)
    assert stand.peek(token()) is None
    assert stand.peek("Bot " + token()) is None


async def test_the_token_in_a_path_is_an_identity_until_the_webhook_is_gone(stand: Stand) -> None:
    opened = Identity(UserId(WEBHOOK), 0, Kind.WEBHOOK)
    assert stand.peek(SHOWN) is None
    assert await stand.authenticator.authenticate(SHOWN) == opened
    assert stand.peek(SHOWN) == opened
    for wrong in (f"\n78/{SECRET}", SHOWN[:-1] + "x"):
        assert await stand.authenticator.authenticate(wrong) is None
    gone = WebhookChanged(webhook_id=WebhookId(WEBHOOK), is_gone=True)
    assert topics.IDENTITY in gone.addresses()
    stand.authenticator.deliver(topics.IDENTITY, 1, 1, gone.record(1))
    assert stand.peek(SHOWN) is None
    assert stand.calls.asked == [SECRET, SECRET, SECRET[:-1] + "x"]


async def test_other_logins_stay(stand: Stand) -> None:
    await stand.authenticator.authenticate(token())
    stand.ended(8)
    assert stand.peek(token()) == ME


async def test_an_answer_that_was_overtaken_by_the_end_is_not_remembered(stand: Stand) -> None:
    stand.calls.gate.clear()
    asking = asyncio.ensure_future(stand.authenticator.authenticate(token()))
    await stand.calls.was_asked.wait()
    stand.ended(7)
    stand.calls.gate.set()
    await asking
    assert stand.peek(token()) is None


async def test_after_lost_events_nothing_is_trusted(stand: Stand) -> None:
    await stand.authenticator.authenticate(token())
    stand.authenticator.lost(topics.IDENTITY)
    assert stand.peek(token()) is None


async def test_memory_is_bounded_and_the_recently_used_stay(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.rest.authenticate._MOST", 10)
    monkeypatch.setattr("gateway.rest.authenticate._MOST_DEAD", 10)
    await stand.authenticator.authenticate(token())
    for number in range(100, 120):
        other = token(number)
        stand.calls.known[other] = Authenticated(
            kind=Kind.BOT, user_id=UserId(number), login_id=number
        )
        await stand.authenticator.authenticate(other)
        await stand.authenticator.authenticate(token(number + 1_000))
        assert stand.peek(token()) == ME
    assert stand.peek(token(100)) is None
    assert stand.peek(token(1_100)) is None
    assert stand.peek(token(119)) is not None


def test_stamps_are_minted_per_audience_and_kept_for_some_seconds() -> None:
    clock = ManualClock()
    stamps = Stamps({"id.chat": b"k" * 32, "id.user": b"u" * 32}, clock)
    first = stamps.header(ME, "chat")
    assert verify(first.decode(), "chat", b"k" * 32, clock.now_ms() // 1000) == ME
    assert stamps.header(ME, "user") != first
    clock.advance(9)
    assert stamps.header(ME, "chat") == first
    clock.advance(2)
    again = stamps.header(ME, "chat")
    assert again != first
    assert verify(again.decode(), "chat", b"k" * 32, clock.now_ms() // 1000) == ME


def test_the_shape_of_a_token() -> None:
    assert token_of(b"Bot " + token().encode()) == token().encode()
    assert token_of(b"  " + token().encode()) == token().encode()
