"""Rate, errors and duration of requests at the edge; a log line for the slow and the broken."""

from __future__ import annotations

from chassis.logs import logger
from chassis.metrics import Metrics

log = logger("edge")

SLOW_S = 1.0
_LOGGED_PER_SWEEP = 20
_CLASSES = ("0xx", "1xx", "2xx", "3xx", "4xx", "5xx")


class Tally:
    """Durations by route and class of status."""

    def __init__(self, metrics: Metrics) -> None:
        self._seconds = metrics.durations(
            "edge_request_seconds", "Time to answer at the edge", ("route", "status")
        )
        self._logged = 0

    def record(self, route: str, status: int, seconds: float, request_id: bytes) -> None:
        """One request was answered."""
        self._seconds.observe((route, _CLASSES[status // 100]), seconds)
        if status >= 500 or seconds > SLOW_S:
            self._tell(route, status, seconds, request_id)

    def sweep(self) -> None:
        """Let the log speak again; what was kept back is in the metrics."""
        if self._logged > _LOGGED_PER_SWEEP:
            log.warning("requests.more_failed", more=self._logged - _LOGGED_PER_SWEEP)
        self._logged = 0

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
