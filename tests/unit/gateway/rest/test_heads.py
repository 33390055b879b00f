"""Heads as they come in, go on, and come back."""

from __future__ import annotations

import pytest

from gateway.rest.heads import (
    CHUNKED,
    UNTIL_CLOSE,
    Head,
    Lines,
    answer,
    dechunked,
    for_service,
    lines_of,
    read,
    read_response,
)


def head_of(
    *headers: tuple[bytes, bytes],
    method: bytes = b"GET",
    target: bytes = b"/a?b=1",
    version: str = "1.1",
) -> Head:
    lines = Lines()
    for name, value in (*headers, (b"Host", b"moim")):
        lines.add(name, value)
    return read(method, target, lines, version)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        (b"/a?b=1?2", b"/a", b"?b=1?2"),
        (b"/a?", b"/a", b"?"),
        (b"http://moim/a?b", b"/a", b"?b"),
        (b"http://moim", b"/", b""),
        (b"*", b"/", b""),
        (b"a", b"/a", b""),
    ],
)
def test_every_form_of_target_is_read(target: bytes, path: bytes, query: bytes) -> None:
    head = head_of(target=target)
    assert (head.path, head.query) == (path, query)


@pytest.mark.parametrize(
    ("headers", "length", "fault"),
    [
        ([], 0, 0),
        ([(b"Content-Length", b"12")], 12, 0),
        ([(b"Transfer-Encoding", b"Chunked")], CHUNKED, 0),
        ([(b"Content-Length", b"1"), (b"Content-Length", b"1")], 0, 400),
        ([(b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked")], 0, 400),
        ([(b"Transfer-Encoding", b"chunked, chunked")], 0, 400),
        ([(b"Transfer-Encoding", b"identity")], 0, 400),
        ([(b"Content-Length", b"-1")], 0, 400),
        ([(b"Content-Length", "٣".encode())], 0, 400),
        ([(b"Content-Length", b"9" * 30)], 0, 400),
        ([(b"Host", b"other")], 0, 400),
        ([(b"Expect", b"100-Continue")], 0, 0),
        ([(b"Expect", b"more")], 0, 417),
    ],
)
def test_a_body_has_one_end_or_the_head_is_refused(
    headers: list[tuple[bytes, bytes]], length: int, fault: int
) -> None:
    head = head_of(*headers)
    assert (head.length, head.fault) == (length, fault)


def test_versions_and_what_they_keep_alive() -> None:
    assert head_of().is_keep_alive
    assert not head_of((b"Connection", b"Close")).is_keep_alive
    old = head_of((b"Connection", b"keep-alive"), version="1.0")
    assert (old.is_http10, old.is_keep_alive, old.fault) == (True, False, 0)
    assert head_of(version="2.0").fault == 505
    assert head_of(method=b"CONNECT").fault == 405
    assert read(b"GET", b"/", Lines(), "1.1").fault == 400
    assert read(b"GET", b"/", Lines(), "1.0").fault == 0


def test_a_service_gets_the_clients_headers_less_those_of_the_hop() -> None:
    head = head_of(
        (b"X-Keep", b"1"),
        (b"X-Hop", b"2"),
        (b"Connection", b"X-Hop, close"),
        (b"Upgrade", b"h2c"),
        (b"X-Forwarded-Proto", b"https"),
        (b"X-Identity", b"forged"),
        (b"Authorization", b"secret"),
        (b"Content-Length", b"2"),
    )
    wire = for_service(head, b"/inner", b"x-identity: real\r\n")
    assert wire == (
        b"GET /inner?b=1 HTTP/1.1\r\nhost: moim\r\nx-keep: 1\r\ncontent-length: 2\r\n"
        b"x-identity: real\r\n\r\n"
    )


def test_only_a_get_that_asks_twice_is_a_websocket() -> None:
    both = ((b"Connection", b"keep-alive, Upgrade"), (b"Upgrade", b"WebSocket"))
    assert head_of(*both).wants_websocket()
    assert not head_of(*both, method=b"POST").wants_websocket()
    assert not head_of(both[1]).wants_websocket()
    assert not head_of(both[0], (b"Upgrade", b"h2c")).wants_websocket()


def test_taken_over_connections_know_all_headers() -> None:
    lines = Lines()
    for name, value in ((b"Host", b"moim"), (b"X-A", b"b: c"), (b"Upgrade", b"websocket")):
        lines.add(name, value)
    assert sorted(lines.pairs()) == [
        (b"host", b"moim"),
        (b"upgrade", b"websocket"),
        (b"x-a", b"b: c"),
    ]
    assert lines.size() == len(b"host: moim\r\nx-a: b: c\r\nupgrade: websocket\r\n")


@pytest.mark.parametrize(
    ("head", "status", "length", "is_keep_alive"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5", 200, 5, True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked", 200, CHUNKED, True),
        (b"HTTP/1.1 200 OK\r\nconnection: close", 200, UNTIL_CLOSE, False),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 5", 200, 5, False),
        (b"HTTP/1.1 204 No Content", 204, 0, True),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5", 304, 0, True),
    ],
)
def test_responses_are_read(head: bytes, status: int, length: int, *, is_keep_alive: bool) -> None:
    for _ in range(2):
        response = read_response(head, has_no_body=False)
        assert response is not None
        assert (response.status, response.length, response.is_keep_alive) == (
            status,
            length,
            is_keep_alive,
        )


def test_the_same_head_has_no_body_when_head_was_asked() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 5"
    for has_no_body, length in ((False, 5), (True, 0), (False, 5)):
        response = read_response(head, has_no_body=has_no_body)
        assert response is not None
        assert response.length == length
        assert b"content-length: 5\r\n" in response.lines


def test_what_is_no_response_is_none() -> None:
    for head in (b"", b"SMTP", b"HTTP/1.1", b"HTTP/1.1 2x0 OK"):
        assert read_response(head, has_no_body=False) is None


def test_clients_see_nothing_of_the_inner_hop() -> None:
    response = read_response(
        b"HTTP/1.1 200 OK\r\nServer: x\r\nConnection: close\r\nX-Request-Id: 1\r\nX-A: b\r\n"
        b"Access-Control-Allow-Origin: x\r\nContent-Length: 1",
        has_no_body=False,
    )
    assert response is not None
    assert response.lines == b"HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 1\r\n"


def test_answers_of_the_edge_are_whole() -> None:
    assert answer(404, b"{}", b"A: b\r\n") == (
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nA: b\r\n\r\n{}"
    )
    assert answer(404, b"{}", b"", is_head=True).endswith(b"Content-Length: 2\r\n\r\n")
    assert answer(204, b"", b"") == b"HTTP/1.1 204 No Content\r\n\r\n"
    assert answer(599, b"", b"").startswith(b"HTTP/1.1 599 \r\n")


def test_chunk_framing_can_be_taken_back() -> None:
    lines = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n"
    assert dechunked(lines) == b"HTTP/1.1 200 OK\r\nX-A: b\r\n"


def test_an_applications_headers_lose_what_the_edge_says() -> None:
    assert lines_of([(b"content-length", b"2"), (b"X-A", b"b")]) == b"X-A: b\r\n"


@pytest.mark.parametrize(
    ("given", "is_sane"), [(b"a" * 8, True), (b"a" * 7, False), (b"a b", False)]
)
def test_request_ids_must_be_sane(given: bytes, *, is_sane: bool) -> None:
    assert (head_of((b"X-Request-Id", given)).request_id() == given) is is_sane
