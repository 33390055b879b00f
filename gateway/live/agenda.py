"""The scheduled events of one guild that are not over, as its events told them. No sessions; one in
a channel is seen with the channel.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from contracts.objects.scheduled_event import EventStatus, ScheduledEvent
from gateway.live.layout import Sight

_OPEN = (EventStatus.SCHEDULED, EventStatus.ACTIVE)


class Agenda:
    """The newest look of each, as the bytes of its event."""

    __slots__ = ("_events",)

    def __init__(self, events: Iterable[ScheduledEvent] = ()) -> None:
        self._events: dict[int, tuple[int, bytes]] = {
            int(one.id): (int(one.channel_id or 0), one.encode()) for one in events
        }
        """By id, with the channel; 0 is out in the world."""

    def take(self, body: bytes) -> None:
        """One was planned, or changed."""
        event = orjson.loads(body)
        if event["status"] in _OPEN:
            self._events[int(event["id"])] = (int(event["channel_id"] or 0), body)
        else:
            self.drop(body)

    def drop(self, body: bytes) -> None:
        """One will not be, or is over."""
        self._events.pop(int(orjson.loads(body)["id"]), None)

    def listed(self, sight: Sight, *, is_in: bool) -> bytes:
        """Those that somebody sees who sees these channels, and (`is_in`) the guild at large."""
        if not self._events:
            return b"[]"
        seen = (
            body
            for channel_id, body in self._events.values()
            if (channel_id in sight if channel_id else is_in)
        )
        return b"[%b]" % b",".join(seen)
