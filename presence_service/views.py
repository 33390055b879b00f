"""How a presence looks from outside."""

from __future__ import annotations

from collections.abc import Sequence

from contracts.events.presence import PresenceUpdate, SessionsReplace
from contracts.ids import GuildId, UserId
from contracts.objects.presence import ClientInfo, OwnSession, Presence, PresenceUser
from presence_service.domain import Lease, Visible


def presence(user_id: UserId, visible: Visible) -> Presence:
    """As an answer."""
    return Presence(
        user=PresenceUser(id=user_id),
        status=visible.status,
        activities=visible.activities,
        client_status=dict(visible.client_status),
    )


def sessions(user_id: UserId, leases: Sequence[Lease], now_ms: int) -> SessionsReplace:
    """All devices of somebody, to themselves."""
    here = (each.seat for each in leases if each.expires_ms > now_ms and not each.is_leaving)
    return SessionsReplace(
        user_id=user_id,
        sessions=tuple(
            OwnSession(
                session_id=seat.session_id,
                status=seat.status,
                activities=seat.activities,
                client_info=ClientInfo(client=seat.platform),
            )
            for seat in sorted(here, key=lambda seat: seat.session_id)
        ),
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
