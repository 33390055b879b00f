"""`python -m user_service`."""

from chassis.lifecycle import run
from user_service.app import build
from user_service.settings import Settings

run(Settings, build)
