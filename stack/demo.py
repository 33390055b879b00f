"""A small community to look at: people, rooms, roles and things said, made through the public door
like anybody's. Nothing here knows how a service keeps it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from stack.trouble import Trouble

PASSWORD = "open sesame, demo"  # noqa: S105 - printed for whoever tries the demo
PEOPLE = ("demo_host", "demo_reader", "demo_editor", "demo_newcomer")

STORY: tuple[tuple[str, int, str], ...] = (
    ("general", 0, "안녕하세요! Welcome to the book club 📚"),
    ("general", 1, "반가워요. 이번 달에는 무슨 책을 읽나요?"),
    ("general", 0, "A short one: three stories, one for each week."),
    ("general", 2, "I can lead the second week, if nobody minds."),
    ("general", 0, "Please do. The voice room opens at eight, as always."),
    ("general", 3, "May I come although I have read only the first?"),
    ("general", 1, "물론이죠, 처음 오신 분들도 환영해요!"),
    ("quotes", 2, "> The best line is the one somebody reads aloud twice."),
    ("quotes", 1, "오늘의 문장: 천천히 읽는 사람이 멀리 간다."),
)
"""Room, who (an index into PEOPLE), and what."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What was made."""

    guild_id: str
    invite: str
    people: tuple[str, ...]


class Storyteller:
    """Makes the demo through one address, at the pace that the house allows."""

    def __init__(self, url: str, report: Callable[[str], None]) -> None:
        self._http = httpx.AsyncClient(base_url=f"{url}/api/v10", timeout=30)
        self._report = report

    async def tell(self) -> Demo:
        """All of it."""
        async with self._http:
            tokens = [await self._person(name) for name in PEOPLE]
            host = tokens[0]
            self._report("founding the community")
            guild = await self._ask(host, "POST", "/guilds", {"name": "Book club 독서 모임"})
            rooms = await self._rooms(host, guild["id"])
            door = f"/channels/{rooms['general']}/invites"
            invite = await self._ask(host, "POST", door, {"max_age": 0})
            for token in tokens[1:]:
                await self._ask(token, "POST", f"/invites/{invite['code']}", {})
            await self._role(host, tokens[2], guild["id"])
            self._report("talking")
            for room, who, text in STORY:
                form = {"content": text}
                await self._ask(tokens[who], "POST", f"/channels/{rooms[room]}/messages", form)
            return Demo(guild["id"], invite["code"], PEOPLE)

    async def _person(self, name: str) -> str:
        self._report(f"registering {name}")
        form = {"username": name, "password": PASSWORD}
        response = await self._send("", "POST", "/auth/register", form)
        if response.status_code == 400:
            form = {"login": name, "password": PASSWORD}
            response = await self._send("", "POST", "/auth/login", form)
        return str(_told(response)["token"])

    async def _rooms(self, host: str, guild_id: str) -> dict[str, str]:
        found = await self._ask(host, "GET", f"/guilds/{guild_id}/channels")
        rooms = {room["name"]: room["id"] for room in found if room["type"] == 0}
        form = {"name": "quotes", "topic": "One sentence a day · 하루 한 문장"}
        made = await self._ask(host, "POST", f"/guilds/{guild_id}/channels", form)
        return {**rooms, "quotes": made["id"]}

    async def _role(self, host: str, editor: str, guild_id: str) -> None:
        form = {"name": "Editors", "color": 0x3B82F6, "hoist": True}
        role = await self._ask(host, "POST", f"/guilds/{guild_id}/roles", form)
        me = await self._ask(editor, "GET", "/users/@me")
        await self._ask(
            host, "PUT", f"/guilds/{guild_id}/members/{me['id']}/roles/{role['id']}", {}
        )

    async def _ask(
        self, token: str, method: str, path: str, form: dict[str, Any] | None = None
    ) -> Any:
        return _told(await self._send(token, method, path, form))

    async def _send(
        self, token: str, method: str, path: str, form: dict[str, Any] | None
    ) -> httpx.Response:
        headers = {"Authorization": token} if token else {}
        while True:
            response = await self._http.request(method, path, json=form, headers=headers)
            if response.status_code != 429:
                return response
            await asyncio.sleep(float(response.json()["retry_after"]))


def _told(response: httpx.Response) -> Any:
    if response.status_code >= 400:
        raise Trouble(f"{response.request.url.path} answered {response.text}.")
    return response.json() if response.content else None
