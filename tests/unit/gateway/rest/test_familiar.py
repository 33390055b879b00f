"""Only what was parsed before, byte for byte, is taken without parsing."""

from __future__ import annotations

import pytest

from gateway.rest.familiar import Familiar
from gateway.rest.heads import Head, Lines, read

BLOCK = b"Host: moim\r\nAuthorization: Bot x\r\nUser-Agent: a\r\n"


def request(line: bytes, block: bytes, body: bytes = b"") -> bytes:
    return b"%b HTTP/1.1\r\n%b\r\n%b" % (line, block, body)


def parsed(data: bytes) -> Head:
    """As the parser would say."""
    head, _, _ = data.partition(b"\r\n\r\n")
    line, *lines = head.split(b"\r\n")
    method, target, version = line.split(b" ")
    sorted_lines = Lines()
    for each in lines:
        name, _, value = each.partition(b":")
        sorted_lines.add(name, value.strip())
    return read(method, target, sorted_lines, version.decode()[5:])


@pytest.fixture
def familiar() -> Familiar:
    return Familiar()


def learn(familiar: Familiar, data: bytes) -> None:
    familiar.learn(data, parsed(data))


def test_nothing_is_known_at_first(familiar: Familiar) -> None:
    assert familiar.recognise(request(b"GET /a", BLOCK)) is None


def test_the_same_headers_are_known_for_every_path_and_method(familiar: Familiar) -> None:
    learn(familiar, request(b"GET /a", BLOCK))
    for line in (b"GET /a", b"DELETE /b?c=1", b"POST /d"):
        data = request(line, BLOCK)
        known = familiar.recognise(data)
        assert known is not None
        head, body = known
        fresh = parsed(data)
        fresh.passing = [b"".join(fresh.passing)]
        assert (head, body) == (fresh, b"")


def test_only_the_length_of_the_body_may_differ(familiar: Familiar) -> None:
    learn(familiar, request(b"POST /a", BLOCK + b"Content-Length: 2\r\nX: 1\r\n", b"{}"))
    known = familiar.recognise(
        request(b"POST /b", BLOCK + b"Content-Length: 5\r\nX: 1\r\n", b"hello")
    )
    assert known is not None
    assert (known[0].length, known[1]) == (5, b"hello")
    assert known[0].special[b"authorization"] == b"Bot x"


LENGTH = b"Content-Length: 2\r\n"


@pytest.mark.parametrize(
    "data",
    [
        request(b"POST /a", BLOCK + LENGTH, b"{"),
        request(b"POST /a", BLOCK + LENGTH, b"{}GET"),
        request(b"POST /a", BLOCK + LENGTH + LENGTH, b"{}"),
        request(b"POST /a", BLOCK + LENGTH + b"Transfer-Encoding: chunked\r\n", b"{}"),
        request(b"POST /a", LENGTH + BLOCK, b"{}"),
        request(b"POST /a", BLOCK + b"content-length : 2\r\n", b"{}"),
        request(b"POST /a", BLOCK + b"Content-Length: +2\r\n", b"{}"),
        request(b"POST /a", BLOCK + b"Content-Length: 2, 2\r\n", b"{}"),
        request(b"POST /a", BLOCK.replace(b"Bot x", b"Bot y") + LENGTH, b"{}"),
        request(b"POST /a b", BLOCK + LENGTH, b"{}"),
        request(b"POST a", BLOCK + LENGTH, b"{}"),
        request(b"POST /a#b", BLOCK + LENGTH, b"{}"),
        request(b"POST /\x80", BLOCK + LENGTH, b"{}"),
        request(b"TRACE /a", BLOCK + LENGTH, b"{}"),
        request(b"POST /a", BLOCK + LENGTH, b"{}").replace(b"HTTP/1.1", b"HTTP/1.0"),
        b"\r\n" + request(b"POST /a", BLOCK + LENGTH, b"{}"),
        b"",
        b"\r\n\r\n",
        b"POST /a",
    ],
)
def test_anything_else_is_left_to_the_parser(familiar: Familiar, data: bytes) -> None:
    learn(familiar, request(b"POST /a", BLOCK + LENGTH, b"{}"))
    assert familiar.recognise(data) is None


def test_a_header_can_not_pose_as_the_length_of_a_body(familiar: Familiar) -> None:
    for mark in (b"#", b"\0", b"\n", b""):
        learn(familiar, request(b"GET /a", b"Host: x" + mark + b"\r\nY: z\r\n"))
    data = request(b"POST /a", b"Host: x\r\nContent-Length: 2\r\nY: z\r\n", b"{}")
    assert familiar.recognise(data) is None


@pytest.mark.parametrize(
    "extra",
    [
        b"Transfer-Encoding: chunked\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
        b"X-Request-Id: abcdefgh\r\n",
        b"X-Long: " + b"x" * 1_100 + b"\r\n",
        b"Content-Length: x\r\n",
        b"Content-Length:2\r\n",
    ],
)
def test_what_needs_care_every_time_is_not_learnt(familiar: Familiar, extra: bytes) -> None:
    data = request(b"POST /a", BLOCK + extra, b"{}")
    learn(familiar, data)
    assert familiar.recognise(data) is None
    assert not familiar._known


def test_an_incomplete_head_teaches_nothing(familiar: Familiar) -> None:
    familiar.learn(b"GET /a HTTP/1.1\r\nHost: m", parsed(request(b"GET /a", BLOCK)))
    assert not familiar._known


def test_memory_is_bounded(familiar: Familiar) -> None:
    for number in range(5_000):
        learn(familiar, request(b"GET /a", BLOCK + b"X: %d\r\n" % number))
    assert len(familiar._known) <= 4_096


def test_a_head_that_comes_again_is_the_same_with_another_body(familiar: Familiar) -> None:
    block = BLOCK + b"Content-Length: 2\r\n"
    learn(familiar, request(b"POST /a", block, b"{}"))
    for body in (b"{}", b"[]", b"12"):
        known = familiar.recognise(request(b"POST /a", block, body))
        assert known is not None
        assert (known[0].path, known[0].length, known[1]) == (b"/a", 2, body)
    for rest in (b"", b"1", b"123"):
        assert familiar.recognise(request(b"POST /a", block, rest)) is None
    assert familiar.recognise(request(b"POST /a", block)[:-3]) is None
