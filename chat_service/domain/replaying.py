"""What was written while a channel was recorded, as it lies beside the film: as JSON for programs,
and as subtitles (WebVTT) for any player. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import orjson

from contracts.wire import JSON

_SHOWN_S = 6.0
_LONGEST = 500
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": " ", "\n": " "})


@dataclass(frozen=True, slots=True)
class Line:
    """One message."""

    id: str
    at: float
    """Seconds from the beginning of the film."""
    user_id: str
    name: str
    content: str
    files: tuple[str, ...] = field(default=())


def transcript(about: JSON, lines: Sequence[Line]) -> bytes:
    """For programs."""
    return orjson.dumps({**about, "messages": [asdict(one) for one in lines]})


def subtitles(lines: Sequence[Line]) -> bytes:
    """For players: each line is shown for a few seconds."""
    cues = ["WEBVTT\n"]
    for one in lines:
        said = " ".join(filter(None, (one.content, *(f"[{name}]" for name in one.files))))
        if said.strip():
            times = f"{_clock(one.at)} --> {_clock(one.at + _SHOWN_S)}"
            text = said[:_LONGEST].translate(_ESCAPED)
            cues.append(f"{times}\n<v {one.name.translate(_ESCAPED)}>{text}\n")
    return "\n".join(cues).encode()


def _clock(seconds: float) -> str:
    milliseconds = max(0, round(seconds * 1000))
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"


def length(seconds: float) -> str:
    """How long something took, as people say it."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
