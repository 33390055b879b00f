"""Links in a text, as far as they want to be looked at. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

MOST = 5
"""Links of one message that are looked at."""
LONGEST = 2_048
_LINK = re.compile(r"(?P<quiet><)?(?P<url>https?://[^\s<>\"'`|\\^{}]+)", re.IGNORECASE)
_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_SPOILER = re.compile(r"\|\|.*?\|\|", re.DOTALL)
_TRAILING = ".,:;!?)]*_~"


def has_links(content: str) -> bool:
    """Whether it is worth a closer look: one search, as every message is asked."""
    return "://" in content


def links_in(content: str) -> list[str]:
    """The first links, each once. Code is quoted, a spoiler hides, `<…>` asks to be let alone."""
    found: list[str] = []
    for match in _LINK.finditer(_SPOILER.sub(" ", _CODE.sub(" ", content))):
        if match["quiet"]:
            continue
        url = plain(_ended(match["url"]))
        if url is not None and url not in found:
            found.append(url)
    return found[:MOST]


def plain(url: str) -> str | None:
    """The address as it is asked for: without a fragment; None if it can not be one."""
    if len(url) > LONGEST:
        return None
    try:
        parsed = urlsplit(url)
        host = (parsed.hostname or "").encode("idna").decode()
        port = parsed.port
    except ValueError:
        return None
    if parsed.scheme.lower() not in ("http", "https") or not host or "@" in parsed.netloc:
        return None
    place = f"[{host}]" if ":" in host else host
    place = place if port is None else f"{place}:{port}"
    return urlunsplit((parsed.scheme.lower(), place, parsed.path or "/", parsed.query, ""))


def _ended(url: str) -> str:
    """Without the signs of the sentence around it; a bracket that was opened within stays."""
    while url and url[-1] in _TRAILING:
        if url[-1] == ")" and url.count("(") >= url.count(")"):
            break
        url = url[:-1]
    return url
