"""`python -m presence_service`."""

from chassis.lifecycle import run
from presence_service.app import build
from presence_service.settings import Settings

run(Settings, build)
