"""Headless Chromium with fake devices, and a page's words with a media worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from contracts.rpc import media, media_news
from contracts.rpc.media import TrackSpec
from tests.service.media_sfu.stand import Route, Stand

PAGE = Path(__file__).with_name("room.html")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


def chromium() -> str:
    """The program, or the test is skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not here (Debian: apt install chromium)")
    return found


@dataclass
class Tab:
    """One page that takes part in a room."""

    name: str
    socket: ServerConnection
    stats: dict[str, Any] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def received(self, kind: str, what: str) -> list[Any]:
        """Of every stream of this kind that comes in."""
        return [each.get(what) for each in self.stats.get("received", ()) if each["kind"] == kind]

    def sent(self, kind: str, what: str) -> list[Any]:
        """Of every stream of this kind that goes out."""
        return [each.get(what) for each in self.stats.get("sent", ()) if each["kind"] == kind]

    async def say(self, kind: str, **fields: Any) -> None:
        """To the page."""
        await self.socket.send(json.dumps({"kind": kind, **fields}))


@dataclass
class Bridge:
    """What signaling would be, in as few lines as a test needs."""

    stand: Stand
    url: str = ""
    tabs: dict[str, Tab] = field(default_factory=dict)
    routes: dict[str, Route] = field(default_factory=dict)
    """By name: lines that lead elsewhere first."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, socket: ServerConnection) -> None:
        """One page, until it goes."""
        name = parse_qs(urlsplit(socket.request.path).query)["name"][0]  # type: ignore[union-attr]
        tab = self.tabs[name] = Tab(name, socket)
        await self.stand.ask(media.OpenParticipant(room="room", participant=name))
        async for message in socket:
            said = json.loads(message)
            if said["kind"] == "stats":
                tab.stats = said
            elif said["kind"] == "failed":
                tab.failures.append(said["text"])
            else:
                await self._do(tab, said)
            self._news.set()

    async def _do(self, tab: Tab, said: dict[str, Any]) -> None:
        who = {"room": "room", "participant": tab.name}
        if said["kind"] == "publish":
            named = {"track": said["track"], "cid": said["cid"], "codec": said["codec"]}
            spec = TrackSpec(**named, kind=said["media"], uses_red=said["red"])
            await self.stand.ask(media.Publish(**who, track=spec))
            await tab.say("answered", ask=said["ask"])
        elif said["kind"] == "offer":
            answered = await self.stand.ask(media.Offer(**who, sdp=said["sdp"]))
            await tab.say("answered", ask=said["ask"], sdp=answered.sdp)
        elif said["kind"] == "answer":
            sdp, number = said["sdp"], said["offer_id"]
            await self.stand.ask(media.Answer(**who, sdp=sdp, offer_id=number))

    async def pass_on(self, said: media_news.Offered) -> None:
        """An offer of the worker."""
        with contextlib.suppress(ConnectionClosed):
            route = self.routes.get(said.participant)
            sdp = said.sdp if route is None else route(said.sdp)
            await self.tabs[said.participant].say("offered", sdp=sdp, offer_id=said.offer_id)

    async def until(self, is_so: Callable[[], Any], within: float = 60) -> None:
        """Wait until pages report it; what one of them could not do ends the test."""
        try:
            async with asyncio.timeout(within):
                while not is_so():
                    assert not [text for tab in self.tabs.values() for text in tab.failures]
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            said = {name: tab.stats for name, tab in self.tabs.items()}
            pytest.fail(f"not within {within:g} s: {json.dumps(said)}")


def _page(connection: ServerConnection, request: Request) -> Response | None:
    del connection
    if request.path.startswith("/room?"):
        return None
    headers = Headers({"content-type": "text/html", "connection": "close"})
    return Response(HTTPStatus.OK.value, "OK", headers, PAGE.read_bytes())


@asynccontextmanager
async def bridged(stand: Stand) -> AsyncIterator[Bridge]:
    """Pages can come."""
    bridge = Bridge(stand)
    stand.on_offer = bridge.pass_on
    async with serve(bridge.serve, "127.0.0.1", 0, process_request=_page) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        bridge.url = f"http://127.0.0.1:{port}"
        yield bridge


@asynccontextmanager
async def browsing(*urls: str) -> AsyncIterator[None]:
    """One Chromium with these pages."""
    program = chromium()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="moim-chromium-", ignore_cleanup_errors=True)
        )
        process = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={folder}",
            "--remote-debugging-port=0",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            port = await _devtools(Path(folder))
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as tools:
                for url in urls:
                    (await tools.put(f"/json/new?{quote(url, safe='')}")).raise_for_status()
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _devtools(folder: Path) -> int:
    """The port that it chose for itself."""
    told = folder / "DevToolsActivePort"
    async with asyncio.timeout(60):
        while not (told.exists() and told.read_text().strip()):
            await asyncio.sleep(0.05)  # a file tells nobody that it is written
    return int(told.read_text().split()[0])
