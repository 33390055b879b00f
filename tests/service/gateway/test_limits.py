"""Rate limits that several gateways grant together, and what becomes of them without Redis."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from chassis.clock import SystemClock
from chassis.tasks import Tasks
from gateway.rest.buckets import Buckets
from gateway.rest.ratelimit import EVERYTHING, Admission, Limiter
from gateway.rest.rows import Bucket
from tests.fixtures.patience import PATIENCE, until
from tests.fixtures.proxy import proxied
from tests.fixtures.redis import RedisServer

SLOW = Bucket("slow", 5, 50)
"""Ten seconds for each: what drains while a test runs does not matter."""


class Gateway:
    """A limiter as one gateway process has it."""

    def __init__(self, buckets: Buckets) -> None:
        self.buckets = buckets
        self.limiter = Limiter(SystemClock(), shared=buckets)

    def ask(
        self, caller: int, bucket: Bucket = SLOW, major: bytes = b""
    ) -> asyncio.Future[Admission]:
        answered: asyncio.Future[Admission] = asyncio.get_running_loop().create_future()
        now = SystemClock().monotonic()
        self.limiter.ask(caller, bucket, major, now, then=answered.set_result)
        return answered

    async def until_up(self, *, is_up: bool = True) -> None:
        await until(lambda: self.buckets.is_up is is_up)


@asynccontextmanager
async def gateway(url: str) -> AsyncIterator[Gateway]:
    tasks = Tasks()
    buckets = Buckets(url, clock=SystemClock(), tasks=tasks)
    await buckets.start()
    one = Gateway(buckets)
    await one.until_up()
    try:
        yield one
    finally:
        await buckets.stop()
        await tasks.cancel()


def granted(admissions: list[Admission]) -> int:
    return sum(admission.refusal is None for admission in admissions)


def left(admission: Admission) -> int:
    found = re.search(rb"Remaining: (\d+)", admission.headers)
    assert found is not None
    return int(found[1])


def calls(redis: RedisServer) -> int:
    found = re.search(rb"cmdstat_evalsha:calls=(\d+)", redis.command("INFO", "commandstats"))
    return int(found[1]) if found else 0


async def test_two_gateways_grant_one_limit_together(redis_url: str) -> None:
    async with gateway(redis_url) as one, gateway(redis_url) as other:
        turns = itertools.cycle([one, other])
        admissions = [await next(turns).ask(1) for _ in range(7)]
        assert [left(each) for each in admissions] == [4, 3, 2, 1, 0, 0, 0]
        assert granted(admissions) == 5
        assert b"X-RateLimit-Scope: user" in admissions[-1].headers
        assert granted([await other.ask(2), await one.ask(1, major=b"9")]) == 2


async def test_two_gateways_grant_one_limit_over_everything(redis_url: str) -> None:
    async with gateway(redis_url) as one, gateway(redis_url) as other:
        wide = Bucket("wide", 1_000, 1_000)
        asked = [each.ask(1, wide, b"%d" % n) for n in range(60) for each in (one, other)]
        admissions = await asyncio.gather(*asked)
        assert EVERYTHING.limit <= granted(admissions) < 100
        refused = next(each for each in admissions if each.refusal is not None)
        assert b"X-RateLimit-Global: true" in refused.headers


async def test_what_a_loop_turn_asks_is_one_call_and_a_flood_stays_at_the_door(
    redis_server: RedisServer,
) -> None:
    async with gateway(redis_server.url) as one:
        before = calls(redis_server)
        await asyncio.gather(*(one.ask(caller) for caller in range(40)))
        assert calls(redis_server) == before + 1
        for _ in range(6):
            await one.ask(99)
        known = calls(redis_server)
        assert granted([await one.ask(99) for _ in range(100)]) == 0
        assert calls(redis_server) == known


async def test_without_redis_a_gateway_counts_alone(redis_server: RedisServer) -> None:
    async with gateway(redis_server.url) as one:
        assert granted([await one.ask(1) for _ in range(7)]) == 5
        redis_server.kill()
        await one.until_up(is_up=False)
        alone = one.ask(2)
        assert alone.done(), "nobody waits for a Redis that is away"
        assert granted([alone.result(), *[await one.ask(2) for _ in range(6)]]) == 5
        redis_server.start()
        await one.until_up()
        assert granted([await one.ask(3) for _ in range(7)]) == 5


@pytest.mark.parametrize("trouble", ["silent", "forgetful"])
async def test_a_request_is_decided_even_when_redis_answers_nothing_useful(
    redis_server: RedisServer, trouble: str
) -> None:
    async with proxied(redis_server.port) as proxy, gateway(proxy.url) as one:
        stumble: dict[str, Callable[[], object]] = {
            "silent": proxy.stall,
            "forgetful": lambda: redis_server.command("SCRIPT", "FLUSH"),
        }
        stumble[trouble]()
        async with asyncio.timeout(PATIENCE):
            assert (await one.ask(1)).refusal is None
        proxy.resume()
        await one.until_up()
        assert granted([await one.ask(2) for _ in range(7)]) == 5
