"""`python -m gateway`."""

from chassis.lifecycle import run
from gateway.app import build
from gateway.settings import Settings

run(Settings, build)
