"""What chat_service answers."""

from __future__ import annotations

from contracts.rpc.export import Export


class ExportPerson(Export):
    """Messages that this person wrote."""

    service = "chat"
