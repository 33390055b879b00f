"""Hot routes beside FastAPI on real connections, as the edge and as a rude client use them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, NamedTuple

import orjson
import pytest
from fastapi import APIRouter, Request
from pydantic_settings import SettingsConfigDict
from starlette.responses import Response

from chassis import parts
from chassis.hot import Begun, HotHandler, Promise
from chassis.http import application
from chassis.service import Service
from chassis.settings import ServiceSettings
from contracts import lane
from contracts.errors import ErrorCode, Forbidden, Unavailable
from contracts.identity import Identity, Kind, mint
from contracts.ids import UserId
from contracts.limits import BODY_BYTES
from tests.fixtures.identity import key
from tests.fixtures.patience import PATIENCE
from tests.fixtures.services import Running, running

ERRORS = {
    "refused": Forbidden(ErrorCode.MISSING_ACCESS),
    "refused-later": Unavailable(),
    "coroutine-refused": Forbidden(ErrorCode.MISSING_ACCESS),
    "bug": RuntimeError("a bug"),
    "bug-later": RuntimeError("a bug"),
    "coroutine-bug": RuntimeError("a bug"),
}
"""How a hot route fails, by its name."""


class Settings(ServiceSettings):
    """Of a service that is not there otherwise."""

    model_config = SettingsConfigDict(env_prefix="CHAT_", frozen=True, extra="ignore")
    service: ClassVar[str] = "chat"


@dataclass
class App:
    """Hot routes that a test steers."""

    held: asyncio.Queue[asyncio.Future[bytes]] = field(default_factory=asyncio.Queue)
    """Promises of /held, for the test to keep."""
    cold: asyncio.Queue[asyncio.Future[bytes]] = field(default_factory=asyncio.Queue)
    """The same for /cold-held, which FastAPI serves."""
    served: list[str] = field(default_factory=list)

    def build(self, settings: Settings) -> Service:
        """A service of nothing but doors."""
        service = Service(settings)
        router = APIRouter()
        router.add_api_route("/cold", self._cold, methods=["POST"])
        router.add_api_route("/cold-held", self._cold_held)
        parts.serve(service, settings, application("chat", router), self._match)
        return service

    def _match(self, method: str, path: str, query: bytes) -> HotHandler | None:
        if not path.startswith("/hot/"):
            return None
        return partial(self._hot, path.removeprefix("/hot/"), method.encode() + b"?" + query)

    def _hot(self, what: str, asked: bytes, who: Identity, body: bytes) -> Begun:
        self.served.append(what)
        future = asyncio.get_running_loop().create_future()
        match what:
            case "held":
                self.held.put_nowait(future)
            case "refused" | "bug":
                raise ERRORS[what]
            case "refused-later" | "bug-later":
                future.set_exception(ERRORS[what])
            case "coroutine":
                return _say(who, asked, body)
            case "coroutine-refused" | "coroutine-bug":
                return _fail(ERRORS[what])
            case "promise-then-coroutine":
                future.set_result(b"")
                return Promise(future, lambda _: _say(who, asked, body))
            case "bug-in-render":
                future.set_result(None)
                return Promise(future, lambda done: bytes(done.no_such_thing))
            case _:
                future.set_result(_said(who, asked, body))
        return Promise(future, lambda done: done)

    async def _cold(self, request: Request) -> Response:
        self.served.append("cold")
        return Response(await request.body(), media_type="application/json")

    async def _cold_held(self) -> Response:
        self.served.append("cold-held")
        future = asyncio.get_running_loop().create_future()
        self.cold.put_nowait(future)
        return Response(await future, media_type="application/json")


def _said(who: Identity, asked: bytes, body: bytes) -> bytes:
    return orjson.dumps([int(who.user_id), asked.decode(), len(body), body[:20].decode()])


async def _say(who: Identity, asked: bytes, body: bytes) -> bytes:
    return _said(who, asked, body)


async def _fail(error: Exception) -> bytes:
    raise error


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    json: Any


@dataclass
class Line:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, method: str, path: str, body: bytes = b"", *headers: str) -> None:
        """A request, without waiting."""
        lines = [f"{method} {path} HTTP/1.1", "host: x", *headers]
        if not any("transfer-encoding" in header for header in headers):
            lines.append(f"content-length: {len(body)}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)

    async def answer(self) -> Answer:
        """The next answer."""
        async with asyncio.timeout(PATIENCE):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
            body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Answer(int(head[0].split(" ")[1]), headers, orjson.loads(body) if body else None)

    async def asks(self, method: str, path: str, body: bytes = b"", *headers: str) -> Answer:
        """A request and its answer."""
        self.send(method, path, body, *headers)
        return await self.answer()

    async def ended(self) -> bool:
        """Whether the other side closes without another word."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read() == b""


@dataclass
class Stand:
    """The running app, and a connection to it."""

    app: App
    running: Running
    line: Line

    async def another(self) -> Line:
        """One more connection."""
        port = self.running.service.settings.port
        return Line(*await asyncio.open_connection("127.0.0.1", port))


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    app = App()
    async with running(Settings, app.build) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.service.settings.port)
        yield Stand(app, service, Line(reader, writer))
        writer.close()


async def test_a_promise_and_a_coroutine_are_answered_as_json(stand: Stand) -> None:
    for what in ("promise", "coroutine", "promise-then-coroutine"):
        answer = await stand.line.asks("POST", f"/hot/{what}?a=1", b"body")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json == [0, "POST?a=1", 4, "body"]


async def test_whoever_the_edge_vouches_for_is_known(stand: Stand) -> None:
    now = stand.running.service.clock.now_ms() // 1000
    alice = Identity(UserId(12), 1, Kind.USER)
    known = mint(alice, "chat", key("id.chat"), now)
    answer = await stand.line.asks("GET", "/hot/promise", b"", f"X-Identity: {known}")
    assert answer.json[0] == 12
    foreign = mint(alice, "user", key("id.user"), now)
    answer = await stand.line.asks("GET", "/hot/promise", b"", f"x-identity: {foreign}")
    assert (answer.status, answer.json["code"]) == (401, 0)


@pytest.mark.parametrize("what", ["refused", "coroutine-refused"])
async def test_a_refusal_has_its_status_and_code(stand: Stand, what: str) -> None:
    answer = await stand.line.asks("GET", f"/hot/{what}")
    assert (answer.status, answer.json) == (403, {"message": "Missing Access", "code": 50001})
    assert answer.headers["content-type"] == "application/json"


async def test_a_refusal_has_its_headers(stand: Stand) -> None:
    answer = await stand.line.asks("GET", "/hot/refused-later")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("what", ["bug", "bug-later", "coroutine-bug", "bug-in-render"])
async def test_a_bug_is_answered_and_the_connection_lives_on(stand: Stand, what: str) -> None:
    answer = await stand.line.asks("GET", f"/hot/{what}")
    assert (answer.status, answer.json["code"]) == (500, 0)
    assert answer.headers["content-type"] == "application/json"
    assert (await stand.line.asks("GET", "/hot/promise")).status == 200


async def test_hot_routes_and_fastapi_share_a_connection(stand: Stand) -> None:
    for _ in range(2):
        assert (await stand.line.asks("POST", "/hot/promise", b"x")).json[2] == 1
        assert (await stand.line.asks("POST", "/cold", b"[1]")).json == [1]
        assert (await stand.line.asks("GET", "/nowhere")).json["code"] == 0
    assert (await stand.line.asks("GET", "/hot/coroutine")).json[2] == 0
    assert (await stand.line.asks("GET", "/hot/promis%65")).status == 404


@pytest.mark.parametrize("path", ["/hot/promise", "/cold"])
async def test_a_body_may_come_in_chunks(stand: Stand, path: str) -> None:
    body = b"3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n"
    answer = await stand.line.asks("POST", path, body, "transfer-encoding: chunked")
    assert answer.json == ([0, "POST?", 5, "[1,2]"] if path == "/hot/promise" else [1, 2])


@pytest.mark.parametrize("path", ["/hot/promise", "/cold"])
async def test_whoever_waits_for_leave_to_send_a_body_is_answered(stand: Stand, path: str) -> None:
    line = stand.line
    line.writer.write(
        f"POST {path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n"
        "content-length: 3\r\n\r\n".encode()
    )
    assert (await line.answer()).status == 100
    line.writer.write(b"[1]")
    assert (await line.answer()).status == 200


async def test_a_body_has_a_limit(stand: Stand) -> None:
    answer = await stand.line.asks("POST", "/hot/promise", b"x" * (BODY_BYTES + 1))
    assert (answer.status, answer.json["code"]) == (413, 40005)
    assert stand.app.served == []
    answer = await stand.line.asks("POST", "/hot/promise", b"x" * BODY_BYTES)
    assert answer.json[2] == BODY_BYTES


@pytest.mark.parametrize("second", ["/hot/promise", "/cold"])
async def test_whoever_pipelines_behind_a_hot_request_is_answered_once(
    stand: Stand, second: str
) -> None:
    stand.line.send("GET", "/hot/held")
    stand.line.send("POST", second, b"[1]")
    (await stand.app.held.get()).set_result(b'"first"')
    assert (await stand.line.answer()).json == "first"
    assert await stand.line.ended()
    assert stand.app.served == ["held"]


async def test_a_hot_request_never_overtakes_the_one_before_it(stand: Stand) -> None:
    stand.line.send("GET", "/cold-held")
    stand.line.send("POST", "/hot/promise", b"x")
    held = await stand.app.cold.get()
    held.set_result(b'"first"')
    assert (await stand.line.answer()).json == "first"
    assert await stand.line.ended()
    assert stand.app.served == ["cold-held"]


async def test_a_stop_waits_for_hot_requests_and_then_disconnects(stand: Stand) -> None:
    stand.line.send("GET", "/hot/held")
    held = await stand.app.held.get()
    idle = await stand.another()
    assert (await idle.asks("GET", "/hot/promise")).status == 200
    stopping = asyncio.ensure_future(stand.running.service.stop())
    assert await idle.ended()
    idle.writer.close()
    held.set_result(b'"late"')
    assert (await stand.line.answer()).json == "late"
    assert await stand.line.ended()
    await stopping


async def test_an_asker_who_hangs_up_harms_nobody(stand: Stand) -> None:
    stand.line.send("GET", "/hot/held")
    held = await stand.app.held.get()
    stand.line.writer.transport.abort()
    held.set_result(b'"to nobody"')
    async with asyncio.timeout(PATIENCE):
        again = await stand.another()
        assert (await again.asks("GET", "/hot/promise")).status == 200
    again.writer.close()


async def laned(stand: Stand) -> Line:
    """A lane."""
    line = await stand.another()
    line.writer.write(lane.OPENING)
    async with asyncio.timeout(PATIENCE):
        assert await line.reader.readexactly(len(lane.ACCEPTED)) == lane.ACCEPTED
    return line


def question(turn: int, what: str, body: bytes = b"") -> bytes:
    """Something asked on a lane."""
    path = f"/hot/{what}".encode()
    return lane.ask(lane.Question(b"%d" % turn, b"POST", path, b"", b"request-1", body))


async def answers(line: Line, count: int) -> dict[int, lane.Answer]:
    """The next answers, by turn."""
    found, rest = [], b""
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            heard, rest = lane.answers(rest + await line.reader.read(1 << 16))
            found += heard
    assert len(found) == count
    return {int(answer.turn): answer for answer in found}


async def test_a_lane_answers_what_it_can_and_keeps_turns_apart(stand: Stand) -> None:
    line = await laned(stand)
    asked = ["held", "coroutine", "refused-later", "promise", "bug", "promise-then-coroutine"]
    whole = b"".join(question(turn, what, b"x" * turn) for turn, what in enumerate(asked, 1))
    line.writer.write(whole[:100])
    await line.writer.drain()
    line.writer.write(whole[100:])
    found = await answers(line, 5)
    assert {turn: answer.status for turn, answer in found.items()} == {
        2: 200,
        3: 503,
        4: 200,
        5: 500,
        6: 200,
    }
    assert orjson.loads(found[4].body) == [0, "POST?", 4, "xxxx"]
    assert found[3].lines == b"retry-after: 1\r\n"
    (await stand.app.held.get()).set_result(b'"late"')
    assert (await answers(line, 1))[1].body == b'"late"'
    line.writer.close()


async def test_a_lane_leads_to_hot_routes_only(stand: Stand) -> None:
    line = await laned(stand)
    cold = lane.Question(b"1", b"POST", b"/cold", b"", b"request-1", b"")
    line.writer.write(lane.ask(cold) + question(2, "promise"))
    found = await answers(line, 2)
    assert (found[1].status, found[2].status) == (404, 200)
    line.writer.write(b"what?\n")
    assert await line.ended()
    line.writer.close()


async def test_a_stop_says_farewell_to_a_lane_and_answers_what_it_was_asked(stand: Stand) -> None:
    line = await laned(stand)
    line.writer.write(question(1, "held"))
    held = await stand.app.held.get()
    stopping = asyncio.ensure_future(stand.running.service.stop())
    assert 0 in await answers(line, 1)
    line.writer.write(question(2, "promise"))
    assert 2 in await answers(line, 1), "it was on the way already"
    held.set_result(b'"late"')
    assert (await answers(line, 1))[1].body == b'"late"'
    line.writer.close()
    await stopping


async def test_files_are_left_to_fastapi(stand: Stand) -> None:
    parts = "content-type: multipart/form-data; boundary=x"
    assert (await stand.line.asks("POST", "/hot/promise", b"x", parts)).status == 404
    assert stand.app.served == []
