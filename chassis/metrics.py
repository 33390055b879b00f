"""Prometheus instruments on a registry of one's own: several services may share a process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The instruments of one service. Names get the prefix `moim_`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.loop_lag = self.gauge("loop_lag_seconds", "How late the event loop runs a timer")

    def counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        """Something that happens."""
        return Counter(f"moim_{name}", text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        """Something that is so many now."""
        return Gauge(f"moim_{name}", text, labels, registry=self.registry)

    def histogram(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Histogram:
        """Something that takes time."""
        return Histogram(f"moim_{name}", text, labels, registry=self.registry, buckets=_SECONDS)

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)
