"""Notices: what waits to be told to a person about one subject. Whatever comes to the same subject
before it was pushed joins it, so that a flood in a channel is one push.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.wire import JSON
from notification_service.domain.deciding import Reason, Way


def of_channel(channel_id: int) -> str:
    """The subject of everything said in a channel."""
    return f"c{channel_id:d}"


def of_call(channel_id: int) -> str:
    """The subject of a call that rings."""
    return f"r{channel_id:d}"


def of_friend(user_id: int) -> str:
    """The subject of what happens between two people."""
    return f"f{user_id:d}"


def of_event(event_id: int) -> str:
    """The subject of a scheduled event."""
    return f"e{event_id:d}"


@dataclass(frozen=True, slots=True)
class News:
    """What happened, the same for everybody who is told."""

    subject: str
    about_id: int
    """Rises within a subject: of a message, its id. What was taken in is not taken in again."""
    body: JSON
    """Names, text and picture, as words.py and payloads.py read them."""
    expires: datetime
    guild_id: int | None = None
    channel_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One who is told of it."""

    user_id: int
    reason: Reason
    way: Way
    is_web_only: bool = False
    """They wish no pushes to their phones from there."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice about to be written: some news joined, for one person."""

    user_id: int
    news: News
    """The latest."""
    reason: Reason
    way: Way
    count: int = 1
    fresh: int = 1
    """Those of them that are to be pushed."""
    is_web_only: bool = False

    def joined(self, later: Entry) -> Entry:
        """With what came after it. The stronger reason and the sooner way win."""
        return replace(
            later,
            reason=min(self.reason, later.reason, key=_RANK.index),
            way=max(self.way, later.way, key=_SOONER.index),
            count=self.count + later.count,
            fresh=self.fresh + later.fresh,
            is_web_only=self.is_web_only and later.is_web_only,
        )


_RANK = tuple(Reason)
"""As they are declared: who was named wants to know that."""
_SOONER = (Way.NOT, Way.QUIET, Way.LATER, Way.NOW)


def joined(told: Iterable[tuple[News, Recipient]]) -> list[Entry]:
    """One notice for each person and subject."""
    return rejoined(
        Entry(
            user_id=to.user_id,
            news=news,
            reason=to.reason,
            way=to.way,
            fresh=0 if to.way is Way.QUIET else 1,
            is_web_only=to.is_web_only,
        )
        for news, to in told
    )


def rejoined(entries: Iterable[Entry]) -> list[Entry]:
    """The same of what was joined in pieces."""
    found: dict[tuple[int, str], Entry] = {}
    for entry in entries:
        key = (entry.user_id, entry.news.subject)
        found[key] = found[key].joined(entry) if key in found else entry
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Unread:
    """What concerns somebody in person in a channel, as chat_service counts it."""

    channel_id: int
    guild_id: int | None
    count: int
    read_to: int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a push waits."""

    rest: timedelta
    """For more of the same."""
    active: timedelta
    """For somebody who is awake at another device to read it there."""
    window: timedelta
    """After the last push of the same subject."""

    def wait(self, way: Way, reason: Reason) -> timedelta | None:
        """None: nothing is pushed."""
        if way is Way.NOW:
            return timedelta() if reason is Reason.RING else self.rest
        return self.active if way is Way.LATER else None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice, as far as it is told."""

    subject: str
    reason: Reason
    about_id: int
    fresh: int
    """Since the last push."""
    body: JSON
    guild_id: int | None = None
    channel_id: int | None = None
