"""What HTTP may ask about voice, by noun."""

from __future__ import annotations

from fastapi import APIRouter

from signaling_service.api import calls, regions, states
from signaling_service.tools import Tools
from signaling_service.views import VoiceRegion


def routers(tools: Tools, offered: tuple[VoiceRegion, ...]) -> list[APIRouter]:
    """Every route."""
    return [regions.router(tools, offered), states.router(tools), calls.router(tools)]
