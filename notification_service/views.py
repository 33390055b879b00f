"""How devices, history and wishes look from outside. Tokens are secrets and stay inside."""

from __future__ import annotations

from contracts.wire import JSON, timestamp
from notification_service.domain.devices import Device
from notification_service.domain.history import Remembered
from notification_service.domain.people import Person


def device(of: Device) -> JSON:
    """One device."""
    return {
        "id": str(of.id),
        "provider": of.address.provider,
        "platform": of.address.platform,
        "seen_at": timestamp(of.seen),
    }


def entry(of: Remembered) -> JSON:
    """One line of the history."""
    return {
        "id": str(of.id),
        "type": str(of.reason),
        "guild_id": str(of.guild_id) if of.guild_id is not None else None,
        "channel_id": str(of.channel_id) if of.channel_id is not None else None,
        "message_id": str(of.about_id) if of.is_message else None,
        "event_id": of.event_id,
        "author_id": of.body.get("author_id"),
        "author_name": of.body.get("author", ""),
        "guild_name": of.body.get("guild"),
        "channel_name": of.body.get("channel") or None,
        "text": of.body.get("text", ""),
        "created_at": timestamp(of.created),
        "read": of.is_read,
    }


def wishes(of: Person) -> JSON:
    """How one wishes to be told, beside the settings of user_service."""
    return {"hide_content": of.hides_content, "email_digest": of.wants_digest}
