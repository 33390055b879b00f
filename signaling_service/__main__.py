"""`python -m signaling_service`."""

from chassis.lifecycle import run
from signaling_service.app import build
from signaling_service.settings import Settings

run(Settings, build)
