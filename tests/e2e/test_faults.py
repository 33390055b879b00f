"""What must hold when processes die: acknowledged means kept, delivered means once and in order, or
told.
"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from time import monotonic
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from stack.suite import Suite
from tests.fixtures.gateway_client import GatewayClient
from tests.fixtures.patience import PATIENCE, until
from tests.fixtures.people import Person, newcomer

pytestmark = [pytest.mark.xdist_group("fragile"), pytest.mark.asyncio(loop_scope="session")]


@dataclass
class Talk:
    """A community whose owner talks while things break."""

    house: Suite
    owner: Person
    guild: str
    channel: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    async def say(self, text: str, *, tries: int = 40) -> bool:
        """Send with a nonce, trying again as a client does; whether it was acknowledged."""
        form = {"content": text, "nonce": uuid4().hex[:25]}
        for _ in range(tries):
            try:
                answer = await self.owner.ask(
                    "POST", f"/channels/{self.channel}/messages", json=form
                )
            except httpx.HTTPError:
                answer = None
            if answer is not None and answer.status_code == 200:
                self.acknowledged[answer.json()["id"]] = text
                return True
            await asyncio.sleep(0.05)  # as a client that is refused lets a moment pass
        self.refused.append(text)
        return False

    async def keep_talking(self, per_second: float, seconds: float) -> None:
        """So many messages a second, whatever happens to each."""
        began = monotonic()
        saying = []
        for number in range(int(per_second * seconds)):
            # The pace is what the promise is made for.
            await asyncio.sleep(max(0.0, began + number / per_second - monotonic()))
            saying.append(asyncio.create_task(self.say(f"message {number}")))
        await asyncio.gather(*saying)

    async def history(self) -> list[str]:
        """Ids of every message, oldest first."""
        found: list[str] = []
        last = "0"
        while page := await self.owner.does(
            "GET", f"/channels/{self.channel}/messages", params={"after": last, "limit": 100}
        ):
            found += [message["id"] for message in reversed(page)]
            last = found[-1]
        return found

    async def listener(self) -> GatewayClient:
        """A device of the owner that is ready. It comes again when a gateway that still misses a
        neighbour turns it away, as clients do.
        """
        async with asyncio.timeout(PATIENCE):
            while True:
                device = await self.owner.gateway().open()
                try:
                    await device.identify()
                    await device.expect("GUILD_CREATE", within=10)
                except (OSError, TimeoutError):
                    await device.shut(1000)
                else:
                    return device


@pytest_asyncio.fixture(loop_scope="session")
async def talk(fragile_house: Suite) -> AsyncIterator[Talk]:
    owner = await newcomer(fragile_house.url, "mina")
    guild = await owner.founds()
    yield Talk(fragile_house, owner, guild["id"], await owner.channel(guild["id"]))
    await owner.leave()


def ids(device: GatewayClient) -> list[str]:
    return [message["id"] for message in device.all("MESSAGE_CREATE")]


async def back(device: GatewayClient) -> None:
    """What a client library does when its socket breaks."""
    while True:
        try:
            return await device.resume()
        except (OSError, TimeoutError):
            await asyncio.sleep(0.05)  # nobody says when the other gateway has taken the port


async def test_a_killed_gateway_costs_its_sessions_nothing(talk: Talk) -> None:
    devices = [await talk.listener() for _ in range(50)]

    async def stay(device: GatewayClient) -> None:
        while True:
            await device.closed(within=PATIENCE * 10)
            await back(device)

    staying = [asyncio.create_task(stay(device)) for device in devices]
    talking = asyncio.create_task(talk.keep_talking(200, 2.5))
    await devices[0].expect("MESSAGE_CREATE")
    await talk.house.kill("gateway", signal.SIGKILL)
    await talking
    assert not talk.refused
    assert await talk.say("the end")
    for device in devices:
        await device.expect("MESSAGE_CREATE", lambda d: d["content"] == "the end")
    for task in staying:
        task.cancel()
    expected = await talk.history()
    assert set(talk.acknowledged) == set(expected)
    for device in devices:
        assert ids(device) == expected
    await asyncio.gather(*(device.shut(1000) for device in devices))


async def test_a_stopped_gateway_asks_its_sessions_to_come_back_first(talk: Talk) -> None:
    devices = [await talk.listener() for _ in range(8)]
    stopping = asyncio.create_task(talk.house.kill("gateway", signal.SIGTERM))
    stopping_too = asyncio.create_task(talk.house.kill("gateway-2", signal.SIGTERM))
    for device in devices:
        assert (await device.told(7))["op"] == 7
    await stopping
    await stopping_too
    await talk.house.wait_ready("gateway")
    await talk.house.wait_ready("gateway-2")
    await asyncio.gather(*(back(device) for device in devices))
    await talk.say("we meet again")
    for device in devices:
        await device.expect("MESSAGE_CREATE", lambda d: d["content"] == "we meet again")
        await device.shut(1000)


async def test_redis_killed_and_back_leaves_everybody_current_or_told(talk: Talk) -> None:
    devices = [await talk.listener() for _ in range(4)]
    talking = asyncio.create_task(talk.keep_talking(40, 4))
    await devices[0].expect("MESSAGE_CREATE")
    await talk.house.kill("valkey", signal.SIGKILL)
    await talking
    assert not talk.refused, "sends must not depend on Redis"
    await talk.house.wait_ready("valkey")
    assert await talk.say("are you there?")
    began = monotonic()
    for device in devices:
        await _current_or_told(device)
    assert monotonic() - began < 5
    assert set(talk.acknowledged) == set(await talk.history())


async def _current_or_told(device: GatewayClient) -> None:
    """It has everything once and in order, or was told to start again, which then works."""
    arriving = asyncio.create_task(
        device.expect("MESSAGE_CREATE", lambda d: d["content"] == "are you there?")
    )
    refusal = asyncio.create_task(device.told(9))
    closing = asyncio.create_task(device.closed())
    waits = {arriving, refusal, closing}
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    if not arriving.done():
        await device.open()
        await device.identify()
    for wait in waits:
        wait.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    heard = ids(device)
    assert heard == sorted(set(heard), key=int)
    await device.shut(1000)


async def test_events_of_a_process_that_died_after_its_commit_are_delivered(talk: Talk) -> None:
    device = await talk.listener()
    await talk.house.kill("valkey", signal.SIGSTOP)  # commits go on, publishing can not
    for number in range(5):
        assert await talk.say(f"committed {number}")
    await talk.house.kill("chat", signal.SIGKILL)
    await talk.house.kill("valkey", signal.SIGCONT)
    await device.expect("MESSAGE_CREATE", lambda d: d["content"] == "committed 4")
    assert device.contents() == [f"committed {number}" for number in range(5)]
    # What was left is told before the doors are open again.
    assert await talk.say("after it", tries=400)
    await device.expect("MESSAGE_CREATE", lambda d: d["content"] == "after it")
    assert ids(device) == await talk.history()
    await device.shut(1000)


async def test_postgresql_killed_keeps_what_was_acknowledged_and_refuses_the_rest(
    talk: Talk,
) -> None:
    talking = asyncio.create_task(talk.keep_talking(40, 4))
    await until(lambda: talk.acknowledged)
    await talk.house.kill("postgres", signal.SIGKILL)
    await talking
    assert await talk.say("after it")
    assert set(talk.acknowledged) <= set(await talk.history())
    texts = list(talk.acknowledged.values())
    assert len(texts) == len(set(texts)), "a retry with its nonce must not double a message"
    assert len(await talk.history()) == len(talk.acknowledged) + len(
        set(await talk.history()) - set(talk.acknowledged)
    )


async def test_a_reader_that_stops_reading_is_cut_and_nobody_notices(talk: Talk) -> None:
    reader = await talk.listener()
    deaf = await asyncio.to_thread(_deaf, talk.house.url, talk.owner.token)
    began = monotonic()
    for number in range(400):
        assert await talk.say(f"{number} " + "모" * 1900)
    await reader.expect("MESSAGE_CREATE", lambda d: d["content"].startswith("399 "))
    assert ids(reader) == await talk.history()
    assert await asyncio.to_thread(_is_cut, deaf), "it must be cut, not waited for"
    assert monotonic() - began < 60
    await reader.shut(1000)


def _deaf(url: str, token: str) -> socket.socket:
    """A client that identifies, waits for READY, and then never reads again."""
    host, _, port = url.removeprefix("http://").partition(":")
    deaf = socket.socket()
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.connect((host, int(port)))
    deaf.settimeout(PATIENCE)
    deaf.sendall(
        b"GET /?v=10&encoding=json HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    identify = {"op": 2, "d": {"token": token, "intents": 33281, "properties": {}}}
    text = json.dumps(identify).encode()
    deaf.sendall(bytes((0x81, 0xFE)) + len(text).to_bytes(2, "big") + b"\0\0\0\0" + text)
    seen = b""
    while b"GUILD_CREATE" not in seen:
        seen += deaf.recv(4096)
    return deaf


def _is_cut(deaf: socket.socket) -> bool:
    """Whether the server ended this connection: what is buffered ends in a reset or an end."""
    deaf.settimeout(PATIENCE)
    try:
        while deaf.recv(65536):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    finally:
        deaf.close()
    return True


async def test_messages_need_neither_presence_nor_notifications(talk: Talk) -> None:
    """B1: what only decorates a message can not lose it."""
    device = await talk.listener()
    for name in ("presence", "notification"):
        await talk.house.kill(name, signal.SIGKILL)
    assert await talk.say("still here", tries=1)
    await device.expect("MESSAGE_CREATE", lambda d: d["content"] == "still here")
    await device.shut(1000)
