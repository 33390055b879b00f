"""`python -m notification_service`."""

from chassis.lifecycle import run
from notification_service.app import build
from notification_service.settings import Settings

run(Settings, build)
