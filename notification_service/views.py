"""How devices look from outside. Their tokens are secrets and stay inside."""

from __future__ import annotations

from contracts.wire import JSON, timestamp
from notification_service.domain import Device


def device(of: Device) -> JSON:
    """One device."""
    return {
        "id": str(of.id),
        "provider": of.address.provider,
        "platform": of.address.platform,
        "seen_at": timestamp(of.seen),
    }
