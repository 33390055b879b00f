"""Links are looked at by a worker of their own: a real one, in front of a real server."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chassis.service import listen
from contracts.permissions import Permission
from tests.fixtures.patience import until
from tests.fixtures.postgres import Cluster
from tests.service.chat_service.conftest import standing
from tests.service.chat_service.house import ALICE, BOB, OWNER, PLAIN, House

pytestmark = pytest.mark.asyncio(loop_scope="session")

ARTICLE = """<html><head><title>Tab</title>
<meta property="og:title" content="Moim &amp; friends"><meta property="og:site_name" content="News">
<meta property="og:description" content=" A   long
read. "><meta property="og:image" content="/p.png"><meta property="og:image:width" content="640">
<meta property="og:image:height" content="320"><meta name="theme-color" content="#336699">
<meta property="og:type" content="article"></head><body><meta property="og:title" content="no">"""
OEMBED = '<head><link rel="alternate" type="application/json+oembed" href="/oembed">'
FILM = b'{"title": "Film", "author_name": "Mina", "thumbnail_url": 7, "html": "<script>"}'
BOMB = gzip.compress(b"<title>bomb</title>" + bytes(32 << 20), 1)


def drawn() -> bytes:
    out = BytesIO()
    Image.new("RGB", (30, 20)).save(out, "PNG")
    return out.getvalue()


PAGES = {
    "/article": (ARTICLE.encode(), "text/html; charset=utf-8", ""),
    "/other": (ARTICLE.encode(), "text/html", ""),
    "/korean": ("<title>모임</title>".encode("euc-kr"), "text/html; charset=euc-kr", ""),
    "/squeezed": (gzip.compress(ARTICLE.encode()), "text/html", "gzip"),
    "/bomb": (BOMB, "image/png", "gzip"),
    "/oembedded": (OEMBED.encode(), "text/html", ""),
    "/oembed": (FILM, "application/json", ""),
    "/p.png": (drawn(), "image/png", ""),
    "/slow": (ARTICLE.encode(), "text/html", ""),
    "/script": (b"alert(1)", "text/javascript", ""),
}
MOVED = {
    "/moved": "/article",
    "/inside": "http://127.0.0.1:1/secret",
    "/metadata": "http://169.254.169.254/latest/meta-data",
    "/round": "/round",
}


@dataclass
class Web:
    """A site, and what it was asked."""

    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    heads: list[dict[str, str]] = field(default_factory=list)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    """Until then `/slow` is not answered."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, request: Request) -> Response:
        path = request.url.path
        self.asked[path] += 1
        self.heads.append(dict(request.headers))
        if path == "/slow":
            await self.opened.wait()
        if path in MOVED:
            return RedirectResponse(MOVED[path])
        body, kind, encoding = PAGES.get(path, (b"", "text/html", ""))
        headers = {"Content-Type": kind} | ({"Content-Encoding": encoding} if encoding else {})
        return Response(body, 200 if path in PAGES else 404, headers)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def web() -> AsyncIterator[Web]:
    web = Web()
    app = Starlette(routes=[Route("/{path:path}", web.answer)])
    listener = listen("127.0.0.1", 0)
    web.port = listener.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    serving = asyncio.ensure_future(server._serve([listener]))
    yield web
    server.should_exit = True
    await serving


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def curious(
    cluster: Cluster,
    redis_of_houses: str,
    tmp_path_factory: pytest.TempPathFactory,
    web: Web,
) -> AsyncIterator[House]:
    blobs, inside = tmp_path_factory.mktemp("blobs"), f"127.0.0.1:{web.port}"
    more = {"previews": True, "previews_inside": inside}
    async with standing(cluster, redis_of_houses, blobs, **more) as house:
        house.begin()
        yield house
        await house.settled()


async def shown(house: House, room: int, message_id: str) -> list[dict[str, Any]]:
    """The embeds of a message once there are some."""
    (message,) = await until(
        lambda: house.history(OWNER, room, f"?around={message_id}&limit=1"),
        lambda page: page[0]["embeds"],
    )
    return list(message["embeds"])


async def looked_at(house: House, room: int, path: str, web: Web) -> list[dict[str, Any]]:
    """The same of a message that has only this link."""
    return await shown(house, room, (await house.send(ALICE, room, f"see {web.url(path)}!"))["id"])


async def test_a_page_is_shown_as_it_says_of_itself(curious: House, web: Web) -> None:
    guild = curious.guild()
    room = int(curious.channel(guild).id)
    (embed,) = await looked_at(curious, room, "/article", web)
    assert embed == {
        **{"type": "article", "url": web.url("/article"), "title": "Moim & friends"},
        **{"description": "A long read.", "provider": {"name": "News"}, "color": 0x336699},
        "thumbnail": {**embed["thumbnail"], "url": web.url("/p.png"), "width": 30, "height": 20},
    }
    ours = embed["thumbnail"]["proxy_url"]
    assert ours.startswith(f"https://moim.example/attachments/{room}/")
    (picture,) = curious.files(room).values()
    with Image.open(BytesIO(picture)) as image:
        assert image.size == (30, 20)
    name, told = (await curious.told(guild))[-1]
    assert (name, told["embeds"], told["edited_timestamp"]) == ("MessageUpdate", [embed], None)
    assert not {"cookie", "authorization", "referer"} & {key for head in web.heads for key in head}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/moved", {"title": "Moim & friends", "url": "/moved"}),
        ("/squeezed", {"title": "Moim & friends"}),
        ("/korean", {"title": "모임", "type": "link"}),
        ("/oembedded", {"title": "Film", "author": {"name": "Mina"}}),
        ("/p.png", {"type": "image"}),
    ],
)
async def test_links_of_every_kind_are_shown(
    curious: House, web: Web, path: str, expected: dict[str, Any]
) -> None:
    (embed,) = await looked_at(curious, curious.room(), path, web)
    found = {name: embed.get(name) for name in expected}
    if "url" in expected:
        found["url"] = found["url"].removeprefix(web.url(""))
    assert found == expected


async def test_what_leads_nowhere_or_inside_is_not_shown(curious: House, web: Web) -> None:
    """The last link is good: when it is shown, all others were looked at."""
    room = curious.room()
    for path in ("/bomb", "/inside", "/metadata", "/round", "/script", "/missing"):
        text = f"{web.url(path)} http://localhost/ http://[::1]/ {web.url('/article')}"
        (embed,) = await shown(curious, room, (await curious.send(ALICE, room, text))["id"])
        assert embed["title"] == "Moim & friends"
    assert web.asked["/round"] == 4


async def test_a_link_that_nobody_came_to_look_at_is_found_again(curious: House, web: Web) -> None:
    """As after a `kill -9`: that it is to be looked at is stored with the message."""
    room = curious.room()
    waits = "SELECT count(*) FROM chat.unseen_links WHERE channel_id = $1"
    web.opened.clear()
    sent = await curious.send(ALICE, room, web.url("/slow"))
    assert await curious.admin.fetchval(waits, room) == 1
    web.opened.set()
    assert await shown(curious, room, sent["id"])

    async def is_settled() -> bool:
        return not await curious.admin.fetchval(waits, room)

    await curious.until(is_settled)
    forget = "UPDATE chat.messages SET extras = NULL WHERE channel_id = $1"
    await curious.admin.execute(forget, room)
    wish = "INSERT INTO chat.unseen_links SELECT channel_id, id, now(), 0 FROM chat.messages"
    await curious.admin.execute(f"{wish} WHERE channel_id = $1", room)
    await curious.running.job("previews")
    assert await shown(curious, room, sent["id"])
    await curious.until(is_settled)
    await curious.admin.execute(f"{wish} WHERE channel_id = $1", room)
    await curious.admin.execute("UPDATE chat.unseen_links SET tries = 9")
    await curious.running.job("previews")
    assert await is_settled(), "what was tried often is given up"


async def test_whoever_wants_none_gets_none(curious: House, web: Web) -> None:
    room, quiet = curious.room(), curious.room(PLAIN & ~Permission.EMBED_LINKS)
    url = web.url("/article")
    for text, more in ((f"<{url}>", {}), (f"`{url}`", {}), (url, {"flags": 4})):
        await curious.send(ALICE, room, text, **more)
    await curious.send(ALICE, quiet, url)
    allowed = await curious.send(OWNER, quiet, url)
    assert await shown(curious, quiet, allowed["id"])
    last = await curious.send(ALICE, room, url)
    assert await shown(curious, room, last["id"])
    for where in (room, quiet):
        assert [bool(one["embeds"]) for one in await curious.history(BOB, where)].count(True) == 1
    path = f"/channels/{room}/messages/{last['id']}"
    for flags, expected in ((4, 0), (0, 1)):
        answer = await curious.asks(ALICE, "PATCH", path, json={"flags": flags})
        assert len(answer.json()["embeds"]) == expected


async def test_a_link_is_asked_for_once_and_an_edit_is_looked_at_anew(
    curious: House, web: Web
) -> None:
    me, other = curious.newcomer(), curious.newcomer()
    curious.neighbours.friends.add(frozenset((me, other)))
    there = int((await curious.opens(me, other))["id"])
    ids = [(await curious.send(me, there, web.url("/other")))["id"] for _ in range(3)]
    await until(lambda: curious.history(me, there), lambda page: all(one["embeds"] for one in page))
    assert web.asked["/other"] == 1
    path = f"/channels/{there}/messages/{ids[0]}"
    await curious.swept(there, left=3)
    answer = await curious.asks(me, "PATCH", path, json={"content": "nothing"})
    assert answer.json()["embeds"] == []
    await curious.swept(there, left=2)
    await curious.asks(me, "PATCH", path, json={"content": web.url("/other")})
    await until(lambda: curious.history(me, there), lambda page: all(one["embeds"] for one in page))
