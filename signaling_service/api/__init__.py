"""What HTTP may ask about voice, by noun."""

from __future__ import annotations

from fastapi import APIRouter

from signaling_service.api import calls, recordings, regions, stages, states
from signaling_service.tools import Tools
from signaling_service.views import VoiceRegion


def routers(tools: Tools, offered: tuple[VoiceRegion, ...]) -> list[APIRouter]:
    """Every route."""
    of_people = [states.router(tools), stages.router(tools), calls.router(tools)]
    return [regions.router(tools, offered), *of_people, recordings.router(tools)]
