"""One table: a domain error, a bad form or a bug, rendered for HTTP. Links between services do it
in rpc/server.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from chassis.logs import logger
from contracts.errors import DomainError, ErrorCode, Invalid, TooMany, Unavailable

log = logger("errors")

_away: set[type[BaseException]] = {OSError, asyncio.TimeoutError}

_KINDS = {
    "missing": ("BASE_TYPE_REQUIRED", "This field is required"),
    "string_too_short": ("BASE_TYPE_BAD_LENGTH", "Must be between {min} and {max} in length."),
    "string_too_long": ("BASE_TYPE_MAX_LENGTH", "Must be {max_length} or fewer in length."),
}


def mean_away(*kinds: type[BaseException]) -> None:
    """Said by whoever speaks to a dependency, of what this raises: nothing was decided, and to ask
    again is all there is to do. So it is when others held a row for longer than one waits.
    """
    _away.update(kinds)


def as_domain_error(error: BaseException) -> DomainError:
    """What the asker may know of a failure. An unknown one is a bug: logged here, once, and told as
    500.
    """
    if isinstance(error, DomainError):
        return error
    # SQLAlchemy's own error has the driver's inside.
    inner = getattr(error, "orig", None)
    kinds = tuple(_away)
    if any(isinstance(one, kinds) for one in (error, inner, getattr(inner, "__cause__", None))):
        log.warning("dependency.away", error=repr(error))
        return Unavailable()
    log.error("bug.caught", exc=error)
    return DomainError(ErrorCode.INTERNAL)


def headers_of(error: DomainError) -> dict[str, str]:
    """Headers that belong to a refusal."""
    match error:
        case TooMany():
            # Without Via, discord.py takes a 429 for a ban by a CDN and gives up.
            return {"retry-after": str(max(1, round(error.retry_after))), "via": "1.1 moim"}
        case Unavailable():
            return {"retry-after": "1"}
        case _:
            return {}


def body_of(error: DomainError) -> bytes:
    """The JSON body of a refusal."""
    return orjson.dumps(error.body())


def invalid_form(errors: Iterable[Mapping[str, Any]]) -> DomainError:
    """Pydantic's findings in Discord's words."""
    fields: dict[str, tuple[str, str]] = {}
    for error in list(errors)[:100]:  # nobody reads more of them
        if error["type"] == "json_invalid":
            return DomainError(ErrorCode.MISSING_FORM)
        path = [str(step) for step in error["loc"] if step not in ("body", "path", "query")]
        code, text = _KINDS.get(error["type"], ("BASE_TYPE_INVALID", ""))
        message = text.format_map(_Context(error.get("ctx") or {})) if text else _said(error)
        fields[".".join(path) or "_"] = (code, message)
    return Invalid(fields)


def _said(error: Mapping[str, Any]) -> str:
    """Our own words, without pydantic's before them."""
    return str(error["msg"]).removeprefix("Value error, ")


class _Context(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return str(self.get(f"{key}_length", "?"))
