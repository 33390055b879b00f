"""Asking the outside world, guarded: every address is looked up once, judged, and then gone to as
it was judged; every redirect is a new question; nothing is read beyond its bound.
"""

from __future__ import annotations

import asyncio
import socket
import zlib
from base64 import b64encode
from collections.abc import Collection
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin

import httpx
import orjson

from chassis import images
from chat_service.domain import pages
from chat_service.domain.addresses import PORTS, Unreachable, require_public
from chat_service.domain.links import plain
from contracts.errors import Invalid
from contracts.wire import JSON

HTML_BYTES = 1 << 20
PICTURE_BYTES = 8 << 20
JSON_BYTES = 64 << 10
SMALL_BYTES = 512 << 10
REDIRECTS = 3
WITHIN_S = 5.0
_HTML = frozenset(("text/html", "application/xhtml+xml"))
_PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_AWAY = (Unreachable, httpx.HTTPError, httpx.InvalidURL, OSError)
_MOVED = frozenset((301, 302, 303, 307, 308))
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Moim link preview)",
    "Accept": "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
}


@dataclass(frozen=True, slots=True)
class _Below:
    side: int = 640
    most_bytes: int = PICTURE_BYTES
    may_move: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a question."""

    url: str
    """Where it came from in the end."""
    kind: str
    content_type: str
    body: bytes


class Outside:
    """The outside world. `inside` are places (host, port) that are allowed although they are not
    public: for tests, and for whoever has a site of their own beside it.
    """

    def __init__(self, inside: Collection[tuple[str, int]] = ()) -> None:
        self._inside = frozenset(inside)
        self._client = httpx.AsyncClient(
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers=_HEADERS,
            # Connections are told apart by address: kept, one could serve another name there.
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=WITHIN_S,
            trust_env=False,
        )

    async def look(self, url: str) -> JSON | None:
        """The embed of a link and its picture, made small; None if there is nothing to show."""
        try:
            async with asyncio.timeout(2 * WITHIN_S):
                return await self._look(url)
        except (*_AWAY, TimeoutError, ValueError):
            return None

    async def _look(self, url: str) -> JSON | None:
        answer = await self._get(url, _HTML | _PICTURES)
        if answer.kind in _PICTURES:
            seen = await _small(answer.body)
            shown = pages.picture(answer.url, seen["width"], seen["height"]) if seen else None
            return {"embed": shown, "picture": seen}
        page = pages.read(answer.body, answer.content_type)
        more: dict[str, Any] = {}
        told_at = pages.oembed_address(answer.url) or page.oembed
        if told_at:
            more = await self._oembed(urljoin(answer.url, told_at))
        embed = pages.embed(url, page, more)
        if embed is None:
            return None
        return {"embed": embed, "picture": await self._picture_of(embed)}

    async def _picture_of(self, embed: JSON) -> JSON | None:
        """What the page would have everybody fetch from wherever it likes."""
        named = embed.get("image") or embed.get("thumbnail")
        try:
            return named and await _small((await self._get(named["url"], _PICTURES)).body)
        except (*_AWAY, ValueError):
            return None

    async def _oembed(self, url: str) -> dict[str, Any]:
        """What a provider says; a page that promises more than there is, is a page all the same."""
        try:
            answer = await self._get(url, frozenset(("application/json", "text/json")))
            said = orjson.loads(answer.body)
        except (*_AWAY, ValueError):
            return {}
        return said if isinstance(said, dict) else {}

    async def _get(self, url: str, kinds: Collection[str]) -> Answer:
        for _ in range(REDIRECTS + 1):
            address = plain(url)
            if address is None:
                raise Unreachable("url")
            response = await self._client.send(await self._pinned(address), stream=True)
            try:
                if response.status_code in _MOVED:
                    url = urljoin(address, response.headers.get("location", ""))
                    continue
                return await _read(response, address, kinds)
            finally:
                await response.aclose()
        raise Unreachable("redirects")

    async def _pinned(self, address: str) -> httpx.Request:
        """The question, to the very machine that was judged, in the name that was asked for."""
        url = httpx.URL(address)
        port = url.port or PORTS[url.scheme]
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, port, type=socket.SOCK_STREAM
        )
        machines = [str(one[4][0]) for one in found]
        if (url.host, port) not in self._inside:
            if port != PORTS[url.scheme]:
                raise Unreachable("port")
            require_public(machines)
        return self._client.build_request(
            "GET",
            url.copy_with(host=machines[0]),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={
                "sni_hostname": url.host,
                "timeout": dict.fromkeys(("connect", "read", "write", "pool"), WITHIN_S),
            },
        )


async def _read(response: httpx.Response, url: str, kinds: Collection[str]) -> Answer:
    content_type = response.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if response.status_code != 200 or kind not in kinds:
        raise Unreachable("answer")
    most = HTML_BYTES if kind in _HTML else PICTURE_BYTES if kind in _PICTURES else JSON_BYTES
    is_page = kind in _HTML
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "deflate", ""):
        raise Unreachable("encoding")
    inflating = zlib.decompressobj(47) if encoding in ("gzip", "deflate") else None
    body, came = bytearray(), 0
    async for data in response.aiter_raw(64 << 10):
        came += len(data)
        try:
            # One byte more than may be: that is how too much is told from just enough.
            body += inflating.decompress(data, most + 1 - len(body)) if inflating else data
        except zlib.error:
            raise Unreachable("encoding") from None
        if len(body) > most or came > most:
            if not is_page:
                raise Unreachable("size")
            break  # of a page the beginning is enough
    return Answer(url, kind, content_type, bytes(body[:most]))


async def _small(body: bytes) -> JSON | None:
    """A picture written anew, small enough for the place below a message."""
    try:
        made = await images.picture_from(body, _Below())
    except Invalid:
        return None
    if len(made.data) > SMALL_BYTES:
        return None
    said = {"media_type": made.media_type, "width": made.width, "height": made.height}
    return {**said, "data": b64encode(made.data).decode()}
