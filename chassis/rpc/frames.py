"""What is said on a link, as values and as lines of bytes. When it may be said is protocol.py's.

Frames that come with every call are named tuples: made twice as fast as frozen dataclasses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import orjson

from contracts.limits import RPC_LINE_BYTES
from contracts.wire import JSON


class Refusal(Enum):
    """Why a conversation ended."""

    TOO_LONG = "a line is too long"
    NOT_HELLO = "the first line is not the expected greeting"
    NOT_PROVEN = "the proof is wrong"
    WRONG_SERVICE = "the caller wants to speak to another service"
    WRONG_VERSION = "the peer speaks another version"
    NOT_JSON = "a line is not a JSON object"
    UNEXPECTED = "a frame is not one that this end takes"
    MALFORMED = "a field of a frame is missing or wrong"
    TOO_SLOW = "the greeting took too long"
    SILENT = "nothing was heard for too long"
    REFUSED = "the peer refused to go on"


@dataclass(frozen=True, slots=True)
class Opened:
    """Both ends have proven themselves; `service` and `instance` are the peer's."""

    service: str
    instance: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The conversation is over; nothing more is heard or believed."""

    why: Refusal


class Asked(NamedTuple):
    """A call."""

    id: int
    call: str
    trace: str
    by: str
    due_ms: int
    """Budget left, in milliseconds."""
    body: JSON


class Told(NamedTuple):
    """A cast."""

    cast: str
    trace: str
    body: JSON


class Answered(NamedTuple):
    """A reply."""

    id: int
    body: JSON


class Failed(NamedTuple):
    """An error instead of a reply."""

    id: int
    error: JSON


Frame = Opened | Refused | Asked | Told | Answered | Failed


class TooLong(ValueError):
    """A line of our own is longer than a peer would take."""


class Origin(NamedTuple):
    """What caused a call: the request it belongs to, and the user it is made for (a claim)."""

    trace: str = ""
    by: str = ""


def call_line(number: int, name: str, body: JSON, *, due_ms: int, origin: Origin) -> bytes:
    """A call as bytes."""
    return line(
        {
            "id": number,
            "call": name,
            "trace": origin.trace,
            "by": origin.by,
            "due_ms": due_ms,
            "body": body,
        }
    )


def cast_line(name: str, body: JSON, *, trace: str = "") -> bytes:
    """A cast as bytes."""
    return line({"cast": name, "trace": trace, "body": body})


def answer_line(number: int, body: JSON) -> bytes:
    """A reply as bytes."""
    return line({"id": number, "body": body})


def failure_line(number: int, error: JSON) -> bytes:
    """An error as bytes."""
    return line({"id": number, "error": error})


def line(frame: JSON) -> bytes:
    """Any frame as bytes."""
    written = orjson.dumps(frame, option=orjson.OPT_APPEND_NEWLINE)
    if len(written) > RPC_LINE_BYTES:
        raise TooLong(f"a line of {len(written)} bytes")
    return written
