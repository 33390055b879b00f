"""What signaling_service is made of."""

from __future__ import annotations

from chassis import parts
from chassis.http import application
from chassis.service import Service
from signaling_service import api, views
from signaling_service.settings import Settings


def build(settings: Settings) -> Service:
    """All parts, in the order in which they start."""
    service = Service(settings)
    parts.door(service, settings)
    regions = (views.region(settings.region_id, settings.region_name),)
    parts.serve(service, settings, application(service.name, api.router(regions)))
    return service
