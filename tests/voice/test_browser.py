"""livekit-client in Chromium, unmodified, with fake devices: three people in one voice channel see
and hear each other, change layers, and come back after a break.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import pytest_asyncio
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from stack import node
from stack.suite import Suite
from tests.voice.browser import browsing
from tests.voice.callers import gathered

pytestmark = [pytest.mark.xdist_group("voice"), pytest.mark.asyncio(loop_scope="session")]

PAGE = Path(__file__).with_name("livekit.html")
LIBRARY = node.CORNER / "node_modules" / "livekit-client" / "dist" / "livekit-client.umd.js"
WITHIN_S = 120


@dataclass
class Tab:
    """What one page reports."""

    state: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    socket: ServerConnection | None = None

    def most(self, who: str, kind: str, what: str) -> int:
        """Of what comes from somebody."""
        found = self.state.get("received", [])
        return max((e[what] for e in found if (e["who"], e["kind"]) == (who, kind)), default=0)

    async def told(self, **order: Any) -> None:
        """Let the page do something."""
        assert self.socket is not None
        await self.socket.send(json.dumps(order))


class Desk:
    """Serves the page and hears its reports."""

    def __init__(self) -> None:
        self.tabs: dict[str, Tab] = {}
        self.url = ""
        self._news = asyncio.Event()

    async def hear(self, socket: ServerConnection) -> None:
        """One page."""
        assert socket.request is not None
        name = parse_qs(urlsplit(socket.request.path).query)["name"][0]
        tab = self.tabs.setdefault(name, Tab())
        tab.socket = socket
        async for said in socket:
            report = json.loads(said)
            if report["kind"] == "failed":
                tab.failures.append(report["text"])
            else:
                tab.state = report
            self._news.set()

    async def until(self, is_so: Callable[[], Any]) -> None:
        """Wait until pages report it; what one could not do ends the test."""
        try:
            async with asyncio.timeout(WITHIN_S):
                while not is_so():
                    assert not [text for tab in self.tabs.values() for text in tab.failures]
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            pytest.fail(json.dumps({name: tab.state for name, tab in self.tabs.items()}))


def _file(connection: ServerConnection, request: Request) -> Response | None:
    del connection
    if request.path.startswith("/report?"):
        return None
    is_page = not request.path.startswith("/livekit-client.js")
    kind = "text/html" if is_page else "text/javascript"
    headers = Headers({"content-type": f"{kind}; charset=utf-8", "connection": "close"})
    body = (PAGE if is_page else LIBRARY).read_bytes()
    return Response(HTTPStatus.OK.value, "OK", headers, body)


@asynccontextmanager
async def opened() -> AsyncIterator[Desk]:
    desk = Desk()
    async with serve(desk.hear, "127.0.0.1", 0, process_request=_file) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        desk.url = f"http://127.0.0.1:{port}"
        yield desk


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.mark.skipif(not LIBRARY.exists(), reason=node.ABSENT)
async def test_three_tabs_see_each_other_change_layers_and_come_back(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await gathered(house.url, stack, ("one", "two", "three"))
    desk = await stack.enter_async_context(opened())
    pages = []
    for number, caller in enumerate(club.callers):
        await caller.asks(club.guild_id, club.voice_id)
        way = await caller.way_in()
        query = f"url={quote(way['endpoint'])}&token={way['token']}&name={caller.id}"
        # The last one has two connections, as version 0 of the protocol wants it.
        query += "&two=1" if number == 2 else ""
        pages.append(f"{desk.url}/?{query}")
    await stack.enter_async_context(browsing(*pages))
    ids = [caller.id for caller in club.callers]

    def all_see(more: int = 0, since: dict[tuple[str, str], int] | None = None) -> bool:
        return len(desk.tabs) == 3 and all(
            desk.tabs[one].most(other, "video", "framesDecoded")
            > (since or {}).get((one, other), 0) + more
            and desk.tabs[one].most(other, "audio", "packetsReceived") > 20
            for one in ids
            for other in ids
            if one != other
        )

    await desk.until(lambda: all_see(20))
    one, two = desk.tabs[ids[0]], ids[1]
    await desk.until(lambda: one.most(two, "video", "frameWidth") >= 640)
    await one.told(kind="quality", quality="LOW")
    await desk.until(lambda: 0 < one.most(two, "video", "frameWidth") <= 320)
    before = one.most(two, "video", "framesDecoded")
    await desk.until(lambda: one.most(two, "video", "framesDecoded") > before + 20)
    await one.told(kind="drop")
    await desk.until(lambda: "reconnected" in one.state["events"])
    before = one.most(two, "video", "framesDecoded")
    await desk.until(lambda: one.most(two, "video", "framesDecoded") > before + 20)
