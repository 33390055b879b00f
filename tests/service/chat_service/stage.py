"""A bot that offers a command, who calls it, and what the bot hears of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx

from contracts.identity import Kind
from tests.service.chat_service.house import ALICE, House

OPTIONS = [
    {"type": 3, "name": "text", "description": "What", "required": True, "max_length": 10},
    {"type": 6, "name": "who", "description": "Whom"},
    {"type": 4, "name": "how", "description": "How", "choices": [{"name": "Often", "value": 5}]},
    {"type": 3, "name": "word", "description": "Half", "autocomplete": True},
]
BUTTONS = [
    {
        "type": 1,
        "components": [
            {"type": 2, "style": 1, "label": "Go", "custom_id": "go"},
            {"type": 2, "style": 1, "label": "No", "custom_id": "no", "disabled": True},
        ],
    },
    {
        "type": 1,
        "components": [
            {
                "type": 3,
                "custom_id": "pick",
                "options": [{"label": "A", "value": "a"}, {"label": "B", "value": "b"}],
            }
        ],
    },
]


@dataclass
class Stage:
    """A bot that offers a command in a room where Alice is."""

    house: House
    guild: int
    room: int
    bot: int
    command: dict[str, Any] = field(default_factory=dict)

    async def offers(self, **how: Any) -> dict[str, Any]:
        form = {"name": "do", "description": "Does", "options": OPTIONS, **how}
        path = f"/applications/{self.bot}/commands"
        answer = await self.house.asks_as_bot(self.bot, "POST", path, json=form)
        self.command = answer.json()
        return self.command

    async def asks(self, who: int, kind: int, data: dict[str, Any], **more: Any) -> httpx.Response:
        form = {
            "type": kind,
            "application_id": str(self.bot),
            "channel_id": str(self.room),
            "guild_id": str(self.guild),
            "session_id": "s",
            "data": data,
            "nonce": "77",
            **more,
        }
        return await self.house.asks(who, "POST", "/interactions", json=form)

    async def calls(self, *options: dict[str, Any], who: int = ALICE, kind: int = 2) -> Asked:
        """The command, as the bot hears of it."""
        given = options or ({"name": "text", "type": 3, "value": "hi"},)
        data = {"id": self.command["id"], "name": "do", "type": 1, "options": given}
        answer = await self.asks(who, kind, data)
        assert answer.status_code == 204, answer.text
        return await self.heard()

    async def heard(self) -> Asked:
        """What the bot was told last."""
        told = [body for name, body in await self.house.told_to(self.bot) if name == _CREATED]
        return Asked(self, told[-1])

    async def told(self, who: int) -> list[tuple[str, dict[str, Any]]]:
        return await self.house.told_to(who)


_CREATED = "InteractionCreate"


@dataclass
class Asked:
    """What a bot was asked, and its ways to answer."""

    stage: Stage
    event: dict[str, Any]

    @property
    def client(self) -> httpx.AsyncClient:
        running = self.stage.house.running
        return running.as_(int(self.event["id"]), kind=Kind.INTERACTION, session=0)

    async def answers(self, kind: int, data: Any = None, query: str = "") -> httpx.Response:
        path = f"/interactions/{self.event['id']}/{self.event['token']}/callback{query}"
        return await self.client.post(path, json={"type": kind, "data": data})

    async def does(self, method: str, below: str = "", **more: Any) -> httpx.Response:
        path = f"/webhooks/{self.stage.bot}/{self.event['token']}{below}"
        return await self.client.request(method, path, **more)
