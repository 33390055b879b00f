"""Events between processes: numbered, stamped, logged, repaired.

A publish is exactly once in its topic's log as long as its repeats fall among the newest 4,096
entries; every gap at a subscriber is noticed and repaired from the log, or said aloud. What an
event means is decided elsewhere.
"""

from chassis.bus.bus import Bus
from chassis.bus.ears import Ears
from chassis.bus.pace import Pace
from chassis.bus.replay import Replayed, ReplayGone
from chassis.bus.subscription import Listener

__all__ = ["Bus", "Ears", "Listener", "Pace", "ReplayGone", "Replayed"]
