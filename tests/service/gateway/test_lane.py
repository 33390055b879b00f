"""Brief requests of many clients on one connection to a service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from contracts import lane
from contracts.identity import verify
from gateway.rest.exchange import ANSWER_WITHIN_S
from gateway.rest.pools import LANE_AGAIN_S
from tests.fixtures.clock import ManualClock
from tests.fixtures.patience import PATIENCE
from tests.service.gateway.edge_stand import AUTH, KEYS, Reply, Stand, Visit, Wire, standing

MESSAGES = "/api/v10/channels/9/messages"
HELLO = b'{"content":"hello"}'


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as built:
        built.service.has_lanes = True
        yield built


async def post(wire: Wire, body: bytes = HELLO, path: str = MESSAGES, extra: str = "") -> Reply:
    return await wire.ask("POST", path, AUTH + extra, body)


async def laned(stand: Stand) -> list[Wire]:
    """Clients of an edge whose lane is open: the first request, which asks for it, goes by HTTP."""
    wires = [await stand.wire() for _ in range(3)]
    assert (await post(wires[0])).status == 200
    pool = stand.edge.desk.upstreams.pool("chat")
    assert pool is not None
    async with asyncio.timeout(PATIENCE):
        while pool._lane is None or not pool._lane.is_open:
            await asyncio.sleep(0)
    assert (len(stand.service.requests), stand.service.questions) == (1, [])
    return wires


async def until_asked(stand: Stand, count: int) -> list[lane.Question]:
    await stand.service.until(lambda: len(stand.service.questions) == count)
    return stand.service.questions


def hold(stand: Stand) -> None:
    """Answer nothing yet."""

    def silent(visit: Visit, question: lane.Question) -> None:
        del visit, question

    stand.service.on_question = silent


async def test_a_brief_request_is_asked_with_all_that_a_service_needs(stand: Stand) -> None:
    wire, *_ = await laned(stand)
    reply = await post(wire, extra="X-Request-Id: from-me-1\r\n")
    assert (reply.status, reply.json, reply.headers["x-request-id"]) == (200, {}, "from-me-1")
    assert reply.headers["x-ratelimit-limit"] == "5"
    (asked,) = stand.service.questions
    assert (asked.method, asked.path, asked.body) == (b"POST", b"/channels/9/messages", HELLO)
    assert asked.request_id == b"from-me-1"
    now = ManualClock().now_ms() // 1000
    who = verify(asked.identity.decode(), "chat", KEYS["id.chat"], now)
    assert who is not None
    assert who.user_id == 42


async def test_nobody_waits_for_the_slow_answer_of_another(stand: Stand) -> None:
    wires = await laned(stand)
    hold(stand)
    waiting = [asyncio.ensure_future(post(wire, b'{"n":%d}' % n)) for n, wire in enumerate(wires)]
    asked = {question.body: question for question in await until_asked(stand, 3)}
    (end,) = stand.service.lanes
    for n in (2, 0, 1):
        body = b'{"n":%d}' % n
        end.reply(asked[body], body, b"Retry-After: 1\r\n")
        reply = await waiting[n]
        assert (reply.json, reply.headers["retry-after"]) == ({"n": n}, "1")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (MESSAGES, b"{" + b" " * lane.QUESTION_BYTES),
        (MESSAGES, b"no object"),
        (MESSAGES, b""),
        (MESSAGES + "?a=1", HELLO),
        (MESSAGES.replace("9", "%39"), HELLO),
        (MESSAGES + "/bulk-delete", HELLO),
    ],
)
async def test_what_is_not_brief_has_a_connection_to_itself(
    stand: Stand, path: str, body: bytes
) -> None:
    wire, *_ = await laned(stand)
    assert (await post(wire, body, path)).status == 200
    assert stand.service.questions == []
    assert stand.service.requests[-1].body == body


async def test_whoever_leaves_takes_nobody_along(stand: Stand) -> None:
    leaving, staying, _ = await laned(stand)
    hold(stand)
    gone = asyncio.ensure_future(post(leaving, b'{"n":0}'))
    kept = asyncio.ensure_future(post(staying, b'{"n":1}'))
    asked = {question.body: question for question in await until_asked(stand, 2)}
    gone.cancel()
    leaving.writer.transport.abort()
    await asyncio.sleep(0)
    (end,) = stand.service.lanes
    for body in (b'{"n":0}', b'{"n":1}'):
        end.reply(asked[body], body)
    assert (await kept).json == {"n": 1}


async def test_a_lane_that_breaks_is_told_to_each_and_nothing_is_sent_twice(stand: Stand) -> None:
    wires = await laned(stand)
    hold(stand)
    waiting = [asyncio.ensure_future(post(wire)) for wire in wires]
    await until_asked(stand, 3)
    stand.service.lanes[0].transport.abort()
    assert [(await each).status for each in waiting] == [502] * 3
    assert (await post(wires[0])).status == 200, "by HTTP, until it is time for another lane"
    assert len(stand.service.questions) == 3
    stand.clock.advance(LANE_AGAIN_S)
    stand.edge.sweep()
    assert (await post(wires[0])).status == 200
    await stand.service.until(lambda: len(stand.service.lanes) == 2)


async def test_a_service_that_says_farewell_is_asked_nothing_more(stand: Stand) -> None:
    wires = await laned(stand)
    hold(stand)
    late = asyncio.ensure_future(post(wires[0]))
    (asked,) = await until_asked(stand, 1)
    (end,) = stand.service.lanes
    end.transport.write(lane.FAREWELL)
    pool = stand.edge.desk.upstreams.pool("chat")
    assert pool is not None
    async with asyncio.timeout(PATIENCE):
        while pool._lane is not None:
            await asyncio.sleep(0)
    assert (await post(wires[1])).status == 200
    end.reply(asked)
    assert (await late).status == 200
    await stand.service.until(lambda: stand.service.lost == 1)
    assert len(stand.service.questions) == 1


async def test_an_overdue_answer_ends_its_lane(stand: Stand) -> None:
    wires = await laned(stand)
    hold(stand)
    late = asyncio.ensure_future(post(wires[0]))
    await until_asked(stand, 1)
    stand.clock.advance(ANSWER_WITHIN_S + 1)
    stand.edge.sweep()
    assert (await late).status == 504
    stand.edge.sweep()
    await stand.service.until(lambda: stand.service.lost == 1)


@pytest.mark.parametrize("answer", [b"what?\n", b"77 200 0 2\n{}", b"1 200 0 -2\n{}"])
async def test_an_answer_that_belongs_to_nobody_breaks_the_lane(
    stand: Stand, answer: bytes
) -> None:
    wire, *_ = await laned(stand)
    stand.service.on_question = lambda visit, _: visit.transport.write(answer)
    assert (await post(wire)).status == 502


async def test_a_service_without_lanes_is_asked_by_http(stand: Stand) -> None:
    stand.service.has_lanes = False
    wire = await stand.wire()
    for _ in range(3):
        assert (await post(wire)).status == 200
    await stand.service.until(lambda: stand.service.lost == len(stand.service.lanes) == 1)
    assert len(stand.service.requests) == 3
