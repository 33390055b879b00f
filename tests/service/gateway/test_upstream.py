"""Bodies that stream, and services that fail."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
import struct

import pytest

from gateway.rest.exchange import ANSWER_WITHIN_S
from gateway.rest.pools import IDLE_FOR_S as UPSTREAM_IDLE_FOR_S
from tests.fixtures.patience import PATIENCE
from tests.service.gateway.edge_stand import AUTH, OK, Stand, Visit, post

MESSAGES = "/api/v10/channels/9/messages"
FILES = "/api/v10/files/big"
FIVE_MB = random.Random(5).randbytes(5 << 20)


def chunked(data: bytes, size: int) -> bytes:
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# Streams.


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_five_megabytes_stream_to_a_service(stand: Stand, is_chunked: bool) -> None:
    wire = await stand.wire()
    if is_chunked:
        wire.send(post(FILES, "Transfer-Encoding: chunked\r\n"))
        wire.send(chunked(FIVE_MB, 70_000))
    else:
        wire.send(post(FILES, f"Content-Length: {len(FIVE_MB)}\r\n"))
        wire.send(FIVE_MB)
    assert (await wire.reply()).status == 200
    (seen,) = stand.service.requests
    assert digest(seen.body) == digest(FIVE_MB)
    assert (await wire.ask("GET", MESSAGES)).status == 200, "the connection lives on"


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_five_megabytes_stream_to_a_client(stand: Stand, is_chunked: bool) -> None:
    if is_chunked:
        head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
        stand.service.says(head + chunked(FIVE_MB, 50_000))
    else:
        stand.service.says(
            b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(FIVE_MB), FIVE_MB)
        )
    wire = await stand.wire()
    for _ in range(2):
        wire.send(post(FILES, method="GET"))
        assert digest((await wire.reply()).body) == digest(FIVE_MB)
    assert len(stand.service.visits) == 1


async def test_a_service_that_does_not_read_holds_the_client_back(stand: Stand) -> None:
    stand.service.on_head = lambda visit: visit.transport.pause_reading()
    wire = await stand.wire()
    wire.send(post(FILES, "Transfer-Encoding: chunked\r\n"))
    await stand.service.until(lambda: len(stand.service.visits) == 1)
    (connection,) = stand.edge.desk.connections
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    pieces = 0
    while not connection._is_held and pieces < 2_000:
        wire.send(piece)
        pieces += 1
        await asyncio.sleep(0)
    assert connection._is_held, "the edge swallowed everything"
    stand.service.visits[0].transport.resume_reading()
    wire.send(b"0\r\n\r\n")
    assert (await wire.reply()).status == 200
    assert len(stand.service.requests[0].body) == pieces * 65_536


async def test_a_client_that_does_not_read_holds_the_service_back(stand: Stand) -> None:
    sent = 0

    def flood(visit: Visit) -> None:
        visit.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 67108864\r\n\r\n")

    stand.service.on_request = flood
    wire = await stand.wire()
    wire.writer.transport.pause_reading()  # type: ignore[attr-defined]
    wire.send(post(FILES, method="GET"))
    await stand.service.until(lambda: len(stand.service.requests) == 1)
    transport = stand.service.visits[0].transport
    while sent < 64 << 20 and transport.get_write_buffer_size() < 1 << 20:
        transport.write(b"x" * 65_536)
        sent += 65_536
        await asyncio.sleep(0)
    assert sent < 64 << 20, "the edge swallowed everything"
    (connection,) = stand.edge.desk.connections
    assert connection._writes_paused
    wire.writer.transport.resume_reading()  # type: ignore[attr-defined]
    transport.write(b"x" * ((64 << 20) - sent))
    total = len(await wire.reader.readuntil(b"\r\n\r\n")) * 0
    while total < 64 << 20:
        total += len(await wire.reader.read(1 << 20))
    assert total == 64 << 20


async def test_expect_is_answered_by_the_edge(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(post(MESSAGES, "Expect: 100-continue\r\nContent-Length: 2\r\n"))
    assert (await wire.reply()).status == 100
    wire.send("{}")
    assert (await wire.reply()).status == 200
    assert "expect" not in stand.service.requests[0]


async def test_a_refused_expectation_sends_no_body_for_nothing(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(post(MESSAGES, "Expect: 100-continue\r\nContent-Length: 9999999\r\n"))
    reply = await wire.reply()
    assert reply.status == 413
    assert reply.headers["connection"] == "close"


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_beyond_the_limit_is_refused_and_the_answer_arrives(
    stand: Stand, is_chunked: bool
) -> None:
    body = b"x" * (2 << 20)
    wire = await stand.wire()
    if is_chunked:
        wire.send(post(MESSAGES, "Transfer-Encoding: chunked\r\n"))
        wire.send(chunked(body, 10_000))
    else:
        wire.send(post(MESSAGES, f"Content-Length: {len(body)}\r\n"))
        wire.send(body)
    reply = await wire.reply()
    assert reply.status == 413
    assert reply.json == {"message": "Request entity too large", "code": 40005}
    assert stand.service.requests == []


async def test_only_a_body_in_parts_may_bring_files(stand: Stand) -> None:
    body = b"x" * (2 << 20)
    parts = "Accept: */*\r\nContent-Type: Multipart/Form-Data; boundary=x\r\n"
    wire = await stand.wire()
    for _ in range(2):  # the second time, its head is familiar
        assert (await wire.ask("POST", MESSAGES, AUTH + parts, body)).status == 200
        assert stand.service.requests[-1].body == body
    assert (await stand.ask("POST", f"{MESSAGES}/5/ack", AUTH + parts, body)).status == 413


async def test_a_service_may_answer_before_it_has_read_everything(stand: Stand) -> None:
    stand.service.on_head = lambda visit: visit.transport.write(OK)
    wire = await stand.wire()
    wire.send(post(FILES, "Content-Length: 1000000\r\n"))
    reply = await wire.reply()
    assert reply.status == 200
    assert reply.headers["connection"] == "close"
    wire.send(b"x" * 100_000)
    assert await wire.is_closed()


async def test_trailers_are_not_passed_on(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(post(FILES, "Transfer-Encoding: chunked\r\n"))
    wire.send("3;note=x\r\nabc\r\n0\r\nX-Identity: forged\r\n\r\n")
    assert (await wire.reply()).status == 200
    (seen,) = stand.service.requests
    assert seen.body == b"abc"
    assert "forged" not in seen["x-identity"]


async def test_a_request_in_single_bytes_is_understood(stand: Stand) -> None:
    wire = await stand.wire()
    for byte in post(MESSAGES, "Content-Length: 2\r\n") + "{}":
        wire.send(byte)
        await wire.writer.drain()
        await asyncio.sleep(0)
    assert (await wire.reply()).status == 200
    assert stand.service.requests[0].body == b"{}"


async def test_a_client_that_says_no_more_still_gets_its_answer(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(post(MESSAGES, method="GET"))
    wire.writer.write_eof()
    assert (await wire.reply()).status == 200
    assert await wire.is_closed()


# Services that fail.


async def test_a_service_that_is_down_is_said_to_be(stand: Stand) -> None:
    stand.edge.desk.upstreams.pool("user")._place._port = 1  # type: ignore[union-attr]
    wire = await stand.wire()
    reply = await wire.ask("GET", "/api/v10/users/@me")
    assert reply.status == 503
    assert reply.headers["retry-after"] == "1"
    assert reply.json == {"message": "Service temporarily unavailable", "code": 0}
    assert (await wire.ask("GET", MESSAGES)).status == 200


async def test_a_service_that_is_not_there_is_unavailable(stand: Stand) -> None:
    assert (await stand.ask("GET", "/api/v10/voice/regions")).status == 503


def breaking(stand: Stand, times: int, answer: bytes = b"") -> None:
    """Let the service break off so many requests, after saying something."""
    left = times

    def on_request(visit: Visit) -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            visit.transport.write(answer)
            visit.transport.close()
        else:
            visit.transport.write(OK)

    stand.service.on_request = on_request


@pytest.mark.parametrize(
    ("method", "times", "status", "asked"),
    [
        ("GET", 1, 200, 2),
        ("PUT", 1, 200, 2),
        ("DELETE", 1, 200, 2),
        ("GET", 2, 502, 2),
        ("POST", 1, 502, 1),
        ("PATCH", 1, 502, 1),
    ],
)
async def test_only_what_may_be_repeated_is_repeated_once(
    stand: Stand, method: str, times: int, status: int, asked: int
) -> None:
    breaking(stand, times)
    body = b'{"a":1}' if method != "GET" else b""
    wire = await stand.wire()
    reply = await wire.ask(method, MESSAGES + "/1", body=body)
    assert reply.status == status
    assert [seen.body for seen in stand.service.requests] == [body] * asked
    assert (await wire.ask("GET", MESSAGES)).status == 200, "the connection lives on"


async def test_a_body_that_was_not_begun_is_no_hindrance_to_repeating(stand: Stand) -> None:
    stand.service.on_head = lambda visit: (
        visit.transport.abort() if len(stand.service.visits) == 1 else None
    )
    wire = await stand.wire()
    wire.send(post(MESSAGES, "Content-Length: 2\r\n"))
    await stand.service.until(lambda: len(stand.service.visits) == 2)
    wire.send("{}")
    assert (await wire.reply()).status == 200
    assert stand.service.requests[-1].body == b"{}"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhalf\r\n",
    ],
)
async def test_a_break_in_mid_answer_is_not_hidden(stand: Stand, answer: bytes) -> None:
    breaking(stand, 1, answer)
    wire = await stand.wire()
    wire.send(post(MESSAGES, method="GET"))
    assert (await wire.head())[0] == 200
    rest = await wire.reader.read()
    assert len(rest) < 100
    assert not rest.endswith(b"0\r\n\r\n")
    assert len(stand.service.requests) == 1


async def test_an_answer_without_a_length_ends_with_the_connection(stand: Stand) -> None:
    breaking(stand, 1, b"HTTP/1.1 200 OK\r\n\r\nuntil the end")
    wire = await stand.wire()
    wire.send(post(MESSAGES, method="GET"))
    status, headers = await wire.head()
    assert (status, headers["connection"]) == (200, "close")
    assert await wire.reader.read() == b"until the end"


@pytest.mark.parametrize("answer", [b"SMTP ready\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"x" * 40_000])
async def test_what_is_no_http_is_a_bad_gateway(stand: Stand, answer: bytes) -> None:
    stand.service.says(answer)
    assert (await stand.ask("POST", MESSAGES, body=b"{}")).status == 502


async def test_interim_answers_of_a_service_are_swallowed(stand: Stand) -> None:
    stand.service.says(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n" + OK)
    assert (await stand.ask("GET", MESSAGES)).status == 200


async def test_a_connection_that_said_too_much_is_not_used_again(stand: Stand) -> None:
    stand.service.says(OK + OK)
    wire = await stand.wire()
    for _ in range(3):
        assert (await wire.ask("GET", MESSAGES)).json == {}
    assert len(stand.service.visits) == 3


async def test_an_idle_connection_closed_by_the_service_is_not_used(stand: Stand) -> None:
    wire = await stand.wire()
    assert (await wire.ask("POST", MESSAGES, body=b"{}")).status == 200
    stand.service.visits[0].transport.close()
    await stand.service.until(lambda: stand.service.lost == 1)
    pool = stand.edge.desk.upstreams.pool("chat")
    assert pool is not None
    async with asyncio.timeout(PATIENCE):
        while pool.counts()[0]:
            await asyncio.sleep(0)
    assert (await wire.ask("POST", MESSAGES, body=b"{}")).status == 200


async def test_a_service_too_slow_to_answer_is_given_up(stand: Stand) -> None:
    stand.service.on_request = lambda visit: None
    wire = await stand.wire()
    wire.send(post(MESSAGES, "Content-Length: 2\r\n") + "{}")
    await stand.service.until(lambda: len(stand.service.requests) == 1)
    stand.clock.advance(ANSWER_WITHIN_S + 1)
    stand.edge.sweep()
    reply = await wire.reply()
    assert (reply.status, reply.json["code"]) == (504, 0)
    await stand.service.until(lambda: stand.service.lost == 1)


async def test_waiting_for_a_connection_is_bounded(stand: Stand) -> None:
    pool = stand.edge.desk.upstreams.pool("chat")
    assert pool is not None
    pool.most, pool.most_waiting = 2, 1
    waiting: list[Visit] = []
    stand.service.on_request = waiting.append
    wires = [await stand.wire() for _ in range(4)]
    for number, wire in enumerate(wires[:2]):
        wire.send(post(f"/api/v10/channels/{number}/messages", method="GET"))
    await stand.service.until(lambda: len(waiting) == 2)
    wires[2].send(post("/api/v10/channels/2/messages", method="GET"))
    async with asyncio.timeout(PATIENCE):
        while pool.counts()[2] == 0:
            await asyncio.sleep(0)
    assert (await wires[3].ask("GET", MESSAGES)).status == 503
    stand.service.on_request = lambda visit: visit.transport.write(OK)
    for visit in waiting:
        visit.transport.write(OK)
    assert [(await wire.reply()).status for wire in wires[:3]] == [200, 200, 200]
    assert len(stand.service.visits) == 2


async def test_silent_connections_to_a_service_are_dropped_in_time(stand: Stand) -> None:
    wire = await stand.wire()
    await wire.ask("GET", MESSAGES)
    stand.clock.advance(UPSTREAM_IDLE_FOR_S + 1)
    stand.edge.sweep()
    await stand.service.until(lambda: stand.service.lost == 1)
    assert (await wire.ask("GET", MESSAGES)).status == 200


async def test_a_client_that_leaves_takes_its_request_along(stand: Stand) -> None:
    stand.service.on_request = lambda visit: None
    wire = await stand.wire()
    wire.send(post(MESSAGES, method="GET"))
    await stand.service.until(lambda: len(stand.service.requests) == 1)
    # Not a mere end of sending, after which an answer is still due, but a reset.
    no_linger = struct.pack("ii", 1, 0)
    wire.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
    wire.writer.transport.abort()
    await stand.service.until(lambda: stand.service.lost == 1)
    assert not stand.edge.desk.connections
