"""`python -m chat_service`."""

from chassis.lifecycle import run
from chat_service.app import build
from chat_service.settings import Settings

run(Settings, build)
