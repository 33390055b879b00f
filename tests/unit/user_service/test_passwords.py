"""Hashing on a pool that puts off whom it cannot serve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from contracts.errors import TooMany
from user_service.passwords import Passwords


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    pool = Passwords(memory_kib=8, passes=1, threads=2, queue=3)
    await pool.start()
    yield pool
    await pool.stop()


async def test_a_password_matches_its_hash_and_no_other(passwords: Passwords) -> None:
    kept = await passwords.hash("비밀번호")
    assert kept.startswith("$argon2id$")
    assert "비밀번호" not in kept
    assert await passwords.matches(kept, "비밀번호")
    assert not await passwords.matches(kept, "비밀번호!")
    assert kept != await passwords.hash("비밀번호")


async def test_nobodys_password_matches_nothing(passwords: Passwords) -> None:
    assert not await passwords.matches(None, "nobody has this one")
    assert not await passwords.matches(None, "")


async def test_a_broken_hash_matches_nothing(passwords: Passwords) -> None:
    assert not await passwords.matches("not a hash", "x")


async def test_a_hash_made_at_another_cost_still_matches(passwords: Passwords) -> None:
    dearer = Passwords(memory_kib=16, passes=2, threads=1, queue=1)
    await dearer.start()
    kept = await dearer.hash("correct horse")
    await dearer.stop()
    assert await passwords.matches(kept, "correct horse")


async def test_whoever_comes_to_a_full_queue_is_put_off(passwords: Passwords) -> None:
    asked = [asyncio.ensure_future(passwords.hash("x")) for _ in range(8)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(outcome) for outcome in done] == [str] * 5 + [TooMany] * 3
    assert passwords.trouble() is None
    assert await passwords.hash("x"), "the queue is open again"


async def test_a_full_queue_is_a_trouble(passwords: Passwords) -> None:
    asked = [asyncio.ensure_future(passwords.hash("x")) for _ in range(5)]
    await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED, timeout=0)
    assert passwords.trouble()
    await asyncio.gather(*asked)


async def test_an_asker_who_went_away_leaves_no_place_taken(passwords: Passwords) -> None:
    for _ in range(10):
        asked = asyncio.ensure_future(passwords.hash("x"))
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    assert await passwords.hash("x")
