"""Plain numbers that Prometheus reads like any histogram."""

from __future__ import annotations

from chassis.metrics import Metrics


def test_durations_are_counted_up_to_each_bound() -> None:
    metrics = Metrics()
    seconds = metrics.durations("work_seconds", "Time of work", ("kind",))
    for took in (0.0005, 0.001, 0.3, 60.0):
        seconds.observe(("a",), took)
    seconds.observe(("b",), 0.02)
    lines = metrics.render().decode().splitlines()
    for bound, count in (("0.001", 2), ("0.25", 2), ("0.5", 3), ("5.0", 3), ("+Inf", 4)):
        assert f'moim_work_seconds_bucket{{kind="a",le="{bound}"}} {count}.0' in lines
    assert 'moim_work_seconds_count{kind="a"} 4.0' in lines
    assert 'moim_work_seconds_sum{kind="a"} 60.3015' in lines
    assert 'moim_work_seconds_count{kind="b"} 1.0' in lines
