"""The text of a message as a notification can show it: one line, names instead of markup."""

from __future__ import annotations

import re
from collections.abc import Mapping

MOST = 300
"""Signs; more does not fit on a lock screen."""

_USER = re.compile(r"<@!?(\d{1,19})>")
_ROLE = re.compile(r"<@&\d{1,19}>")
_CHANNEL = re.compile(r"<#(\d{1,19})>")
_EMOJI = re.compile(r"<a?:(\w{2,32}):\d{1,19}>")
_SPOILER = re.compile(r"\|\|.+?\|\|", re.DOTALL)
_SPACE = re.compile(r"\s+")


def shown(text: str, people: Mapping[int, str], channels: Mapping[int, str]) -> str:
    """Markup that only a client could draw is replaced; what is hidden stays hidden."""
    text = _SPOILER.sub("▒▒▒", text)
    text = _USER.sub(lambda found: "@" + people.get(int(found[1]), "?"), text)
    text = _ROLE.sub("@…", text)
    text = _CHANNEL.sub(lambda found: "#" + channels.get(int(found[1]), "?"), text)
    text = _EMOJI.sub(lambda found: f":{found[1]}:", text)
    return cut(_SPACE.sub(" ", text).strip(), MOST)


def cut(text: str, most: int) -> str:
    """No longer than this."""
    return text if len(text) <= most else text[: most - 1] + "…"
