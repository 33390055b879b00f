"""Domain errors across a link: told by name, raised again as the class they were. Causes and traces
stay at home.
"""

from __future__ import annotations

from typing import Any

from contracts.errors import (
    Conflict,
    DomainError,
    ErrorCode,
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unanswered,
    Unauthorized,
    Unavailable,
)
from contracts.wire import JSON


class Away(Unavailable):
    """Nothing was asked: there is no link, no room or no time."""


class Lost(Unavailable):
    """The link broke before the answer came: nobody knows whether it was done."""


class Late(Unavailable):
    """No answer came within the deadline."""


class Busy(Unavailable):
    """The neighbour did not begin: it is full, or on its way out."""


_KINDS: dict[str, type[DomainError]] = {
    kind.__name__: kind
    for kind in (
        *(DomainError, Unauthorized, Forbidden, NotFound, Conflict),
        *(Unavailable, Unanswered, Busy),
    )
}
_MESSAGE_MOST = 1_000


def describe(error: DomainError) -> JSON:
    """What a peer is told of an error."""
    told: JSON = {"name": error.error.name, "message": error.message[:_MESSAGE_MOST]}
    match error:
        case Invalid():
            return {**told, "kind": "Invalid", "fields": error.fields}
        case TooMany():
            wait = {"retry_after": error.retry_after, "global": error.is_global}
            return {**told, "kind": "TooMany", **wait}
    kind = next(base for base in type(error).__mro__ if base.__name__ in _KINDS)
    return {**told, "kind": kind.__name__}


def restore(told: JSON) -> DomainError:
    """The error that a peer tells of. One that it does not know becomes a plain DomainError."""
    kind, message = told.get("kind"), told.get("message")
    if kind == "Invalid":
        return Invalid(_fields(told.get("fields")))
    if kind == "TooMany":
        wait = told.get("retry_after")
        seconds = float(wait) if isinstance(wait, int | float) else 1.0
        return TooMany(seconds, is_global=told.get("global") is True)
    code = ErrorCode.__members__.get(str(told.get("name")), ErrorCode.INTERNAL)
    restored = _KINDS.get(str(kind), DomainError)
    return restored(code, message if isinstance(message, str) else None)


def _fields(told: Any) -> dict[str, tuple[str, str]]:
    if not isinstance(told, dict):
        return {}
    return {
        path: (str(entry[0]), str(entry[1]))
        for path, entry in told.items()
        if isinstance(entry, list) and len(entry) == 2
    }
