"""The edge from outside: what a service sees, and what a client gets."""

from __future__ import annotations

import asyncio
import logging

import pytest

from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import UserId
from tests.fixtures.patience import PATIENCE
from tests.service.gateway.edge_stand import AUTH, OK, TOKEN, Stand, standing

MESSAGES = "/api/v10/channels/9/messages"


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
