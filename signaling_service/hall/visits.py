"""Who was here, since when, and for how long they spoke: what chat_service is told of again and
again while they are here, and once more when they are gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.rpc.chat import NotedVisit
from signaling_service.hall.rooms import Guest

_KEPT_MOST = 50_000
"""Visits that ended while chat_service was away."""


class Visits:
    """Those that have yet to be told of for the last time."""

    def __init__(self) -> None:
        self._over: dict[int, NotedVisit] = {}

    def over(self, guest: Guest, now_ms: int) -> None:
        """Somebody is gone."""
        guest.talks(now_ms, is_on=False)
        visit = _noted(guest, now_ms)
        if visit is not None and len(self._over) < _KEPT_MOST:
            self._over[guest.visit_id] = visit

    def due(self, here: Iterable[Guest], now_ms: int) -> list[NotedVisit]:
        """To be told now."""
        going_on = (_noted(guest, now_ms) for guest in here)
        return [*self._over.values(), *(one for one in going_on if one is not None)]

    def told(self, some: Sequence[NotedVisit]) -> None:
        """They are known."""
        for one in some:
            if self._over.get(int(one.id)) is one:
                del self._over[int(one.id)]


def _noted(guest: Guest, now_ms: int) -> NotedVisit | None:
    stay = guest.stay
    if stay is None or stay.guild_id is None or not guest.visit_id:
        return None
    talks_ms = now_ms - guest.talks_since_ms if guest.talks_since_ms else 0
    return NotedVisit(
        id=Snowflake(guest.visit_id),
        channel_id=ChannelId(stay.channel_id),
        guild_id=GuildId(stay.guild_id),
        user_id=UserId(stay.user_id),
        began_ms=guest.joined_ms,
        ended_ms=now_ms,
        spoke_ms=guest.talked_ms + max(0, talks_ms),
    )
