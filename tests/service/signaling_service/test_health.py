"""signaling_service stands, and says which voice regions there are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contracts.identity import Kind
from tests.service.signaling_service.house import ALICE, STRANGER, House, open_house


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    async with open_house(redis_url, region_id="seoul", region_name="서울") as house:
        yield house


async def test_it_tells_its_one_region_to_people_and_bots(house: House) -> None:
    guild = await house.guild()
    for kind in (Kind.USER, Kind.BOT):
        for path in ("/voice/regions", f"/guilds/{guild}/regions"):
            answer = await house.running.as_(ALICE, kind=kind).get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "application/json"
            assert answer.json() == [
                {
                    "id": "seoul",
                    "name": "서울",
                    "optimal": True,
                    "deprecated": False,
                    "custom": False,
                }
            ]


async def test_a_community_s_regions_are_told_to_its_members(house: House) -> None:
    guild = await house.guild()
    answer = await house.running.as_(STRANGER).get(f"/guilds/{guild}/regions")
    assert (answer.status_code, answer.json()["code"]) == (404, 10004)


async def test_it_knows_no_sounds(house: House) -> None:
    answer = await house.running.as_(7).get("/soundboard-default-sounds")
    assert (answer.status_code, answer.json()) == (200, [])


async def test_nobody_is_refused(house: House) -> None:
    assert (await house.running.nobody.get("/voice/regions")).status_code == 401
