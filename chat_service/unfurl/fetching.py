"""Asking the outside world, guarded: every address is looked up once, judged, and then gone to as
it was judged; every redirect is a new question; nothing is read beyond its bound.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from io import BytesIO
from typing import Any
from urllib.parse import urljoin

import httpx
import orjson

from chat_service.domain import pages
from chat_service.domain.addresses import PORTS, Unreachable, require_public
from chat_service.domain.links import plain
from contracts.wire import JSON

HTML_BYTES = 1 << 20
PICTURE_BYTES = 8 << 20
JSON_BYTES = 64 << 10
REDIRECTS = 3
WITHIN_S = 5.0
_HTML = frozenset(("text/html", "application/xhtml+xml"))
_PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_BROKEN = (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, struct.error)
"""Decoders fail in many ways, and say nothing else by it."""
_MOVED = frozenset((301, 302, 303, 307, 308))
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Moim link preview)",
    "Accept": "text/html,application/xhtml+xml,image/*;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
}


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
        """The embed of a link, or None if there is nothing to show."""
        try:
            async with asyncio.timeout(2 * WITHIN_S):
                return await self._look(url)
        except (Unreachable, httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, ValueError):
            return None

    async def _look(self, url: str) -> JSON | None:
        answer = await self._get(url, _HTML | _PICTURES)
        if answer.kind in _PICTURES:
            return _pictured(answer)
        page = pages.read(answer.body, answer.content_type)
        more: dict[str, Any] = {}
        told_at = pages.oembed_address(answer.url) or page.oembed
        if told_at:
            more = await self._oembed(urljoin(answer.url, told_at))
        return pages.embed(url, page, more)

    async def _oembed(self, url: str) -> dict[str, Any]:
        """What a provider says; a page that promises more than there is, is a page all the same."""
        try:
            answer = await self._get(url, frozenset(("application/json", "text/json")))
            said = orjson.loads(answer.body)
        except (Unreachable, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
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


def _pictured(answer: Answer) -> JSON | None:
    from PIL import Image

    try:
        with Image.open(BytesIO(answer.body), formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            return pages.picture(answer.url, image.width, image.height)
    except (*_BROKEN, Image.DecompressionBombError):
        return None
