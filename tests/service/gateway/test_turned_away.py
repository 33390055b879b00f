"""Whom the edge turns away, and what they are told."""

from __future__ import annotations

import pytest

from tests.service.gateway.edge_stand import AUTH, Stand

MESSAGES = "/api/v10/channels/9/messages"


async def test_an_unknown_path_is_not_found_in_discords_shape(stand: Stand) -> None:
    reply = await stand.ask("GET", "/api/v10/nothing")
    assert reply.status == 404
    assert reply.json == {"message": "404: Not Found", "code": 0}


@pytest.mark.parametrize("shown", ["", "Authorization: Bot nonsense\r\n"])
async def test_without_a_good_token_nobody_passes(stand: Stand, shown: str) -> None:
    wire = await stand.wire()
    reply = await wire.ask("POST", MESSAGES, shown, b"{}")
    assert reply.status == 401
    assert reply.json == {"message": "401: Unauthorized", "code": 0}
    assert (await wire.ask("GET", MESSAGES)).status == 200, "the connection lives on"
    assert len(stand.service.requests) == 1


async def test_a_dead_token_does_not_pass(stand: Stand) -> None:
    stand.calls.is_known = False
    for _ in range(2):
        assert (await stand.ask("GET", MESSAGES)).status == 401
    assert stand.calls.asked == 1


async def test_without_user_service_a_token_can_not_be_judged(stand: Stand) -> None:
    stand.calls.is_away = True
    reply = await stand.ask("GET", MESSAGES)
    assert reply.status == 503
    assert reply.headers["retry-after"] == "1"
    assert reply.json["code"] == 0
    stand.calls.is_away = False
    assert (await stand.ask("GET", MESSAGES)).status == 200


async def test_too_many_are_told_when_to_come_back(stand: Stand) -> None:
    wire = await stand.wire()
    for _ in range(5):
        assert (await wire.ask("POST", MESSAGES, body=b"{}")).status == 200
    reply = await wire.ask("POST", MESSAGES, body=b"{}")
    assert reply.status == 429
    assert reply.json == {
        "message": "You are being rate limited.",
        "retry_after": 1.0,
        "global": False,
    }
    assert reply.headers["via"] == "1.1 moim"
    assert reply.headers["retry-after"] == "1"
    assert reply.headers["x-ratelimit-remaining"] == "0"
    assert reply.headers["x-ratelimit-scope"] == "user"
    assert reply.headers["x-ratelimit-reset-after"] == "5.000"
    assert len(reply.headers["x-ratelimit-bucket"]) == 32
    assert (await wire.ask("GET", MESSAGES)).status == 200, "another bucket"
    other = "/api/v10/channels/10/messages"
    assert (await wire.ask("POST", other, body=b"{}")).status == 200, "another channel"
    stand.clock.advance(1)
    assert (await wire.ask("POST", MESSAGES, body=b"{}")).status == 200


async def test_registering_is_limited_by_address(stand: Stand) -> None:
    wire = await stand.wire()
    path = "/api/v10/auth/register"
    statuses = [(await wire.ask("POST", path, "", b"{}")).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


async def test_who_comes_in_vain_too_often_is_shut_out(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.rest.ratelimit.VAIN_MOST", 3)
    wire = await stand.wire()
    for _ in range(3):
        assert (await wire.ask("GET", MESSAGES, "")).status == 401
    reply = await wire.ask("GET", "/api/v10/gateway", "")
    assert reply.status == 429
    assert reply.json["global"] is True
    assert reply.headers["x-ratelimit-global"] == "true"


SMUGGLED = {
    "two lengths of a body": "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two Content-Length": "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "the same Content-Length twice": "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "a list as Content-Length": "Content-Length: 2, 2\r\n\r\nab",
    "a signed Content-Length": "Content-Length: +2\r\n\r\nab",
    "another encoding": "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a veiled encoding": "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two encodings": "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
    "a folded header": "X-A: b\r\n c\r\n\r\n",
    "a space before the colon": "Content-Length : 2\r\n\r\nab",
    "a bare CR": "X-A: b\rc\r\n\r\n",
    "a NUL": "X-A: b\0c\r\n\r\n",
    "two hosts": "Host: other\r\n\r\n",
    "a bad chunk": "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED.keys())
async def test_a_request_that_could_be_read_in_two_ways_is_refused(stand: Stand, rest: str) -> None:
    wire = await stand.wire()
    wire.send(f"POST {MESSAGES} HTTP/1.1\r\nHost: moim\r\n{AUTH}{rest}GET / HTTP/1.1\r\n\r\n")
    reply = await wire.reply()
    assert reply.status == 400
    assert reply.json == {"message": "400: Bad Request", "code": 0}
    assert await wire.is_closed()
    assert stand.service.requests == []


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"GET {MESSAGES} HTTP/1.1\r\n{AUTH}\r\n", 400),
        ("CONNECT moim:443 HTTP/1.1\r\nHost: moim\r\n\r\n", 405),
        (f"GET {MESSAGES} HTTP/1.1\r\nHost: moim\r\nExpect: a miracle\r\n\r\n", 417),
        ("GET /\r\n\r\n", 505),
        ("\x16\x03\x01 hello\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: moim\n\n", 400),
        (f"GET {MESSAGES} HTTP/1.1\r\nHost: moim\r\nX-A: {'a' * 17_000}\r\n\r\n", 431),
        (f"GET /{'a' * 17_000} HTTP/1.1\r\nHost: moim\r\n\r\n", 431),
    ],
)
async def test_heads_that_make_no_sense_are_refused(stand: Stand, head: str, status: int) -> None:
    wire = await stand.wire()
    wire.send(head)
    reply = await wire.reply()
    assert reply.status == status
    assert reply.headers["connection"] == "close"
    assert await wire.is_closed()


async def test_a_head_that_grows_piece_by_piece_is_refused(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(f"GET {MESSAGES} HTTP/1.1\r\nHost: moim\r\nX-A: ")
    for _ in range(20):
        wire.send("a" * 1_000)
        await wire.writer.drain()
    assert (await wire.reply()).status == 431
