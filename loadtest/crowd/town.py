"""Who takes part: accounts and communities, made once before the load begins, kept in a file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from loadtest.bench.world import asked, register

AT_ONCE = 16
MEMBERS = 50
"""Of one community."""
ROOMS = 5


@dataclass(frozen=True)
class Resident:
    """A person with a token, and the channels they can write in."""

    token: str
    channels: list[str]


async def settle(url: str, people: int, report: Callable[[str], None]) -> list[Resident]:
    """Register people and bring them into communities of MEMBERS each."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=f"{url}/api/v10", timeout=60) as http:

        async def one(number: int) -> str:
            async with gate:
                if number % 100 == 0:
                    report(f"registering person {number + 1} of {people}")
                return await register(http, number)

        tokens = await asyncio.gather(*map(one, range(people)))
        groups = [tokens[at : at + MEMBERS] for at in range(0, people, MEMBERS)]
        settled = [await _community(http, group, gate) for group in groups]
    return [resident for group in settled for resident in group]


async def _community(
    http: httpx.AsyncClient, tokens: list[str], gate: asyncio.Semaphore
) -> list[Resident]:
    async def do(token: str, method: str, path: str, form: dict[str, Any]) -> Any:
        async with gate:
            headers = {"Authorization": token}
            return await asked(http.request(method, path, json=form, headers=headers))

    owner = tokens[0]
    guild = (await do(owner, "POST", "/guilds", {"name": "Crowd"}))["id"]
    rooms = [
        (await do(owner, "POST", f"/guilds/{guild}/channels", {"name": f"room-{room}"}))["id"]
        for room in range(ROOMS)
    ]
    code = (await do(owner, "POST", f"/channels/{rooms[0]}/invites", {"max_uses": 0}))["code"]
    await asyncio.gather(*(do(one, "POST", f"/invites/{code}", {}) for one in tokens[1:]))
    return [Resident(token, rooms) for token in tokens]


def keep(residents: list[Resident], file: Path) -> None:
    """For locust, which runs in a process of its own."""
    file.write_text(json.dumps([asdict(one) for one in residents]))


def kept(file: Path) -> list[Resident]:
    """What `keep` wrote."""
    return [Resident(**one) for one in json.loads(file.read_text())]
