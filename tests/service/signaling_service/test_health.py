"""signaling_service stands, and says which voice regions there are."""

from __future__ import annotations

from contracts.identity import Kind
from signaling_service.app import build
from signaling_service.settings import Settings
from tests.fixtures.services import running


async def test_it_is_ready_alone() -> None:
    async with running(Settings, build) as signaling:
        assert signaling.service.troubles() == {"rpc": None}


async def test_it_tells_its_one_region_to_people_and_bots() -> None:
    async with running(Settings, build, region_id="seoul", region_name="서울") as signaling:
        for kind in (Kind.USER, Kind.BOT):
            answer = await signaling.as_(7, kind=kind).get("/voice/regions")
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


async def test_it_knows_no_sounds() -> None:
    async with running(Settings, build) as signaling:
        answer = await signaling.as_(7).get("/soundboard-default-sounds")
        assert (answer.status_code, answer.json()) == (200, [])


async def test_nobody_is_refused() -> None:
    async with running(Settings, build) as signaling:
        assert (await signaling.nobody.get("/voice/regions")).status_code == 401
