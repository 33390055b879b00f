"""Rooms that operators' programs open by tokens of their own: created, joined, full, ready."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from signaling_service.domain.tokens import sign
from tests.fixtures.ports import free_ports
from tests.service.signaling_service.house import House, open_house
from tests.service.signaling_service.talk import arrives, guest, talking_house


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    async with talking_house(redis_url) as (house, _):
        yield house


async def test_a_room_is_created_joined_and_full(house: House) -> None:
    async with AsyncExitStack() as stack:
        first = await guest(house, stack, "first")
        created = await first.hears("created")
        assert (created["room"], created["capacity"], created["participants"]) == ("lobby", 2, [])
        second = await guest(house, stack, "second")
        joined = await second.hears("joined")
        assert [one["user_id"] for one in joined["participants"]] == ["first"]
        await second.hears("ready")
        assert (await first.hears("participant"))["participant"]["user_id"] == "second"
        await first.hears("ready")
        third = await guest(house, stack, "third")
        await third.hears("full")
        again = await guest(house, stack, "second")
        await again.hears("joined")
        assert (await second.hears("bye"))["why"] == "duplicate"
        await again.says(type="leave")
        assert (await again.hears("bye"))["may_return"] is False
        assert (await first.hears("left"))["participant"]["user_id"] == "second"


async def test_a_dead_worker_s_guests_are_told_at_once_and_come_in_at_the_next(
    redis_url: str,
) -> None:
    """seeds.md 8: its lease has long to go; that nobody answers at its address is told by the
    system. Who comes before the next worker does is held, not refused.
    """
    async with talking_house(redis_url) as (house, worker), AsyncExitStack() as stack:
        assert worker.here is not None
        assert worker.link is not None
        alive, (nowhere,) = worker.here.address, free_ports(1)
        came = await guest(house, stack, "first")
        await came.hears("created")
        worker.tells(worker.here.model_copy(update={"address": f"127.0.0.1:{nowhere}"}))
        await worker.link.stop()
        bye = await came.hears("bye")
        assert (bye["why"], bye["may_return"]) == ("media lost", True)
        back = await guest(house, stack, "first")
        await worker.comes(house, epoch=2, address=alive)
        await back.hears("created")


async def test_who_shows_a_forged_token_is_refused(house: House) -> None:
    async with AsyncExitStack() as stack:
        forger = await guest(house, stack, "forger", secret="guessed")
        assert (await forger.hears("error"))["code"] == "refused"


async def test_without_a_secret_of_the_operator_s_only_the_house_signs(redis_url: str) -> None:
    async with open_house(redis_url) as house, AsyncExitStack() as stack:
        settings = house.running.service.settings
        secret = settings.secret()  # type: ignore[attr-defined]
        grants = {"room": "lobby", "roomJoin": True}
        until = house.clock.now_ms() / 1000 + 60
        token = sign({"iss": "moim", "sub": "x", "exp": until, "video": grants}, secret)
        came = await arrives(house, stack, token)
        assert (await came.hears("error"))["code"] == "refused"
