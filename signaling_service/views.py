"""How voice looks from outside."""

from __future__ import annotations

from contracts.wire import Wire


class VoiceRegion(Wire):
    """Where voice is spoken, as clients list it."""

    id: str
    name: str
    optimal: bool
    deprecated: bool
    custom: bool


def region(region_id: str, name: str) -> VoiceRegion:
    """The one region of this house: the best there is."""
    return VoiceRegion(id=region_id, name=name, optimal=True, deprecated=False, custom=False)
