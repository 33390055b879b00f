"""Why somebody acts, in their own words: a header of the request, kept for what is written down of
the change.
"""

from __future__ import annotations

import unicodedata
from contextvars import ContextVar
from urllib.parse import unquote_to_bytes

from contracts.errors import Invalid
from contracts.limits import REASON

HEADER = b"x-audit-log-reason"

current: ContextVar[str | None] = ContextVar("reason", default=None)
"""Of the request that is being served."""


def read(header: bytes) -> str | None:
    """The text of a percent-encoded header; None if it says nothing. Control characters are no part
    of a reason: it is shown beside others, on a line of its own.
    """
    try:
        text = unquote_to_bytes(header).decode()
    except UnicodeDecodeError:
        raise Invalid({"reason": ("BASE_TYPE_INVALID", "Must be percent-encoded UTF-8.")}) from None
    text = "".join(sign for sign in text if unicodedata.category(sign) != "Cc").strip()
    if len(text) > REASON:
        message = f"Must be {REASON} or fewer in length."
        raise Invalid({"reason": ("BASE_TYPE_MAX_LENGTH", message)})
    return text or None
