"""Files as their senders describe them, and how they are called. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts import limits
from contracts.attachments import Place
from contracts.errors import DomainError, ErrorCode, Invalid
from contracts.wire import JSON

SPOILER = "SPOILER_"
VOICE_MESSAGE = 1 << 13
_NAMELESS = "file"
_FORBIDDEN = frozenset('/\\:*?"<>|')
_JOINERS = "\u200c\u200d"
"""Invisible, and a part of words and emojis in some scripts."""


@dataclass(frozen=True, slots=True)
class Received:
    """A file that came with a request: it lies in the store, and waits for a message."""

    n: int
    """Its number among the files of the request."""
    place: Place
    facts: JSON
    """What its content says: size, content_type, and of pictures and sounds some more."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a form says of a file that came, was sent ahead, or hangs on the message already."""

    id: int | None = None
    filename: str | None = None
    uploaded: str | None = None
    """The name by which a file was sent ahead."""
    facts: JSON | None = None
    """Description, length and waveform: only what was said."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that is to hang on a message: one that came, or one that was sent ahead."""

    filename: str | None
    facts: JSON
    received: Received | None = None
    uploaded_id: int | None = None

    def stored(self, place: Place, facts: Mapping[str, object]) -> JSON:
        """As the message keeps it."""
        return stored(place, {**facts, **self.facts})


def stored(place: Place, facts: Mapping[str, object]) -> JSON:
    """A file as a message keeps it: where it lies, and what is known of it."""
    said = {"id": str(place.id), "channel_id": str(place.channel_id), "filename": place.filename}
    return {**said, **facts}


def safe_name(said: str | None) -> str:
    """The name under which a file is kept and shown: nothing that steers a path, a header or the
    direction of text, and short enough for every file system.
    """
    text = unicodedata.normalize("NFC", (said or "").encode("utf-8", "replace").decode())
    kept = "".join(_kept(sign) for sign in text).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    if not (dot and 0 < len(ending) <= 16):
        stem, dot, ending = kept, "", ""
    room = limits.ATTACHMENT_NAME - len(dot + ending)
    return f"{stem[:room].rstrip()}{dot}{ending}" if stem else ending or _NAMELESS


def _kept(sign: str) -> str:
    if sign in _FORBIDDEN:
        return "_"
    kind = unicodedata.category(sign)[0]
    if kind == "C":
        return sign if sign in _JOINERS else ""
    return " " if kind == "Z" else sign


def wanted(
    files: Sequence[Received], described: Sequence[Described] | None, kept: Sequence[int] = ()
) -> tuple[Wanted, ...]:
    """The files that are new to a message. What came is wanted even if nothing was said of it;
    `kept` are those it has already.
    """
    came = {one.n: one for one in files}
    found: list[Wanted] = []
    for at, said in enumerate(described or ()):
        facts = said.facts or {}
        if said.uploaded is not None:
            found.append(Wanted(said.filename, facts, uploaded_id=sent_ahead(at, said.uploaded)))
        elif said.id in came:
            found.append(Wanted(said.filename, facts, received=came.pop(said.id)))
        elif said.id not in kept:
            raise Invalid({f"attachments.{at}.id": ("ATTACHMENT_NOT_FOUND", "Unknown file.")})
    found += [Wanted(None, {}, received=one) for one in came.values()]
    if len(found) > limits.ATTACHMENTS:
        raise DomainError(ErrorCode.MAX_ATTACHMENTS)
    return tuple(found)


def numbered(files: Sequence[Received], described: Sequence[Described] | None) -> dict[int, Wanted]:
    """The files of a request by the number that it gives each."""
    found = wanted(files, described)
    said = [one.id for one in described or ()]
    came = [one.received.n for one in found[len(said) :] if one.received is not None]
    numbers = zip([*said, *came], found, strict=True)
    return {number: one for number, one in numbers if number is not None}


def sent_ahead(at: int, name: str) -> int:
    """The number of a file, by the name under which it was sent ahead."""
    number, slash, _ = name.partition("/")
    if not (slash and number.isascii() and number.isdigit() and len(number) < 20):
        path = f"attachments.{at}.uploaded_filename"
        raise Invalid({path: ("UPLOADED_FILENAME_INVALID", "Nothing was sent by this name.")})
    return int(number)


def voice_refusal(stored: Sequence[JSON]) -> DomainError | None:
    """Why these can not be a voice message: it is one measured sound."""
    if len(stored) != 1 or not str(stored[0].get("content_type")).startswith("audio/"):
        return DomainError(ErrorCode.VOICE_NOT_ONE)
    if not (stored[0].get("duration_secs") and stored[0].get("waveform")):
        return DomainError(ErrorCode.VOICE_UNMEASURED)
    return None
