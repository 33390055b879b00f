"""The words in which these tests speak of user_service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from contracts.identity import Kind
from contracts.rpc.users import Authenticate, Authenticated
from tests.fixtures.services import Running

PASSWORD = "correct horse"


@dataclass
class House:
    """The service with the words of these tests."""

    running: Running

    async def register(self, username: str, **more: Any) -> dict[str, Any]:
        """A new person; the answer."""
        form = {"username": username, "password": PASSWORD, **more}
        response = await self.running.nobody.post("/auth/register", json=form)
        assert response.status_code == 201, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def authenticate(self, token: str) -> Authenticated:
        """Over a real link, as the edge asks."""
        calls = await self.running.calls_from("gateway")
        return await calls.ask(Authenticate(token=token))

    async def person(self, username: str, **more: Any) -> httpx.AsyncClient:
        """Somebody new, logged in as the edge would see it."""
        return await self.as_token((await self.register(username, **more))["token"])

    async def as_token(self, token: str) -> httpx.AsyncClient:
        """Whoever holds this token."""
        found = await self.authenticate(token)
        assert found.kind is not Kind.NOBODY
        return self.running.as_(found.user_id, kind=found.kind, session=found.login_id)


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
