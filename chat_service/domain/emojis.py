"""Emojis as they are named in paths: a unicode one, or `name:id` of a guild's."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_CUSTOM = re.compile(r"<?(a?):?(\w{1,32}):([0-9]{1,19})>?")
_LONGEST = 40
_KEYCAP = re.compile(r"[0-9#*]\ufe0f?\u20e3")
# Joiners, variation selectors and tags only ever stand between or behind signs.
_GLUE = re.compile("[\u200d\ufe0e\ufe0f\U000e0020-\U000e007f]")
_ODD = frozenset("‼⁉〰ℹ◽◾")
"""Emojis that Unicode files under punctuation, letters or mathematics."""

_STANDING_IN = frozenset("\ufffc\ufffd")
"""Signs in the place of what could not be read."""


@dataclass(frozen=True, slots=True)
class Emoji:
    """What people react with."""

    name: str
    id: int | None = None
    is_animated: bool = False

    @property
    def key(self) -> str:
        """The same for the same emoji: a guild's may be renamed."""
        return self.name if self.id is None else str(self.id)


def read(text: str) -> Emoji | None:
    """The emoji that a path names, or None."""
    custom = _CUSTOM.fullmatch(text.removeprefix(":"))
    if custom is not None:
        animated, name, number = custom.groups()
        return Emoji(name, int(number), bool(animated)) if int(number) < 1 << 63 else None
    return Emoji(text) if is_unicode(text) else None


def is_unicode(text: str) -> bool:
    """Whether it is made of emoji signs only."""
    if not 0 < len(text) <= _LONGEST:
        return False
    if _KEYCAP.fullmatch(text):
        return True
    signs = _GLUE.sub("", text)
    return bool(signs) and all(map(_is_sign, signs))


def _is_sign(sign: str) -> bool:
    category = unicodedata.category(sign)
    if category == "So" or sign in _ODD:
        return sign not in _STANDING_IN
    if category == "Sk":
        return "\U0001f3fb" <= sign <= "\U0001f3ff"  # skin tones
    return category == "Sm" and "\u2190" <= sign <= "\u2bff"
