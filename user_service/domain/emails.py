"""What an e-mail address looks like, and when two are the same. Whether mail arrives is not
known here.
"""

from __future__ import annotations

import re
import unicodedata

from contracts.limits import EMAIL_MAX
from user_service.domain.fields import Wrong

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[^\W_](?:[^\W_]|-){0,62}(?<!-)")
_LOCAL_MAX = 64


def email(raw: str) -> str:
    """The address as it is kept."""
    address = unicodedata.normalize("NFC", raw.strip())
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    if (
        not at
        or len(address) > EMAIL_MAX
        or len(local) > _LOCAL_MAX
        or len(labels) < 2
        or not _LOCAL.fullmatch(local)
        or not all(_LABEL.fullmatch(label) for label in labels)
    ):
        raise Wrong("EMAIL_TYPE_INVALID_EMAIL", "Not a well formed email address.")
    return address


def key(address: str) -> str:
    """Two addresses with the same key are the same account's."""
    return unicodedata.normalize("NFKC", address.lower())


def lookup_key(raw: str) -> str | None:
    """The key of what somebody typed as their address; None if it can be nobody's."""
    try:
        return key(email(raw))
    except Wrong:
        return None
