"""How a presence looks from outside."""

from __future__ import annotations

from contracts.events.presence import PresenceUpdate
from contracts.ids import GuildId, UserId
from contracts.objects.presence import Presence, PresenceUser
from presence_service.domain import Visible


def presence(user_id: UserId, visible: Visible) -> Presence:
    """As an answer."""
    return Presence(
        user=PresenceUser(id=user_id),
        status=visible.status,
        activities=visible.activities,
        client_status=dict(visible.client_status),
    )


def update(user_id: UserId, visible: Visible, guild_id: GuildId | None) -> PresenceUpdate:
    """As an event in one guild or, without one, for friends and the person's own devices."""
    return PresenceUpdate(
        user=PresenceUser(id=user_id),
        guild_id=guild_id,
        status=visible.status,
        activities=visible.activities,
        client_status=dict(visible.client_status),
    )
