"""How often one caller may come: per bucket, per caller over everything, and how often in vain.

Counted in this process: several gateways each grant the whole limit. Arithmetic: chassis.ratelimit.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import orjson

from chassis.clock import Clock
from chassis.ratelimit import ROUNDING, remaining, used_after
from contracts.errors import TooMany
from gateway.rest.routes import Bucket

EVERYTHING = Bucket("global", 50, 1)
VAIN_MOST = 10_000
VAIN_WITHIN_S = 600.0
SWEEP_EVERY_S = 10.0
_VAIN = frozenset((401, 403, 429))
_MOST = 200_000

Caller = int | bytes
"""A user id, or the address of somebody without one."""


class Admission(NamedTuple):
    """Whether a request may go on, and what its answer says about limits."""

    headers: bytes
    refusal: bytes | None
    """The body of a 429."""


FREE = Admission(b"", None)


class Limiter:
    """All limits of one gateway process. `scale` multiplies them; 0 switches them off."""

    def __init__(self, clock: Clock, *, scale: float = 1.0) -> None:
        self._clock = clock
        self._scale = scale
        self._limits: dict[bytes, tuple[int, float]] = {}
        self._empty_at: dict[tuple[Caller, bytes, bytes], float] = {}
        self._vain: dict[bytes, tuple[int, float]] = {}
        self._sweep_due = 0.0

    def admit(self, caller: Caller, bucket: Bucket, major: bytes, now: float) -> Admission:
        """Count one request of a caller."""
        if not self._scale:
            return FREE
        if bucket.counts_globally and (wait := self._take(caller, EVERYTHING, b"", now)[0]):
            return _refused(wait, b"X-RateLimit-Global: true\r\n", b"global")
        wait, reset_after, left, limit = self._take(caller, bucket, major, now)
        headers = (
            b"X-RateLimit-Limit: %d\r\nX-RateLimit-Remaining: %d\r\nX-RateLimit-Reset: %.3f\r\n"
            b"X-RateLimit-Reset-After: %.3f\r\nX-RateLimit-Bucket: %b\r\n"
        ) % (
            limit,
            left,
            self._clock.now_ms() / 1000 + reset_after,
            reset_after,
            bucket.identifier,
        )
        return _refused(wait, headers, b"user") if wait else Admission(headers, None)

    def in_vain(self, address: bytes, status: int, now: float) -> None:
        """Take note of an answer; those that refuse the caller count against the address."""
        if status not in _VAIN or not self._scale:
            return
        count, until = self._vain.get(address, (0, 0.0))
        if until <= now:
            count, until = 0, now + VAIN_WITHIN_S
            if len(self._vain) >= _MOST:
                self._vain.pop(next(iter(self._vain)))
        self._vain[address] = (count + 1, until)

    def shut_out(self, address: bytes, now: float) -> Admission | None:
        """A refusal for an address that came in vain too often."""
        vain = self._vain.get(address)
        if vain is None or vain[0] < VAIN_MOST or vain[1] <= now:
            return None
        return _refused(vain[1] - now, b"X-RateLimit-Global: true\r\n", b"global")

    def sweep(self, now: float) -> None:
        """Drop what says nothing any more; it may be called as often as one likes."""
        if now < self._sweep_due:
            return
        self._sweep_due = now + SWEEP_EVERY_S
        for key in [key for key, empty_at in self._empty_at.items() if empty_at <= now]:
            del self._empty_at[key]
        for address in [address for address, (_, until) in self._vain.items() if until <= now]:
            del self._vain[address]

    def __len__(self) -> int:
        return len(self._empty_at) + len(self._vain)

    def _take(
        self, caller: Caller, bucket: Bucket, major: bytes, now: float
    ) -> tuple[float, float, int, int]:
        """Seconds to wait (0: taken), seconds until all is free, how many are left, the limit."""
        name, per = bucket.identifier, bucket.per
        known = self._limits.get(name)
        if known is None:
            limit = max(1, round(bucket.limit * self._scale))
            known = self._limits[name] = (limit, per / limit)
        limit, step = known
        states = self._empty_at
        key = (caller, name, major)
        empty_at = states.get(key)
        if empty_at is None:
            empty_at = 0.0
            if len(states) >= _MOST:
                states.pop(next(iter(states)))
        used = used_after(empty_at, now, step)
        if used > per + ROUNDING:
            return used - per, used - step, 0, limit
        states[key] = now + used
        return 0.0, used, remaining(used, step, per), limit


def _refused(retry_after: float, headers: bytes, scope: bytes) -> Admission:
    retry_after = math.ceil(retry_after * 1000) / 1000
    body = TooMany(retry_after, is_global=scope == b"global").body()
    # Without Via, discord.py takes a 429 for a ban by a CDN and gives up.
    headers += b"X-RateLimit-Scope: %b\r\nRetry-After: %d\r\nVia: 1.1 moim\r\n" % (
        scope,
        max(1, math.ceil(retry_after)),
    )
    return Admission(headers, orjson.dumps(body))
