"""Rate, errors and duration of requests at the edge: plain numbers, rendered when scraped.

A Prometheus histogram costs several times as much per request; at the edge that is felt.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from chassis.logs import logger
from chassis.metrics import Metrics

log = logger("edge")

SLOW_S = 1.0
_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_LOGGED_PER_SWEEP = 20


class Tally(Collector):
    """Durations by route and class of status; a log line only for the slow and the broken."""

    def __init__(self, metrics: Metrics) -> None:
        self._counts: dict[tuple[str, int], list[float]] = {}
        self._logged = 0
        metrics.registry.register(self)

    def record(self, route: str, status: int, seconds: float, request_id: bytes) -> None:
        """One request was answered."""
        key = (route, status // 100)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = [0.0] * (len(_BOUNDS) + 2)
        counts[bisect_left(_BOUNDS, seconds)] += 1
        counts[-1] += seconds
        if status >= 500 or seconds > SLOW_S:
            self._tell(route, status, seconds, request_id)

    def sweep(self) -> None:
        """Let the log speak again; what was kept back is in the metrics."""
        if self._logged > _LOGGED_PER_SWEEP:
            log.warning("requests.more_failed", more=self._logged - _LOGGED_PER_SWEEP)
        self._logged = 0

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """What Prometheus scrapes."""
        family = HistogramMetricFamily(
            "moim_edge_request_seconds", "Time to answer at the edge", labels=("route", "status")
        )
        for (route, kind), counts in sorted(self._counts.items()):
            total = 0.0
            buckets = []
            for bound, count in zip((*map(str, _BOUNDS), "+Inf"), counts, strict=False):
                total += count
                buckets.append((bound, total))
            family.add_metric((route, f"{kind}xx"), buckets, sum_value=counts[-1])
        yield family

    def _tell(self, route: str, status: int, seconds: float, request_id: bytes) -> None:
        self._logged += 1
        if self._logged > _LOGGED_PER_SWEEP:
            return
        event = "request.failed" if status >= 500 else "request.slow"
        log.warning(
            event,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            request=request_id.decode("ascii", "replace"),
        )
