"""Slack's incoming webhooks: texts in its own markup, attachments, and the blocks that only show
something.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

from chat_service.domain.intake.reading import address, cut, is_set, number, part, parts, text
from contracts import limits
from contracts.wire import JSON

_LINK = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_BOLD = re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])")
_COLORS = {"good": 0x2EB67D, "warning": 0xECB22E, "danger": 0xE01E5A}
_SHOUTS = {"!everyone": "@everyone", "!channel": "@everyone", "!here": "@here"}
_FIELDS = 25


def message(said: Any) -> JSON:
    """The body of a post that says the same."""
    lines = [markup(text(said, "text"))] if text(said, "text") else []
    lines += _blocks(parts(said, "blocks")) if not lines else []
    embeds = [_embed(one) for one in parts(said, "attachments")[: limits.EMBEDS]]
    post: JSON = {
        "content": cut("\n".join(lines), limits.MESSAGE_CONTENT),
        "embeds": [embed for embed in embeds if embed],
    }
    if name := cut(text(said, "username"), limits.WEBHOOK_NAME_MAX):
        post["username"] = name
    if picture := address(said, "icon_url"):
        post["avatar_url"] = picture
    return post


def markup(said: str) -> str:
    """Slack's markup as Markdown. What is called out loud is a mention like any other's."""
    said = _LINK.sub(_link, said)
    said = _STRUCK.sub(r"~~\1~~", _BOLD.sub(r"**\1**", said))
    return unescape(said)


def _link(found: re.Match[str]) -> str:
    target, label = found[1], found[2]
    if target.startswith("!"):
        return _SHOUTS.get(target.partition("^")[0], label or target[1:])
    if target.startswith(("@", "#")):
        return label or target
    return f"[{label}]({target})" if label and label != target else target


def _embed(said: JSON) -> JSON:
    embed: JSON = {
        "title": cut(markup(text(said, "title")), 256),
        "url": address(said, "title_link"),
        "description": cut(_description(said), 4_096),
        "color": _color(text(said, "color")),
        "author": _named(said, "author_name", author_link="url", author_icon="icon_url"),
        "footer": _named(said, "footer", key="text", footer_icon="icon_url"),
        "image": _picture(said, "image_url"),
        "thumbnail": _picture(said, "thumb_url"),
        "fields": [field for one in parts(said, "fields") if (field := _field(one))][:_FIELDS],
        "timestamp": _moment(said),
    }
    told = {name: value for name, value in embed.items() if value not in (None, "", [], {})}
    return told if told.keys() - {"color", "url", "timestamp"} else {}


def _description(said: JSON) -> str:
    lines = [markup(text(said, "pretext")), markup(text(said, "text"))]
    lines += _blocks(parts(said, "blocks"))
    lines = [line for line in lines if line]
    if not lines and not text(said, "title"):
        lines = [markup(text(said, "fallback"))]
    return "\n".join(lines)


def _blocks(blocks: list[JSON]) -> list[str]:
    lines = []
    for block in blocks[:50]:
        kind = text(block, "type")
        if kind == "header":
            lines.append(f"**{unescape(text(block, 'text', 'text'))}**")
        elif kind == "section":
            each = [part(block, "text"), *parts(block, "fields")]
            lines += [markup(text(one, "text")) for one in each if text(one, "text")]
        elif kind == "context":
            said = [markup(text(one, "text")) for one in parts(block, "elements")]
            lines.append("-# " + " ".join(one for one in said if one))
        elif kind == "image" and (picture := address(block, "image_url")):
            lines.append(picture)
    return lines


def _color(said: str) -> int | None:
    digits = said.removeprefix("#")
    if re.fullmatch(r"[0-9A-Fa-f]{6}", digits):
        return int(digits, 16)
    return _COLORS.get(said)


def _named(said: JSON, name: str, *, key: str = "name", **addresses: str) -> JSON:
    if not text(said, name):
        return {}
    found = {ours: address(said, theirs) for theirs, ours in addresses.items()}
    return {key: cut(text(said, name), 256), **{k: v for k, v in found.items() if v}}


def _picture(said: JSON, name: str) -> JSON:
    found = address(said, name)
    return {"url": found} if found else {}


def _field(said: JSON) -> JSON:
    name, value = cut(markup(text(said, "title")), 256), cut(markup(text(said, "value")), 1_024)
    if not (name or value):
        return {}
    return {"name": name or "\u200b", "value": value or "\u200b", "inline": is_set(said, "short")}


def _moment(said: JSON) -> str | None:
    seconds = number(said, "ts") or (int(text(said, "ts")[:10]) if _is_moment(said) else 0)
    if not 0 < seconds < 1 << 33:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _is_moment(said: JSON) -> bool:
    return bool(re.fullmatch(r"[0-9]{1,10}(\.[0-9]*)?", text(said, "ts")))
