"""Who may come how often, and what a refusal says."""

from __future__ import annotations

import orjson
import pytest

from gateway.rest.ratelimit import EVERYTHING, VAIN_MOST, VAIN_WITHIN_S, Admission, Limiter
from gateway.rest.rows import Bucket
from tests.fixtures.clock import ManualClock

BUCKET = Bucket("test", 5, 5)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def limiter(clock: ManualClock) -> Limiter:
    return Limiter(clock)


def fields(admission: Admission) -> dict[str, str]:
    lines = admission.headers.decode().split("\r\n")[:-1]
    return dict(line.split(": ", 1) for line in lines)


def test_an_answer_says_how_much_is_left(limiter: Limiter, clock: ManualClock) -> None:
    admission = limiter.admit(1, BUCKET, b"9", clock.monotonic())
    assert admission.refusal is None
    found = fields(admission)
    assert found["X-RateLimit-Limit"] == "5"
    assert found["X-RateLimit-Remaining"] == "4"
    assert found["X-RateLimit-Reset-After"] == "1.000"
    assert float(found["X-RateLimit-Reset"]) == clock.now_ms() / 1000 + 1
    assert found["X-RateLimit-Bucket"] == BUCKET.identifier.decode()


def test_the_sixth_is_refused_in_discords_shape(limiter: Limiter) -> None:
    for _ in range(5):
        assert limiter.admit(1, BUCKET, b"9", 0.0).refusal is None
    refused = limiter.admit(1, BUCKET, b"9", 0.0)
    assert refused.refusal is not None
    assert orjson.loads(refused.refusal) == {
        "message": "You are being rate limited.",
        "retry_after": 1.0,
        "global": False,
    }
    found = fields(refused)
    assert found["X-RateLimit-Remaining"] == "0"
    assert found["X-RateLimit-Scope"] == "user"
    assert found["Retry-After"] == "1"
    assert found["Via"] == "1.1 moim"
    assert "X-RateLimit-Global" not in found


def test_callers_and_major_parameters_are_counted_apart(limiter: Limiter) -> None:
    for _ in range(5):
        limiter.admit(1, BUCKET, b"9", 0.0)
    assert limiter.admit(1, BUCKET, b"9", 0.0).refusal is not None
    assert limiter.admit(1, BUCKET, b"8", 0.0).refusal is None
    assert limiter.admit(2, BUCKET, b"9", 0.0).refusal is None
    assert limiter.admit(b"192.0.2.1", BUCKET, b"9", 0.0).refusal is None


def test_waiting_as_told_is_enough(limiter: Limiter) -> None:
    for _ in range(5):
        limiter.admit(1, BUCKET, b"", 0.0)
    body = limiter.admit(1, BUCKET, b"", 0.25).refusal
    assert body is not None
    wait = orjson.loads(body)["retry_after"]
    assert limiter.admit(1, BUCKET, b"", 0.25 + wait).refusal is None


def test_everything_together_has_a_limit_too(limiter: Limiter) -> None:
    for number in range(EVERYTHING.limit):
        assert limiter.admit(1, BUCKET, b"%d" % number, 0.0).refusal is None
    refused = limiter.admit(1, BUCKET, b"other", 0.0)
    assert refused.refusal is not None
    assert orjson.loads(refused.refusal)["global"] is True
    found = fields(refused)
    assert found["X-RateLimit-Global"] == "true"
    assert found["X-RateLimit-Scope"] == "global"
    assert "X-RateLimit-Bucket" not in found
    assert limiter.admit(1, BUCKET, b"other", 1.0).refusal is None


def test_the_scale_multiplies_and_zero_switches_off(clock: ManualClock) -> None:
    double = Limiter(clock, scale=2)
    assert fields(double.admit(1, BUCKET, b"", 0.0))["X-RateLimit-Limit"] == "10"
    off = Limiter(clock, scale=0)
    for _ in range(1_000):
        assert off.admit(1, BUCKET, b"", 0.0) == (b"", None)
        off.in_vain(b"a", 401, 0.0)
    assert len(off) == 0


def test_who_comes_in_vain_too_often_is_shut_out_for_a_while(limiter: Limiter) -> None:
    for _ in range(VAIN_MOST - 1):
        limiter.in_vain(b"a", 401, 0.0)
    limiter.in_vain(b"a", 200, 0.0)
    limiter.in_vain(b"a", 404, 0.0)
    assert limiter.shut_out(b"a", 1.0) is None
    limiter.in_vain(b"a", 403, 1.0)
    refused = limiter.shut_out(b"a", 1.0)
    assert refused is not None
    assert refused.refusal is not None
    assert orjson.loads(refused.refusal)["retry_after"] == VAIN_WITHIN_S - 1
    assert limiter.shut_out(b"b", 1.0) is None
    assert limiter.shut_out(b"a", VAIN_WITHIN_S) is None
    limiter.in_vain(b"a", 429, VAIN_WITHIN_S)
    assert limiter.shut_out(b"a", VAIN_WITHIN_S) is None


def test_a_sweep_drops_what_says_nothing_any_more(limiter: Limiter) -> None:
    limiter.admit(1, BUCKET, b"", 0.0)
    limiter.in_vain(b"a", 401, 0.0)
    limiter.sweep(0.5)
    assert len(limiter) == 2, "the bucket and the address; the second's worth of everything is over"
    limiter.sweep(2.0)
    assert len(limiter) == 2, "not so soon again"
    limiter.sweep(VAIN_WITHIN_S)
    assert len(limiter) == 0


def test_the_state_is_bounded(limiter: Limiter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.rest.ratelimit._MOST", 100)
    for number in range(500):
        limiter.admit(number, BUCKET, b"", 0.0)
        limiter.in_vain(b"%d" % number, 401, 0.0)
    assert len(limiter) <= 200
