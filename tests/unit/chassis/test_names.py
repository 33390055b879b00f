"""Names of neighbours: a slow resolver is asked once, and what it says is not lost."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from chassis.names import Named
from chassis.tasks import Tasks


class Resolver:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.questions = 0
        self.answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    async def getaddrinfo(self, *about: Any, **more: Any) -> list[Any]:
        self.questions += 1
        return await asyncio.shield(self.answer)

    def knows(self, *hosts: str) -> None:
        self.answer.set_result([(0, 0, 0, "", (host, 0)) for host in hosts])


@pytest.fixture
async def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    made = Resolver()
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", made.getaddrinfo)
    return made


@pytest.fixture
async def port() -> Any:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_slow_resolver_is_asked_once_by_all_who_lose_patience(
    resolver: Resolver, port: int
) -> None:
    tasks = Tasks()
    neighbour = Named("neighbour", port, tasks)
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await neighbour.connect(asyncio.Protocol)
    resolver.knows("127.0.0.1")
    await neighbour.connect(asyncio.Protocol)
    assert resolver.questions == 1
    assert not tasks


async def test_a_name_that_nobody_has_is_an_error_each_time(resolver: Resolver) -> None:
    resolver.answer.set_exception(socket.gaierror(-2, "Name or service not known"))
    neighbour = Named("neighbour", 1, Tasks())
    for _ in range(2):
        with pytest.raises(socket.gaierror):
            await neighbour.connect(asyncio.Protocol)
    assert resolver.questions == 2


async def test_the_first_address_that_takes_us_is_taken(resolver: Resolver, port: int) -> None:
    resolver.knows("127.0.0.2", "127.0.0.1")
    await Named("neighbour", port, Tasks()).connect(asyncio.Protocol)
    resolver.answer = asyncio.get_running_loop().create_future()
    resolver.knows("127.0.0.1", "127.0.0.2")
    await Named("neighbour", port, Tasks()).connect(asyncio.Protocol)


async def test_where_all_addresses_refuse_us_the_refusal_is_heard(
    resolver: Resolver, port: int
) -> None:
    resolver.knows("127.0.0.2", "127.0.0.3")
    with pytest.raises(ConnectionRefusedError):
        await Named("neighbour", port, Tasks()).connect(asyncio.Protocol)
