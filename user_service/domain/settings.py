"""What one sets for oneself: known keys are checked, a client's own are kept as they come, and all
of it together is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from contracts.errors import Invalid
from contracts.ids import Snowflake
from contracts.limits import CUSTOM_STATUS_MAX, GUILDS_PER_USER, SETTINGS_BYTES
from contracts.objects.presence import Status
from contracts.wire import JSON, timestamp
from user_service.domain import locales, names
from user_service.domain.fields import Wrong

Rule = Callable[[Any], Any]

_THEMES = ("dark", "light", "darker", "midnight", "unset")
_SHOWN_AS = (Status.ONLINE, Status.IDLE, Status.DND, Status.INVISIBLE)
_SOURCES = ("all", "mutual_friends", "mutual_guilds")
_KEY_MAX = 64
_OURS = frozenset({"user_id"})
"""What events say beside settings."""


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("BASE_TYPE_INVALID", "Must be either true or false.")
    return value


def _one_of(*choices: Any) -> Rule:
    def rule(value: Any) -> Any:
        if value not in choices or isinstance(value, bool):
            raise Wrong("BASE_TYPE_CHOICES", f"Value must be one of {tuple(map(str, choices))}.")
        return value

    return rule


def _number(least: int, most: int) -> Rule:
    def rule(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong("NUMBER_TYPE_RANGE", f"Must be a whole number from {least} to {most}.")
        return value

    return rule


def _ids(value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > GUILDS_PER_USER:
        raise Wrong("BASE_TYPE_MAX_LENGTH", f"Must be a list of at most {GUILDS_PER_USER} ids.")
    try:
        return [str(int(Snowflake.parse(one))) for one in value]
    except ValueError:
        raise Wrong("BASE_TYPE_INVALID", "Must be a list of ids.") from None


def _folders(value: Any) -> list[JSON]:
    if not isinstance(value, list) or len(value) > GUILDS_PER_USER:
        raise Wrong("BASE_TYPE_MAX_LENGTH", f"Must be at most {GUILDS_PER_USER} folders.")
    folders = []
    for one in value:
        if not isinstance(one, dict):
            raise Wrong("BASE_TYPE_INVALID", "Must be a list of folders.")
        name = one.get("name")
        folders.append(
            {
                "id": one.get("id") if isinstance(one.get("id"), int) else None,
                "name": names.global_name(name) if isinstance(name, str) and name else None,
                "color": one.get("color") if isinstance(one.get("color"), int) else None,
                "guild_ids": _ids(one.get("guild_ids")),
            }
        )
    return folders


def _locale(value: Any) -> str:
    chosen = locales.read(value) if isinstance(value, str) else None
    if chosen is None:
        raise Wrong("BASE_TYPE_CHOICES", "This language is not known.")
    return chosen


def _sources(value: Any) -> dict[str, bool]:
    if not isinstance(value, dict):
        raise Wrong("BASE_TYPE_INVALID", "Must be an object.")
    return {name: bool(value.get(name)) for name in _SOURCES}


def _custom_status(value: Any) -> JSON | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Wrong("BASE_TYPE_INVALID", "Must be an object.")
    text, emoji_id, emoji_name = (value.get(key) for key in ("text", "emoji_id", "emoji_name"))
    if text is not None:
        text = names.line(_text(text), CUSTOM_STATUS_MAX)
    if emoji_name is not None:
        emoji_name = names.line(_text(emoji_name), 32)
    if emoji_id is not None:
        (emoji_id,) = _ids([emoji_id])
    if not text and not emoji_name:
        return None
    return {
        "text": text or None,
        "emoji_id": emoji_id,
        "emoji_name": emoji_name or None,
        "expires_at": _moment(value.get("expires_at")),
    }


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Wrong("BASE_TYPE_INVALID", "Must be a text.")
    return value


def _moment(value: Any) -> str | None:
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(_text(value))
        return timestamp(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise Wrong("DATE_TIME_TYPE_PARSE", "Must be a moment as ISO 8601.") from None


KNOWN: dict[str, tuple[Any, Rule]] = {
    "status": ("online", _one_of(*map(str, _SHOWN_AS))),
    "custom_status": (None, _custom_status),
    "locale": (locales.DEFAULT, _locale),
    "theme": ("dark", _one_of(*_THEMES)),
    "friend_source_flags": (dict.fromkeys(_SOURCES, True), _sources),
    "default_guilds_restricted": (False, _flag),
    "restricted_guilds": ([], _ids),
    "guild_positions": ([], _ids),
    "guild_folders": ([], _folders),
    "explicit_content_filter": (1, _number(0, 2)),
    "animate_stickers": (0, _number(0, 2)),
    "afk_timeout": (600, _number(60, 600)),
    "timezone_offset": (0, _number(-1_440, 1_440)),
    "show_current_game": (True, _flag),
    "message_display_compact": (False, _flag),
    "render_embeds": (True, _flag),
    "render_reactions": (True, _flag),
    "inline_embed_media": (True, _flag),
    "inline_attachment_media": (True, _flag),
    "gif_auto_play": (True, _flag),
    "animate_emoji": (True, _flag),
    "enable_tts_command": (True, _flag),
    "convert_emoticons": (True, _flag),
    "developer_mode": (False, _flag),
    "detect_platform_accounts": (False, _flag),
    "view_nsfw_guilds": (True, _flag),
}
"""Default and rule of each key that somebody beside its owner's clients understands or that clients
expect to find.
"""


def read_settings(given: Mapping[str, Any]) -> JSON:
    """Read a change; all that is wrong with it is told at once."""
    wrong: dict[str, tuple[str, str]] = {}
    values: JSON = {}
    for key, value in given.items():
        if not key.isidentifier() or len(key) > _KEY_MAX or key in _OURS:
            wrong["settings"] = ("BASE_TYPE_INVALID", "A key is made of letters, digits and _.")
            continue
        try:
            values[key] = KNOWN[key][1](value) if key in KNOWN else value
        except Wrong as error:
            wrong[key] = (error.code, error.message)
    if wrong:
        raise Invalid(wrong)
    return values


def merged(kept: Mapping[str, Any], changes: Mapping[str, Any]) -> JSON:
    """What is kept from now on. A client's own key goes with null."""
    whole = {**kept, **changes}
    whole = {key: value for key, value in whole.items() if value is not None or key in KNOWN}
    try:
        text = orjson.dumps(whole)
    except TypeError:  # numbers beyond 64 bits, halves of characters, nests without an end
        raise _refused("BASE_TYPE_INVALID", "Contains what JSON can not carry.") from None
    if b"\\u0000" in text:
        raise _refused("BASE_TYPE_INVALID", "Contains a NUL.")
    if len(text) > SETTINGS_BYTES:
        most = SETTINGS_BYTES >> 10
        raise _refused("BASE_TYPE_MAX_LENGTH", f"All settings have at most {most} KiB.")
    clean: JSON = orjson.loads(text)
    return clean


def _refused(code: str, message: str) -> Invalid:
    return Invalid({"settings": (code, message)})


def with_defaults(kept: Mapping[str, Any]) -> JSON:
    """For everything that was never set."""
    return {**{key: default for key, (default, _) in KNOWN.items()}, **kept}


@dataclass(frozen=True, slots=True)
class Shown:
    """How one wishes to be shown, and until when."""

    status: Status
    custom: JSON | None
    until: datetime | None


def shown_as(kept: Mapping[str, Any], now: datetime) -> Shown:
    """The part of settings that presence is made of."""
    status = Status(str(kept.get("status", Status.ONLINE)))
    custom = kept.get("custom_status")
    until = (
        datetime.fromisoformat(custom["expires_at"]) if custom and custom["expires_at"] else None
    )
    if custom is None or (until is not None and until <= now):
        return Shown(status, None, None)
    activity: JSON = {
        "id": "custom",
        "name": "Custom Status",
        "type": 4,
        "state": custom["text"],
        "created_at": int(now.timestamp() * 1000),
    }
    if custom["emoji_name"]:
        activity["emoji"] = {"name": custom["emoji_name"], "animated": False}
        if custom["emoji_id"]:
            activity["emoji"]["id"] = custom["emoji_id"]
    return Shown(status, activity, until)
