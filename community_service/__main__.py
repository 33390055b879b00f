"""Run community_service."""

from chassis.lifecycle import run
from community_service.app import build
from community_service.settings import Settings

run(Settings, build)
