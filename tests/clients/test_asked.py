"""Bots on libraries nobody here wrote, asked by somebody's client: commands, answers of every kind,
buttons, menus, forms, words half typed. And webhooks, posted through by each of them.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from stack.suite import Suite
from tests.clients.bots import ASKED, LIBRARIES, running
from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.people import Person, newcomer

pytestmark = [pytest.mark.xdist_group("fragile"), pytest.mark.asyncio(loop_scope="session")]

OFFERED = ["ask", "echo", "finish", "later", "panel", "whisper"]
LOADING, EPHEMERAL = 1 << 7, 1 << 6
_nonces = itertools.count(1)


class Client:
    """Somebody's client in one channel: it asks, and hears what becomes of it."""

    def __init__(self, person: Person, device: GatewayClient, where: dict[str, str]) -> None:
        self._person = person
        self._device = device
        self._where = where
        self.commands: dict[str, Any] = {}

    async def looks(self) -> list[str]:
        """What there is to be called."""
        path = f"/channels/{self._where['channel_id']}/application-command-index"
        index = await self._person.does("GET", path)
        self.commands = {one["name"]: one for one in index["application_commands"]}
        return sorted(self.commands)

    async def asks(self, kind: int, data: dict[str, Any], **more: Any) -> str:
        """The nonce of it."""
        nonce = str(next(_nonces))
        form = {"type": kind, "data": data, "nonce": nonce, **self._where, **more}
        await self._person.does("POST", "/interactions", json=form)
        return nonce

    async def calls(self, name: str, *options: dict[str, Any], kind: int = 2) -> str:
        """A command."""
        command = self.commands[name]
        data = {"id": command["id"], "version": command["version"], "name": name, "type": 1}
        return await self.asks(kind, {**data, "options": options})

    async def succeeds(self, nonce: str) -> None:
        """The bot has answered."""
        await self._device.expect("INTERACTION_SUCCESS", lambda d: d["nonce"] == nonce)

    async def hears(self, content: str, kind: str = "MESSAGE_CREATE") -> Any:
        """A message, or that it says this now."""
        return await self._device.expect(kind, lambda d: d["content"] == content)

    async def sees_gone(self, message_id: str) -> None:
        """An answer that was taken back."""
        await self._device.expect("MESSAGE_DELETE", lambda d: d["id"] == message_id)

    async def told(self, kind: str, nonce: str) -> Any:
        """What comes only to who asked."""
        return await self._device.expect(kind, lambda d: d.get("nonce") == nonce)


async def _answers_are_heard(client: Client, person: Person) -> None:
    who = {"name": "who", "type": 6, "value": person.id}
    await client.succeeds(await client.calls("echo", {"name": "text", "value": "hi"}, who))
    message = await client.hears(f"hi {person.name}")
    assert message["interaction_metadata"]["user"]["id"] == person.id
    await client.calls("later")
    waiting = await client.hears("")
    assert waiting["flags"] & LOADING
    assert (await client.hears("at last", "MESSAGE_UPDATE"))["id"] == waiting["id"]
    await client.hears("and more")
    await client.calls("whisper")
    secret = await client.hears("psst")
    assert secret["flags"] & EPHEMERAL
    await client.hears("psst!", "MESSAGE_UPDATE")
    await client.sees_gone(secret["id"])


async def _panels_are_pressed(client: Client) -> None:
    await client.calls("panel")
    panel = await client.hears("panel")
    press = {"component_type": 2, "custom_id": "go"}
    await client.succeeds(await client.asks(3, press, message_id=panel["id"]))
    assert (await client.hears("went", "MESSAGE_UPDATE"))["id"] == panel["id"]
    choice = {"component_type": 3, "custom_id": "pick", "values": ["B"]}
    await client.asks(3, choice, message_id=panel["id"])
    assert (await client.hears("picked B"))["flags"] & EPHEMERAL


async def _forms_come_back(client: Client) -> None:
    modal = await client.told("INTERACTION_MODAL_CREATE", await client.calls("ask"))
    field = {"type": 4, "custom_id": "name", "value": "Ada"}
    rows = [{"type": 1, "components": [field]}]
    data = {"id": modal["id"], "custom_id": modal["custom_id"], "components": rows}
    await client.succeeds(await client.asks(5, data))
    await client.hears("hello Ada")


async def _words_are_finished(client: Client) -> None:
    typed = {"name": "word", "type": 3, "value": "half", "focused": True}
    nonce = await client.calls("finish", typed, kind=4)
    found = await client.told("APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", nonce)
    assert [one["value"] for one in found["choices"]] == ["half-done"]


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_bot_answers_whatever_it_is_asked(
    fragile_house: Suite, library: str, tmp_path: Path
) -> None:
    owner = await newcomer(fragile_house.url, "mina")
    guild = (await owner.founds("Desk"))["id"]
    account = await owner.makes_bot(f"asked{library.partition('.')[0]}")
    await owner.lets_in(account, guild)
    channel = await owner.channel(guild)
    made = await owner.does("POST", f"/channels/{channel}/webhooks", json={"name": "News"})
    device = owner.gateway()
    log = tmp_path / "bot.log"
    async with running(library, fragile_house.url, account.token, log, programs=ASKED) as bot:
        await bot.sees("ready")
        posted = await bot.does("post", webhook=made["id"], token=made["token"])
        assert posted == {"author": "Clerk", "content": "edited"}
        assert await owner.reads(channel) == []
        assert await bot.does("offer", guild=guild) == OFFERED
        await device.open()
        await device.identify()
        where = {"application_id": account.id, "channel_id": channel, "guild_id": guild}
        client = Client(owner, device, where)
        assert await client.looks() == OFFERED
        await _answers_are_heard(client, owner)
        await _panels_are_pressed(client)
        await _forms_come_back(client)
        await _words_are_finished(client)
    await device.shut(1000)
    for person in (owner, account):
        await person.leave()
