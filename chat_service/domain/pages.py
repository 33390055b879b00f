"""What a page says of itself (OpenGraph, Twitter cards, oEmbed), and the embed made of it. Pure;
pages are strangers' work, so every field is looked at before it is believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, quote, urljoin, urlsplit

from chat_service.domain.links import plain
from contracts.wire import JSON

HEAD_BYTES = 512 << 10
"""What a page says of itself stands at its beginning."""
_MOST_TAGS = 512
_WORDS = {"title": 256, "description": 350, "name": 256}
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_-]{2,20})", re.IGNORECASE)
_CHARSETS = frozenset(
    {
        *("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1250", "windows-1251"),
        *("windows-1252", "euc-kr", "cp949", "shift_jis", "euc-jp", "gb2312", "gbk", "gb18030"),
        *("big5", "koi8-r"),
    }
)
"""Names that lead to tables; Python knows some that compute, at a price."""
_YOUTUBE = re.compile(r"[A-Za-z0-9_-]{11}")
_COLOUR = re.compile(r"#([0-9A-Fa-f]{6})")


@dataclass
class Page:
    """The head of a page."""

    title: str = ""
    said: dict[str, str] = field(default_factory=dict)
    """`property` or `name` of a meta element, and its content; the first of each counts."""
    oembed: str = ""
    """Where more is said in JSON."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = Page()
        self.is_over = False
        self._tags = 0
        self._is_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags += 1
        self.is_over = self.is_over or tag == "body" or self._tags > _MOST_TAGS
        if self.is_over:
            return
        said = {name: value or "" for name, value in attrs}
        self._is_title = tag == "title" and not self.page.title
        if tag == "meta":
            name = said.get("property") or said.get("name") or ""
            if name and said.get("content"):
                self.page.said.setdefault(name.strip().lower(), said["content"])
        elif tag == "link" and said.get("type") == "application/json+oembed":
            self.page.oembed = self.page.oembed or said.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        self._is_title = False
        self.is_over = self.is_over or tag == "head"

    def handle_data(self, data: str) -> None:
        if self._is_title and len(self.page.title) < _WORDS["title"]:
            self.page.title += data


def read(body: bytes, content_type: str) -> Page:
    """What the head of a page says."""
    reader = _Reader()
    text = _decoded(body[:HEAD_BYTES], content_type)
    for at in range(0, len(text), 4_096):
        reader.feed(text[at : at + 4_096])
        if reader.is_over:
            break
    return reader.page


def _decoded(body: bytes, content_type: str) -> str:
    named = _CHARSET.search(content_type.encode("ascii", "ignore")) or _CHARSET.search(body[:1_024])
    charset = named[1].decode().lower() if named else "utf-8"
    if charset == "ks_c_5601-1987":
        charset = "cp949"
    return body.decode(charset if charset in _CHARSETS else "utf-8", "replace").replace("\0", "")


def oembed_address(url: str) -> str | None:
    """Where a provider that we know says more of its page."""
    if _video(url) is None:
        return None
    return f"https://www.youtube.com/oembed?format=json&url={quote(url, safe='')}"


def _video(url: str) -> str | None:
    """The number of a film on YouTube."""
    parsed = urlsplit(url)
    host = (parsed.hostname or "").removeprefix("www.").removeprefix("m.")
    found = ""
    if host == "youtu.be":
        found = parsed.path[1:]
    elif host == "youtube.com" and parsed.path == "/watch":
        found = parse_qs(parsed.query).get("v", [""])[0]
    elif host == "youtube.com" and parsed.path.startswith(("/shorts/", "/live/")):
        found = parsed.path.split("/")[2]
    return found if _YOUTUBE.fullmatch(found) else None


def picture(url: str, width: int, height: int) -> JSON:
    """The embed of a link to a picture itself."""
    seen = {"url": url, "width": width, "height": height}
    return {"type": "image", "url": url, "thumbnail": seen}


def embed(url: str, page: Page, more: Mapping[str, Any] | None = None) -> JSON | None:
    """The embed of a page; None if it says nothing of itself."""
    told, more = page.said, more or {}
    made: JSON = {
        "type": "link",
        "url": url,
        "title": _words(
            "title",
            told.get("og:title") or told.get("twitter:title") or more.get("title") or page.title,
        ),
        "description": _words(
            "description",
            told.get("og:description")
            or told.get("twitter:description")
            or told.get("description"),
        ),
        "provider": _named(
            told.get("og:site_name") or more.get("provider_name"), more.get("provider_url")
        ),
        "author": _named(more.get("author_name"), more.get("author_url")),
        "thumbnail": _picture(url, told, more),
        "color": _colour(told.get("theme-color")),
    }
    if (film := _video(url)) is not None:
        player = f"https://www.youtube.com/embed/{film}"
        made |= {"type": "video", "video": {"url": player, "width": 1280, "height": 720}}
    elif told.get("og:type", "").startswith("article") or told.get("twitter:card"):
        made["type"] = "article"
    if made["type"] != "video" and told.get("twitter:card") == "summary_large_image":
        made["image"] = made.pop("thumbnail")
    made = {name: value for name, value in made.items() if value is not None}
    return made if made.keys() & {"title", "description", "thumbnail", "image", "video"} else None


def _words(kind: str, said: Any) -> str | None:
    if not isinstance(said, str):
        return None
    text = " ".join(said.encode("utf-8", "replace").decode().replace("\0", "").split())
    most = _WORDS[kind]
    return (text if len(text) <= most else f"{text[: most - 1]}…") or None


def _named(name: Any, url: Any) -> JSON | None:
    text = _words("name", name)
    if text is None:
        return None
    address = plain(url) if isinstance(url, str) else None
    return {"name": text} if address is None else {"name": text, "url": address}


def _picture(url: str, told: Mapping[str, str], more: Mapping[str, Any]) -> JSON | None:
    said = told.get("og:image:secure_url") or told.get("og:image") or told.get("twitter:image")
    sizes = told.get("og:image:width"), told.get("og:image:height")
    if not said and isinstance(more.get("thumbnail_url"), str):
        said = more["thumbnail_url"]
        sizes = more.get("thumbnail_width"), more.get("thumbnail_height")
    address = plain(urljoin(url, said)) if said else None
    if address is None:
        return None
    width, height = (_side(one) for one in sizes)
    return {"url": address, **({"width": width, "height": height} if width and height else {})}


def _side(said: Any) -> int:
    text = str(said)
    return min(int(text), 1 << 14) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _colour(said: str | None) -> int | None:
    match = _COLOUR.fullmatch(said or "")
    return int(match[1], 16) if match else None
