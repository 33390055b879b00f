"""Log lines for people."""

from __future__ import annotations

from stack.readable import readable


def test_a_json_line_becomes_time_level_event_and_fields() -> None:
    line = '{"at":"2026-01-02T03:04:05.678Z","level":"info","event":"a.b","service":"x","port":1}'
    assert readable(line) == ["03:04:05.678 info    a.b port=1"]


def test_a_trace_stands_below_its_line() -> None:
    line = '{"at":"2026-01-02T03:04:05.678Z","level":"error","event":"a.b","exc":"One\\nTwo"}'
    assert readable(line) == ["03:04:05.678 error   a.b", "    One", "    Two"]


def test_a_line_that_is_no_log_record_stays_as_it_is() -> None:
    for line in ("plain", "{}", "[1]", '"text"', "", "5"):
        assert readable(line) == [line]


def test_the_level_is_painted_by_its_weight() -> None:
    line = '{"at":"2026-01-02T03:04:05.678Z","level":"error","event":"e"}'
    assert readable(line, lambda text, colour: f"<{colour}>{text.strip()}") == [
        "03:04:05.678 <red>error e"
    ]
