"""The publish script as text, with its constants, and how a call of it is packed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from chassis.bus.resp import pack
from contracts import limits, topics
from contracts.ids import EPOCH_MS

_MARK_EVERY = 256
_SCAN_PAGE = 128
_SCANNED = 4_096
_IDLE_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Script:
    """The script for one retention: text, digest."""

    text: str
    digest: str
    is_sharded: bool = False
    """For a cluster: what it touches lies in the topic's slot, its stamp too."""

    def opening(self, topic: topics.Topic) -> bytes:
        """What every call for one topic begins with, after the count of its words."""
        words = (
            "EVALSHA",
            self.digest,
            3,
            topics.head_key(topic),
            topics.log_key(topic),
            topics.stamp_key(topic) if self.is_sharded else topics.STAMP_KEY,
            topics.pubsub(topic),
        )
        _, _, packed = pack(*words).partition(b"\r\n")
        return packed


def call(opening: bytes, records: Sequence[tuple[bytes, bytes]], after: bytes = b"") -> bytes:
    """One EVALSHA for records of one topic, by event id. `after`: they are repeats, and here begins
    the look for them.
    """
    parts = [b"*%d\r\n%b$%d\r\n%b\r\n" % (8 + 2 * len(records), opening, len(after), after)]
    for event, record in records:
        parts.append(b"$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(event), event, len(record), record))
    return b"".join(parts)


@cache
def script(keep_for: float = limits.REPLAY_FOR_S, *, is_sharded: bool = False) -> Script:
    """The script that keeps every entry for so many seconds, and always the newest 2,048."""
    # The mark looked at is one ring length less one ago, so this many entries always stay.
    marks = limits.REPLAY_ENTRIES // _MARK_EVERY + 2
    constants: dict[str, int | str] = {
        "PUBLISH": "'SPUBLISH'" if is_sharded else "'PUBLISH'",
        "EPOCH_S": EPOCH_MS // 1000,
        "KEEP_US": int(keep_for * 1_000_000),
        "IDLE_MS": _IDLE_MS,
        "MARK_EVERY": _MARK_EVERY,
        "MARKS": marks,
        "SCAN_PAGE": _SCAN_PAGE,
        "SCAN_PAGES": _SCANNED // _SCAN_PAGE,
    }
    opening = "".join(f"local {name} = {value}\n" for name, value in constants.items())
    text = opening + files("chassis.bus").joinpath("publish.lua").read_text(encoding="utf-8")
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest(), is_sharded)
