"""What a bus counts, over all servers that it speaks to."""

from __future__ import annotations

from collections.abc import Callable

from chassis.metrics import Metrics


class Meters:
    """The instruments of one bus."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self.gaps = metrics.counter("bus_gaps", "Gaps noticed, by the net", ("net",))
        self.repaired = metrics.counter("bus_repaired", "Missed events read from the log")
        self.lost = metrics.counter("bus_lost", "Topics told that events are lost")
        self.published = metrics.counter("bus_published", "Records confirmed by Redis")
        self.dropped = metrics.counter("bus_dropped", "Records not published", ("why",))
        self.unreplicated = metrics.counter(
            "bus_unreplicated", "Records of a cluster that no replica confirmed in time"
        )

    def watch(self, topics: Callable[[], int], queue: Callable[[], int]) -> None:
        """What is so many now."""
        self._metrics.gauge("bus_topics", "Topics heard").set_function(topics)
        self._metrics.gauge("bus_queue", "Records waiting for Redis").set_function(queue)
