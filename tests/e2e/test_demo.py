"""`./moim seed` fills a house through its public door, and may be repeated."""

from __future__ import annotations

import httpx
import pytest

from stack.demo import PASSWORD, PEOPLE, STORY, Storyteller
from stack.suite import Suite
from tests.fixtures.patience import PATIENCE
from tests.fixtures.people import Person

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]


async def test_a_demo_can_be_looked_at_and_made_again(house: Suite) -> None:
    first = await Storyteller(house.url, lambda line: None).tell()
    second = await Storyteller(house.url, lambda line: None).tell()
    assert first.guild_id != second.guild_id
    async with httpx.AsyncClient(base_url=f"{house.url}/api/v10", timeout=PATIENCE) as http:
        form = {"login": PEOPLE[3], "password": PASSWORD}
        account = (await http.post("/auth/login", json=form)).json()
    newcomer = Person(house.url, PEOPLE[3], account)
    rooms = await newcomer.does("GET", f"/guilds/{second.guild_id}/channels")
    quotes = next(room["id"] for room in rooms if room["name"] == "quotes")
    said = [text for room, _, text in STORY if room == "quotes"]
    assert (await newcomer.reads(quotes))[::-1] == said
    await newcomer.leave()
