"""Which passwords are taken, and in what form they are compared. Hashing is in passwords.py."""

from __future__ import annotations

import unicodedata

from contracts.limits import PASSWORD_MAX, PASSWORD_MIN
from user_service.domain.fields import Wrong, bad_length


def password(raw: str) -> str:
    """A new password, as it is hashed."""
    text = canonical(raw)
    if not PASSWORD_MIN <= len(text) <= PASSWORD_MAX:
        raise bad_length(PASSWORD_MIN, PASSWORD_MAX)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in text):
        raise Wrong("PASSWORD_INVALID_CHARACTERS", "Contains characters that cannot be typed.")
    return text


def canonical(raw: str) -> str:
    """The same for every keyboard: some send Hangul and accents composed, some in parts.

    Cut above what `password` allows: a longer one cannot match, and must not cost more to refuse.
    """
    return unicodedata.normalize("NFC", raw[: PASSWORD_MAX * 4])[: PASSWORD_MAX + 1]
