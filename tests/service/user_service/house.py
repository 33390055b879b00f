"""The words in which these tests speak of user_service."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from chassis.rpc import Calls
from contracts.identity import Kind
from contracts.rpc.users import Authenticate, Authenticated
from tests.fixtures.patience import until
from tests.fixtures.services import Running
from user_service.settings import Settings
from user_service.tables import metadata

PASSWORD = "correct horse"
SEAL_KEY = "22" * 32
FORGOT_S = 0.05
"""So long asking for a lost password takes at least."""
EMPTY = ";".join(
    f"DELETE FROM {table.name}"
    for table in reversed(metadata.sorted_tables)
    if table.name != "outbox"
)


@dataclass(frozen=True)
class Letter:
    """As it arrived."""

    to: str
    subject: str
    text: str
    html: str

    @property
    def token(self) -> str:
        """What its link carries."""
        found = re.search(r"#token=([\w-]+)\s*$", self.text)
        assert found is not None, self.text
        return found[1]


def read_letter(raw: bytes) -> Letter:
    """A letter as its reader's program shows it."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return Letter(message["To"], message["Subject"], text.get_content(), html.get_content())


@dataclass
class House:
    """The service with the words of these tests."""

    running: Running
    mail: Path
    hand: asyncpg.Connection[asyncpg.Record]
    hand_is_free: asyncio.Lock = field(default_factory=asyncio.Lock)
    _edge: Calls | None = None

    async def register(self, username: str, **more: Any) -> dict[str, Any]:
        """A new person; the answer."""
        form = {"username": username, "password": PASSWORD, **more}
        response = await self.running.nobody.post("/auth/register", json=form)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def begin(self) -> None:
        """Nobody is here, nothing was said, no letter lies about."""
        await self.running.settled(self.hand)
        await until(lambda: self.rows("SELECT FROM letters"), lambda rows: not rows)
        await self.hand.execute(EMPTY)
        for letter in self.mail.glob("*.eml"):
            letter.unlink()
        if self.running.ears is not None:
            self.running.ears.events.clear()

    async def login(self, login: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
        """An attempt, perhaps from elsewhere."""
        form = {"login": login, "password": password}
        return await self.running.nobody.post("/auth/login", json=form, headers=headers)

    async def letters(self, to: str, count: int = 1) -> list[Letter]:
        """So many letters to this address, the newest last, and no more of them."""
        found = await until(lambda: self._letters(to), lambda letters: len(letters) >= count)
        assert len(found) == count, [letter.subject for letter in found]
        return found

    def _letters(self, to: str) -> list[Letter]:
        files = sorted(self.mail.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
        return [one for one in (read_letter(path.read_bytes()) for path in files) if one.to == to]

    def file(self, key: str) -> Path:
        """Where a stored file lies."""
        settings = self.running.service.settings
        assert isinstance(settings, Settings)
        return Path(settings.blobs.get_secret_value()) / key

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """A look past every door, or a hand."""
        async with self.hand_is_free:
            return await self.hand.fetch(statement, *values)

    async def authenticate(self, token: str) -> Authenticated:
        """Over a real link, as the edge asks."""
        if self._edge is None:
            self._edge = await self.running.calls_from("gateway")
        return await self._edge.ask(Authenticate(token=token))

    async def person(self, username: str, **more: Any) -> httpx.AsyncClient:
        """Somebody new, logged in as the edge would see it."""
        return await self.as_token((await self.register(username, **more))["token"])

    async def as_token(self, token: str) -> httpx.AsyncClient:
        """Whoever holds this token."""
        found = await self.authenticate(token)
        assert found.kind is not Kind.NOBODY
        return self.running.as_(found.user_id, kind=found.kind, session=found.login_id)


Open = Callable[..., Awaitable[House]]
"""Opens a house with settings of its own."""


def refused(response: httpx.Response, status: int, code: int) -> dict[str, Any]:
    """The body of a refusal that is as the contract wants it."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    body: dict[str, Any] = response.json()
    assert body["code"] == code, body
    return body


def wrong(response: httpx.Response, **fields: str) -> None:
    """A form that was refused for these reasons."""
    errors = refused(response, 400, 50035)["errors"]
    assert {path: found["_errors"][0]["code"] for path, found in errors.items()} == fields
