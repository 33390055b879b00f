"""What notification_service answers."""

from __future__ import annotations

from contracts.rpc.export import Export


class ExportPerson(Export):
    """Devices of this person."""

    service = "notification"
