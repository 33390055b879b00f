"""The edge from outside: what a service sees, what a client gets, who is turned away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import UserId
from tests.fixtures.patience import PATIENCE
from tests.service.gateway.edge_stand import AUTH, OK, TOKEN, Stand, standing

MESSAGES = "/api/v10/channels/9/messages"


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    async with standing() as built:
        yield built


# Under the server that runs it.


async def test_it_runs_under_uvicorn() -> None:
    async with standing(under_uvicorn=True) as stand:
        wire = await stand.wire()
        for path in (MESSAGES, "/api/v10/gateway", MESSAGES):
            assert (await wire.ask("GET", path)).status == 200
        assert len(stand.server.server_state.connections) == 1
        assert stand.server.server_state.total_requests == 3


# What a service sees.


async def test_a_request_reaches_its_service_with_the_identity_of_the_caller(stand: Stand) -> None:
    reply = await stand.ask("POST", MESSAGES + "?wait=1", body=b'{"content":"hi"}')
    assert (reply.status, reply.json) == (200, {})
    (seen,) = stand.service.requests
    assert seen.line == "POST /channels/9/messages?wait=1"
    assert seen.body == b'{"content":"hi"}'
    assert seen.identity("chat", stand.clock) == Identity(UserId(42), 7, Kind.BOT)
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["host"] == "moim"
    assert "authorization" not in seen


async def test_what_only_the_edge_may_say_is_stripped(stand: Stand) -> None:
    """A14: an identity that a client sends is not believed."""
    foreign = (
        AUTH + "X-Identity: bot.1.1.chat.1.abc\r\nX-Forwarded-For: 203.0.113.9\r\n"
        "X-Forwarded-Host: evil\r\nX-Real-IP: 203.0.113.9\r\nForwarded: for=1\r\nTE: trailers\r\n"
        "Keep-Alive: 5\r\nProxy-Authorization: x\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
        "X-Audit-Log-Reason: why\r\nUser-Agent: bot\r\n"
    )
    await stand.ask("GET", MESSAGES, foreign)
    (seen,) = stand.service.requests
    assert sorted(name for name, _ in seen.headers) == [
        "host",
        "user-agent",
        "x-audit-log-reason",
        "x-forwarded-for",
        "x-identity",
        "x-request-id",
    ]
    assert seen["x-forwarded-for"] == "127.0.0.1"
    identity = seen.identity("chat", stand.clock)
    assert identity is not None
    assert identity.user_id == 42


async def test_a_trusted_proxy_is_believed_about_its_clients() -> None:
    async with standing("127.0.0.0/8, 10.0.0.0/8") as stand:
        for told, believed in [
            ("203.0.113.9", "203.0.113.9"),
            ("6.6.6.6, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
            ("nonsense", "127.0.0.1"),
        ]:
            await stand.ask("GET", MESSAGES, AUTH + f"X-Forwarded-For: {told}\r\n")
            assert stand.service.requests[-1]["x-forwarded-for"] == believed


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [("abcd-1234", True), ("short", False), ("x" * 65, False), ("a b c d e f g", False)],
)
async def test_a_sane_request_id_is_kept_and_told(stand: Stand, given: str, is_kept: bool) -> None:
    reply = await stand.ask("GET", MESSAGES, AUTH + f"X-Request-Id: {given}\r\n")
    (seen,) = stand.service.requests
    assert reply.headers["x-request-id"] == seen["x-request-id"]
    assert (seen["x-request-id"] == given) is is_kept


async def test_an_anonymous_caller_is_stamped_as_nobody(stand: Stand) -> None:
    reply = await stand.ask("GET", "/api/v10/invites/abc", "")
    assert reply.status == 200
    assert stand.service.requests[0].identity("community", stand.clock) == NOBODY


async def test_an_absolute_target_is_understood(stand: Stand) -> None:
    reply = await stand.ask("GET", "http://moim" + MESSAGES)
    assert reply.status == 200
    assert stand.service.requests[0].line == "GET /channels/9/messages"


# What a client gets.


async def test_an_answer_carries_limits_and_leave_for_browsers(stand: Stand) -> None:
    stand.service.says(
        b"HTTP/1.1 201 Created\r\nserver: x\r\nconnection: keep-alive\r\nx-request-id: inner\r\n"
        b"access-control-allow-origin: other\r\ncontent-type: application/json\r\n"
        b"content-length: 2\r\n\r\n{}"
    )
    reply = await stand.ask("POST", MESSAGES, body=b"{}")
    assert reply.status == 201
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["x-ratelimit-limit"] == "5"
    assert reply.headers["x-ratelimit-remaining"] == "4"
    assert reply.headers["x-request-id"] != "inner"
    assert "server" not in reply.headers
    assert "connection" not in reply.headers


async def test_a_preflight_is_answered_at_the_edge(stand: Stand) -> None:
    asked = "Origin: https://a.test\r\nAccess-Control-Request-Method: PATCH\r\n"
    reply = await stand.ask("OPTIONS", MESSAGES, asked)
    assert reply.status == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "PATCH" in reply.headers["access-control-allow-methods"]
    assert "Authorization" in reply.headers["access-control-allow-headers"]
    assert int(reply.headers["access-control-max-age"]) > 0
    assert "access-control-allow-credentials" not in reply.headers
    assert stand.service.requests == []


async def test_head_has_no_body(stand: Stand) -> None:
    stand.service.says(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n")
    wire = await stand.wire()
    reply = await wire.ask("HEAD", MESSAGES)
    assert (reply.status, reply.headers["content-length"]) == (200, "500")
    reply = await wire.ask("HEAD", "/api/v10/nothing")
    assert (reply.status, reply.body) == (404, b"")
    assert (await wire.ask("HEAD", "/api/v10/gateway")).status == 200
    stand.service.says(OK)
    assert (await wire.ask("GET", MESSAGES)).json == {}


async def test_a_body_may_be_absent(stand: Stand) -> None:
    stand.service.says(b"HTTP/1.1 204 No Content\r\n\r\n")
    wire = await stand.wire()
    for _ in range(2):
        assert (await wire.ask("DELETE", MESSAGES + "/5")).status == 204


async def test_connections_are_kept_on_both_sides(stand: Stand) -> None:
    wire = await stand.wire()
    for _ in range(5):
        assert (await wire.ask("GET", MESSAGES)).status == 200
    assert len(stand.service.visits) == 1
    assert stand.calls.asked == 1


async def test_a_client_that_wants_to_close_is_closed(stand: Stand) -> None:
    wire = await stand.wire()
    reply = await wire.ask("GET", MESSAGES, AUTH + "Connection: close\r\n")
    assert reply.headers["connection"] == "close"
    assert await wire.is_closed()


async def test_http_1_0_is_answered_and_closed_without_chunks(stand: Stand) -> None:
    stand.service.says(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )
    wire = await stand.wire()
    wire.send(f"GET {MESSAGES} HTTP/1.0\r\n{AUTH}\r\n")
    status, headers = await wire.head()
    assert status == 200
    assert "transfer-encoding" not in headers
    assert await wire.reader.read() == b"abc"


async def test_pipelined_requests_are_answered_in_order(stand: Stand) -> None:
    wire = await stand.wire()
    paths = [MESSAGES, "/api/v10/nothing", "/api/v10/gateway", MESSAGES + "/1", MESSAGES + "/2"]
    for path in paths:
        wire.send(f"GET {path} HTTP/1.1\r\nHost: moim\r\n{AUTH}\r\n")
    assert [(await wire.reply()).status for _ in paths] == [200, 404, 200, 200, 200]
    assert [seen.line for seen in stand.service.requests] == [
        "GET /channels/9/messages",
        "GET /channels/9/messages/1",
        "GET /channels/9/messages/2",
    ]


async def test_pipelining_without_end_is_refused(stand: Stand) -> None:
    wire = await stand.wire()
    wire.send(f"GET {MESSAGES} HTTP/1.1\r\nHost: moim\r\n{AUTH}\r\n" * 200)
    answered = 0
    while (await wire.reply()).status in (200, 429):
        answered += 1
    assert answered == 64
    assert await wire.is_closed()


# The gateway's own routes.


async def test_the_gateway_says_where_its_socket_is(stand: Stand) -> None:
    reply = await stand.ask("GET", "/api/v10/gateway", "")
    assert reply.json == {"url": "ws://moim.test:8080"}


async def test_the_gateway_advises_bots(stand: Stand) -> None:
    assert (await stand.ask("GET", "/api/v10/gateway/bot", "")).status == 401
    reply = await stand.ask("GET", "/api/v10/gateway/bot")
    assert reply.json["url"] == "ws://moim.test:8080"
    assert reply.json["shards"] == 1
    assert set(reply.json["session_start_limit"]) == {
        "total",
        "remaining",
        "reset_after",
        "max_concurrency",
    }


async def test_the_landing_page_tells_how_to_connect(stand: Stand) -> None:
    reply = await stand.ask("GET", "/", "")
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/html")
    assert b"http://moim.test:8080/api/v10" in reply.body
    assert b"{{" not in reply.body


# Who is turned away.


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


# Upgrades.


async def test_a_websocket_is_handed_over_with_all_that_was_read(stand: Stand) -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nX-Extra: 1\r\n"
    wire = await stand.wire()
    wire.send(f"GET /?v=10 HTTP/1.1\r\nHost: moim\r\n{upgrade}\r\nframes")
    async with asyncio.timeout(PATIENCE):
        await stand.was_adopted.wait()
    ((transport, line, headers, rest, address),) = stand.adopted
    assert line == b"GET /?v=10"
    assert rest == b"frames"
    assert address == b"127.0.0.1"
    assert dict(headers)[b"upgrade"] == b"websocket"
    assert dict(headers)[b"x-extra"] == b"1"
    assert dict(headers)[b"host"] == b"moim"
    assert not stand.edge.desk.connections
    assert not stand.server_state.connections
    transport.abort()


async def test_a_websocket_elsewhere_is_not_found(stand: Stand) -> None:
    upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    reply = await stand.ask("GET", "/api/v10/users/@me", AUTH + upgrade)
    assert reply.status == 404


@pytest.mark.parametrize("body", [b"", b'{"content":"hi"}'])
async def test_other_upgrades_are_ignored(stand: Stand, body: bytes) -> None:
    upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
    wire = await stand.wire()
    for _ in range(2):
        reply = await wire.ask("POST", MESSAGES, AUTH + upgrade, body)
        assert reply.status == 200
    chunks = AUTH + upgrade + "Transfer-Encoding: chunked\r\n"
    wire.send(f"POST {MESSAGES} HTTP/1.1\r\nHost: moim\r\n{chunks}\r\n2\r\n")
    await wire.writer.drain()
    wire.send("hi\r\n0\r\n\r\n")
    assert (await wire.reply()).status == 200
    assert [seen.body for seen in stand.service.requests] == [body, body, b"hi"]
    assert "upgrade" not in stand.service.requests[0]


# Counting.


async def test_requests_are_counted_by_route_and_class(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    wire = await stand.wire()
    with caplog.at_level(logging.INFO, "moim"):
        await wire.ask("GET", MESSAGES)
        await wire.ask("GET", MESSAGES, "")
        await wire.ask("GET", "/nothing")
    assert not caplog.records
    text = stand.metrics.render().decode()
    counted = 'moim_edge_request_seconds_count{route="channels/{channel}/messages",status="%s"}'
    assert counted % "2xx" + " 1.0" in text
    assert counted % "4xx" + " 1.0" in text
    assert 'moim_edge_request_seconds_count{route="-",status="4xx"} 1.0' in text
    assert "moim_edge_connections 1.0" in text


async def test_the_token_never_reaches_a_log_or_a_service(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.service.says(b"HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n")
    with caplog.at_level(logging.DEBUG):
        assert (await stand.ask("GET", MESSAGES)).status == 500
    assert any(record.getMessage() == "request.failed" for record in caplog.records)
    assert TOKEN not in caplog.text
    assert TOKEN not in str(stand.service.requests)
