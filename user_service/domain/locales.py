"""Languages that people may be spoken to in."""

from __future__ import annotations

DEFAULT = "en-US"

_KNOWN = (
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl",
    "no", "pl", "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th",
    "zh-CN", "ja", "zh-TW", "ko",
)  # fmt: skip
_BY_TAG = {tag.lower(): tag for tag in _KNOWN}
_BY_LANGUAGE = {tag.lower().partition("-")[0]: tag for tag in reversed(_KNOWN)} | {"en": DEFAULT}
_READ_UP_TO = 256


def read(raw: str) -> str | None:
    """The language meant by a tag."""
    tag = raw.strip().lower().replace("_", "-")
    return _BY_TAG.get(tag) or _BY_LANGUAGE.get(tag.partition("-")[0])


def chosen(given: str | None, accepted: str) -> str:
    """What a client says its person reads, else the first that their browser accepts."""
    tags = [given or "", *(part.partition(";")[0] for part in accepted[:_READ_UP_TO].split(","))]
    return next(filter(None, map(read, tags)), DEFAULT)
