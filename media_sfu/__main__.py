"""`python -m media_sfu`."""

import gc

from chassis.lifecycle import run
from media_sfu import app, settings

# A collection walks every packet that is kept for repeats, and none of them is part of a cycle; who
# leaves is freed without one (Wire.close).
gc.set_threshold(50_000, 10, 10)
run(settings.Settings, app.build)
