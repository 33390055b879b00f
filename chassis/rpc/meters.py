"""What is counted of calls, on both ends. Labels are declared names, never what a peer made up."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

from chassis.metrics import Metrics


class AskMeter:
    """Of the asking end."""

    def __init__(self, metrics: Metrics) -> None:
        labels = ("call",)
        self._failures = metrics.counter(
            "calls_failed", "Calls to neighbours without an answer", (*labels, "outcome")
        )
        self._seconds = metrics.histogram("calls_seconds", "From question to answer", labels)
        self._retries = metrics.counter("calls_retried", "Calls that were asked again", labels)
        self._casts = metrics.counter("casts_told", "Casts to neighbours", ("cast", "outcome"))
        # Finding an instrument by its labels costs more than counting: remember those in use.
        self._known_seconds: dict[str, Histogram] = {}

    def asked(self, call: str, seconds: float) -> None:
        """A call came to its end, whatever it was."""
        histogram = self._known_seconds.get(call)
        if histogram is None:
            histogram = self._known_seconds[call] = self._seconds.labels(call)
        histogram.observe(seconds)

    def failed(self, call: str, outcome: str) -> None:
        """A call came to its end without an answer."""
        self._failures.labels(call, outcome).inc()

    def retried(self, call: str) -> None:
        """A call is asked again."""
        self._retries.labels(call).inc()

    def told(self, cast: str, outcome: str) -> None:
        """A cast was sent or dropped."""
        self._casts.labels(cast, outcome).inc()


class AnswerMeter:
    """Of the answering end."""

    def __init__(self, metrics: Metrics) -> None:
        self._outcomes = metrics.counter(
            "calls_served", "Calls from neighbours by their end", ("call", "outcome")
        )
        self._links = metrics.gauge("calls_links", "Links from neighbours now", ("peer",))
        self._known: dict[tuple[str, str], Counter] = {}

    def served(self, call: str, outcome: str) -> None:
        """A call came to its end."""
        counter = self._known.get((call, outcome))
        if counter is None:
            counter = self._known[call, outcome] = self._outcomes.labels(call, outcome)
        counter.inc()

    def linked(self, peer: str, change: int) -> None:
        """A link came (1) or went (-1)."""
        self._links.labels(peer).inc(change)
