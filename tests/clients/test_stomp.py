"""The STOMP libraries that people use, unmodified: @stomp/stompjs and stomp.py, in one channel."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import stomp
import stomp.utils

from stack.suite import Suite
from tests.clients.bots import HERE, BotProcess, without_node
from tests.fixtures.patience import PATIENCE
from tests.fixtures.people import Person, newcomer

pytestmark = [pytest.mark.xdist_group("fragile"), pytest.mark.asyncio(loop_scope="session")]


class Listener(stomp.ConnectionListener):
    """Hands what the library says over to the test's loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.seen: list[tuple[str, Any]] = []
        self._changed = asyncio.Condition()

    def on_connected(self, frame: stomp.utils.Frame) -> None:
        self._tell("connected", frame.headers)

    def on_message(self, frame: stomp.utils.Frame) -> None:
        event = json.loads(frame.body)
        self._tell(event["t"], event["d"])

    def on_receipt(self, frame: stomp.utils.Frame) -> None:
        self._tell("receipt", frame.headers)

    def on_error(self, frame: stomp.utils.Frame) -> None:
        self._tell("error", frame.headers["message"])

    async def sees(self, what: str, **fields: Any) -> Any:
        """The first of this kind with these fields, past or future."""
        async with asyncio.timeout(PATIENCE), self._changed:
            while True:
                for kind, value in self.seen:
                    if kind == what and all(value[name] == it for name, it in fields.items()):
                        return value
                await self._changed.wait()

    def _tell(self, what: str, value: Any) -> None:
        asyncio.run_coroutine_threadsafe(self._note(what, value), self._loop)

    async def _note(self, what: str, value: Any) -> None:
        async with self._changed:
            self.seen.append((what, value))
            self._changed.notify_all()


@asynccontextmanager
async def on_stomp_py(person: Person) -> AsyncIterator[tuple[stomp.WSStompConnection, Listener]]:
    address = urlsplit(person.url)
    listener = Listener()
    connection = stomp.WSStompConnection(
        [(address.hostname, address.port)], ws_path="/stomp", heartbeats=(30_000, 30_000)
    )
    connection.set_listener("", listener)
    await asyncio.to_thread(connection.connect, "", person.token, wait=True)
    yield connection, listener
    await asyncio.to_thread(connection.disconnect)


async def test_a_person_on_stomp_py_lives_through_a_conversation(fragile_house: Suite) -> None:
    mina, jun = [await newcomer(fragile_house.url, name) for name in ("mina", "jun")]
    room = await mina.channel((await mina.founds())["id"])
    await jun.joins(await mina.invites(room))
    async with on_stomp_py(jun) as (connection, listener):
        assert (await listener.sees("connected"))["version"] == "1.2"
        connection.subscribe("/user/queue/events", id="1", receipt="r1")
        connection.subscribe(f"/topic/channels.{room}", id="2", receipt="r2")
        assert (await listener.sees("READY"))["user"]["id"] == jun.id
        await listener.sees("receipt", **{"receipt-id": "r2"})
        await mina.sends(room, "안녕")
        heard = await listener.sees("MESSAGE_CREATE", content="안녕")
        body = json.dumps({"content": "hello", "message_reference": {"message_id": heard["id"]}})
        connection.send(f"/app/channels.{room}.messages", body)
        answer = await listener.sees("MESSAGE_CREATE", content="hello")
        assert answer["referenced_message"]["id"] == heard["id"]
        assert await mina.reads(room) == ["hello", "안녕"]
    for person in (mina, jun):
        await person.leave()


@without_node
async def test_a_person_on_stompjs_hears_ping_and_answers(fragile_house: Suite) -> None:
    mina, jun = [await newcomer(fragile_house.url, name) for name in ("mina", "jun")]
    room = await mina.channel((await mina.founds())["id"])
    await jun.joins(await mina.invites(room))
    url = jun.url.replace("http", "ws", 1) + "/stomp"
    process = await asyncio.create_subprocess_exec(
        "node",
        str(HERE / "node" / "stompjs.mjs"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "STOMP_URL": url, "TOKEN": jun.token, "CHANNEL": room},
    )
    client = BotProcess(process)
    assert (await client.sees("connected"))["version"] == "1.2"
    assert (await client.sees("ready"))["user"] == jun.id
    await client.sees("subscribed")
    await mina.sends(room, "!ping")
    assert (await client.sees("message"))["author"] == mina.name
    await client.sees("answered")
    assert (await mina.reads(room))[0] == "pong! 퐁"
    assert process.stdin is not None
    process.stdin.close()
    await client.sees("gone")
    assert await process.wait() == 0
    for person in (mina, jun):
        await person.leave()
