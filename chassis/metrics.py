"""Prometheus instruments on a registry of one's own: several services may share a process."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Durations(Collector):
    """A histogram for hot paths: plain numbers, rendered when scraped. An instrument that guards
    each number with a lock costs several times as much.
    """

    def __init__(self, name: str, text: str, labels: tuple[str, ...]) -> None:
        self._about = name, text, labels
        self._counts: dict[tuple[str, ...], list[float]] = {}

    def observe(self, labels: tuple[str, ...], seconds: float) -> None:
        """One more."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0.0] * (len(_SECONDS) + 2)
        counts[bisect_left(_SECONDS, seconds)] += 1
        counts[-1] += seconds

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """What Prometheus scrapes."""
        name, text, labels = self._about
        family = HistogramMetricFamily(name, text, labels=labels)
        for values, counts in sorted(self._counts.items()):
            total = 0.0
            buckets = []
            for bound, count in zip((*map(str, _SECONDS), "+Inf"), counts, strict=False):
                total += count
                buckets.append((bound, total))
            family.add_metric(values, buckets, sum_value=counts[-1])
        yield family


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

    def durations(self, name: str, text: str, labels: tuple[str, ...]) -> Durations:
        """Something that takes time, and happens so often that counting it must not."""
        made = Durations(f"moim_{name}", text, labels)
        self.registry.register(made)
        return made

    def render(self) -> bytes:
        """The text that Prometheus scrapes."""
        return generate_latest(self.registry)
