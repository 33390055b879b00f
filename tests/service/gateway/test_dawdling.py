"""Clients that dawdle, and an edge that goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.rest.connection import HEAD_WITHIN_S, IDLE_FOR_S
from gateway.rest.exchange import ANSWER_WITHIN_S
from tests.fixtures.patience import PATIENCE
from tests.service.gateway.edge_stand import OK, Stand, Visit, Wire, post, standing

MESSAGES = "/api/v10/channels/9/messages"
FILES = "/api/v10/files/big"


# Clients that dawdle.


async def until_gone(wire: Wire) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await wire.reader.read()


async def test_a_head_that_takes_too_long_is_cut(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(f"GET {MESSAGES} HTTP/1.1\r\nHo")
    (connection,) = await connections(stand, 1)
    async with asyncio.timeout(PATIENCE):
        while not connection._is_in_head:
            await asyncio.sleep(0)
    for letter in "st":
        stand.clock.advance(HEAD_WITHIN_S / 2 - 0.1)
        stand.edge.sweep()
        wire.send(letter)
        await wire.writer.drain()
    stand.clock.advance(0.3)
    stand.edge.sweep()
    reply = await wire.reply()
    assert reply.status == 408
    assert await wire.is_closed()


async def connections(stand: Stand, count: int) -> list[object]:
    async with asyncio.timeout(PATIENCE):
        while len(stand.edge.desk.connections) != count:
            await asyncio.sleep(0)
    return list(stand.edge.desk.connections)


async def test_a_body_that_stops_coming_is_cut(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(post(FILES, "Content-Length: 100\r\n") + "some")
    await stand.service.until(lambda: stand.service.received == 4)
    stand.clock.advance(ANSWER_WITHIN_S + 1)
    stand.edge.sweep()
    assert (await wire.reply()).status == 408
    await stand.service.until(lambda: stand.service.lost == 1)


async def test_idle_connections_end_silently(stand: Stand) -> None:
    fresh, used = await stand.wire(), await stand.wire()
    await used.ask("GET", MESSAGES)
    await connections(stand, 2)
    stand.clock.advance(IDLE_FOR_S - 1)
    stand.edge.sweep()
    await used.ask("GET", MESSAGES)
    stand.clock.advance(2)
    stand.edge.sweep()
    assert await until_gone(fresh) == b""
    assert (await used.ask("GET", MESSAGES)).status == 200


# Draining.


@pytest.fixture
async def run_stand() -> AsyncIterator[Stand]:
    async with standing(under_uvicorn=True) as built:
        yield built


async def test_draining_answers_what_was_asked_and_closes(run_stand: Stand) -> None:
    stand = run_stand
    waiting: list[Visit] = []
    stand.service.on_request = waiting.append
    busy, idle = await stand.wire(), await stand.wire()
    busy.send(post(MESSAGES, method="GET"))
    await stand.service.until(lambda: len(waiting) == 1)
    await connections(stand, 2)
    stand.server.should_exit = True
    assert await until_gone(idle) == b""
    waiting[0].transport.write(OK)
    reply = await busy.reply()
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert await busy.is_closed()


async def test_a_draining_edge_says_goodbye_with_every_answer(stand: Stand) -> None:
    wire = await stand.wire()
    await stand.edge.drain()
    reply = await wire.ask("GET", MESSAGES)
    assert (reply.status, reply.headers["connection"]) == (200, "close")
    assert await wire.is_closed()
