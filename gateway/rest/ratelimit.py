"""How often one caller may come: per bucket, per caller over everything, and how often in vain.

The buckets are Redis's, shared by all gateways (buckets.py). While Redis is away this process
counts alone, by the same arithmetic (chassis.ratelimit): a limit is no reason to refuse everybody.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import orjson

from chassis.clock import Clock
from chassis.ratelimit import ROUNDING, remaining, used_after
from contracts.errors import TooMany
from contracts.topics import limit_key
from gateway.rest.buckets import EVERYTHING_REFUSES, Buckets, Take
from gateway.rest.peers import counted
from gateway.rest.rows import Bucket

EVERYTHING = Bucket("global", 50, 1)
VAIN_MOST = 10_000
VAIN_WITHIN_S = 600.0
SWEEP_EVERY_S = 10.0
VAIN = frozenset((401, 403, 429))
_MOST = 200_000
_MAJOR_BYTES = 40
_OF_ALL = b"X-RateLimit-Global: true\r\n"

Caller = int | bytes
"""A user id, or the address of somebody without one."""


class Admission(NamedTuple):
    """Whether a request may go on, and what its answer says about limits."""

    headers: bytes
    refusal: bytes | None
    """The body of a 429."""


FREE = Admission(b"", None)
Admitted = Callable[[Admission], None]


class Limiter:
    """All limits of one gateway process. `scale` multiplies them; 0 switches them off."""

    def __init__(self, clock: Clock, *, scale: float = 1.0, shared: Buckets | None = None) -> None:
        self._clock = clock
        self._scale = scale
        self._shared = shared
        self._limits: dict[bytes, tuple[int, float]] = {}
        self._refused_until: dict[tuple[Caller, bytes, bytes], float] = {}
        self._empty_at: dict[tuple[Caller, bytes, bytes], float] = {}
        self._vain: dict[bytes, tuple[int, float]] = {}
        self._sweep_due = 0.0

    def ask(
        self, caller: Caller, bucket: Bucket, major: bytes, now: float, *, then: Admitted
    ) -> None:
        """Count one request of a caller among all gateways; `then` may be called at once."""
        caller = caller if isinstance(caller, int) else counted(caller)
        shared = self._shared
        if shared is None or not self._scale or not shared.is_up:
            then(self.admit(caller, bucket, major, now))
        elif (known := self._still_refused(caller, bucket, major, now)) is not None:
            then(known)
        else:
            who = f"{caller:d}" if isinstance(caller, int) else caller.decode("latin-1")
            where = major[:_MAJOR_BYTES].decode("latin-1")
            shared.take(
                Take(
                    limit_key("all", who, ""),
                    limit_key(bucket.name, who, where),
                    (*self._microseconds(EVERYTHING), *self._microseconds(bucket)),
                    partial(self._said, (caller, bucket, major), then),
                )
            )

    def admit(self, caller: Caller, bucket: Bucket, major: bytes, now: float) -> Admission:
        """Count one request of a caller in this process alone."""
        if not self._scale:
            return FREE
        wait, _, _ = self._take(caller, EVERYTHING, b"", now)
        if wait:
            return _refused(wait, _OF_ALL, b"global")
        return self._told(bucket, *self._take(caller, bucket, major, now))

    def _said(
        self, asked: tuple[Caller, Bucket, bytes], then: Admitted, said: tuple[int, float] | None
    ) -> None:
        """Redis has counted, or is away."""
        caller, bucket, major = asked
        now = self._clock.monotonic()
        if said is None:
            return then(self.admit(caller, bucket, major, now))
        refusing, seconds = said
        _, step = self._limit(bucket)
        if refusing == EVERYTHING_REFUSES:
            self._remember((caller, EVERYTHING.identifier, b""), now + seconds)
            return then(_refused(seconds, _OF_ALL, b"global"))
        if refusing:
            self._remember((caller, bucket.identifier, major), now + seconds)
            return then(self._told(bucket, seconds, bucket.per + seconds - step, 0))
        whole, per = self._microseconds(bucket)
        return then(self._told(bucket, 0.0, seconds, (per - round(seconds * 1e6)) // whole))

    def _still_refused(
        self, caller: Caller, bucket: Bucket, major: bytes, now: float
    ) -> Admission | None:
        """What Redis said a moment ago and would say again: a flood stays at this door."""
        until = self._refused_until
        if not until:
            return None
        wait = until.get((caller, EVERYTHING.identifier, b""), now) - now
        if wait > 0:
            return _refused(wait, _OF_ALL, b"global")
        wait = until.get((caller, bucket.identifier, major), now) - now
        if wait <= 0:
            return None
        return self._told(bucket, wait, bucket.per + wait - self._limit(bucket)[1], 0)

    def _remember(self, key: tuple[Caller, bytes, bytes], until: float) -> None:
        if len(self._refused_until) >= _MOST:
            self._refused_until.pop(next(iter(self._refused_until)))
        self._refused_until[key] = until

    def _told(self, bucket: Bucket, wait: float, reset_after: float, left: int) -> Admission:
        headers = (
            b"X-RateLimit-Limit: %d\r\nX-RateLimit-Remaining: %d\r\nX-RateLimit-Reset: %.3f\r\n"
            b"X-RateLimit-Reset-After: %.3f\r\nX-RateLimit-Bucket: %b\r\n"
        ) % (
            self._limit(bucket)[0],
            left,
            self._clock.now_ms() / 1000 + reset_after,
            reset_after,
            bucket.identifier,
        )
        return _refused(wait, headers, b"user") if wait else Admission(headers, None)

    def in_vain(self, address: bytes, status: int, now: float) -> None:
        """Take note of an answer; those that refuse the caller count against the address."""
        if status not in VAIN or not self._scale:
            return
        address = counted(address)
        count, until = self._vain.get(address, (0, 0.0))
        if until <= now:
            count, until = 0, now + VAIN_WITHIN_S
            if len(self._vain) >= _MOST:
                self._vain.pop(next(iter(self._vain)))
        self._vain[address] = (count + 1, until)

    def shut_out(self, address: bytes, now: float) -> Admission | None:
        """A refusal for an address that came in vain too often."""
        vain = self._vain.get(counted(address))
        if vain is None or vain[0] < VAIN_MOST or vain[1] <= now:
            return None
        return _refused(vain[1] - now, _OF_ALL, b"global")

    def sweep(self, now: float) -> None:
        """Drop what says nothing any more; it may be called as often as one likes."""
        if now < self._sweep_due:
            return
        self._sweep_due = now + SWEEP_EVERY_S
        for key in [key for key, empty_at in self._empty_at.items() if empty_at <= now]:
            del self._empty_at[key]
        for key in [key for key, until in self._refused_until.items() if until <= now]:
            del self._refused_until[key]
        for address in [address for address, (_, until) in self._vain.items() if until <= now]:
            del self._vain[address]

    def __len__(self) -> int:
        return len(self._empty_at) + len(self._refused_until) + len(self._vain)

    def _take(
        self, caller: Caller, bucket: Bucket, major: bytes, now: float
    ) -> tuple[float, float, int]:
        """Seconds to wait (0: taken), seconds until all is free, how many are left."""
        name, per = bucket.identifier, bucket.per
        _, step = self._limit(bucket)
        states = self._empty_at
        key = (caller, name, major)
        empty_at = states.get(key)
        if empty_at is None:
            empty_at = 0.0
            if len(states) >= _MOST:
                states.pop(next(iter(states)))
        used = used_after(empty_at, now, step)
        if used > per + ROUNDING:
            return used - per, used - step, 0
        states[key] = now + used
        return 0.0, used, remaining(used, step, per)

    def _limit(self, bucket: Bucket) -> tuple[int, float]:
        """How many at once, and the seconds that each of them needs to drain."""
        known = self._limits.get(bucket.identifier)
        if known is None:
            limit = max(1, round(bucket.limit * self._scale))
            known = self._limits[bucket.identifier] = (limit, bucket.per / limit)
        return known

    def _microseconds(self, bucket: Bucket) -> tuple[int, int]:
        """A step, and the period as so many steps: nothing is lost by rounding."""
        limit, step = self._limit(bucket)
        whole = round(step * 1e6)
        return whole, whole * limit


def _refused(retry_after: float, headers: bytes, scope: bytes) -> Admission:
    retry_after = math.ceil(retry_after * 1000) / 1000
    body = TooMany(retry_after, is_global=scope == b"global").body()
    # Without Via, discord.py takes a 429 for a ban by a CDN and gives up.
    headers += b"X-RateLimit-Scope: %b\r\nRetry-After: %d\r\nVia: 1.1 moim\r\n" % (
        scope,
        max(1, math.ceil(retry_after)),
    )
    return Admission(headers, orjson.dumps(body))
