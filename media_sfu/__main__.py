"""`python -m media_sfu`."""

from chassis.lifecycle import run
from media_sfu.app import build
from media_sfu.settings import Settings

run(Settings, build)
