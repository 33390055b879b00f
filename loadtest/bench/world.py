"""A running house and people in it, made through the public door."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from loadtest.bench.copies import copies
from loadtest.bench.report import progress
from stack.suite import Suite

UNLIMITED = {"GATEWAY_RATE_LIMIT_SCALE": "0"}
"""Benches measure the machine, not our limits."""


@dataclass(frozen=True)
class World:
    """A community with one channel and some members."""

    suite: Suite
    tokens: list[str]
    guild_id: str
    channel_id: str

    @property
    def path(self) -> str:
        """Where messages are sent to."""
        return f"/api/v10/channels/{self.channel_id}/messages"


@asynccontextmanager
async def world(people: int, *, copied: int = 0, **suite: Any) -> AsyncIterator[World]:
    """A house of its own in a folder of its own, gone afterwards; `copied` people more are there
    without having registered.
    """
    folder = Path(tempfile.mkdtemp(prefix="moim-bench-"))
    house = Suite(folder, durable=True, extra_env=UNLIMITED, **suite)
    try:
        progress("starting the house")
        await house.start()
        progress(f"registering {people} people")
        settled = await _settle(house, people)
        more = await copies(house.backing, settled.tokens[0], copied) if copied else []
        yield replace(settled, tokens=settled.tokens + more)
    finally:
        await house.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def _settle(house: Suite, people: int) -> World:
    async with httpx.AsyncClient(base_url=f"{house.url}/api/v10", timeout=120) as http:
        tokens = await asyncio.gather(*(register(http, number) for number in range(people)))
        owner = {"Authorization": tokens[0]}
        form = {"name": "Bench", "system_channel_flags": 1}
        guild = await asked(http.post("/guilds", json=form, headers=owner))
        channels = await asked(http.get(f"/guilds/{guild['id']}/channels", headers=owner))
        channel = next(channel["id"] for channel in channels if channel["type"] == 0)
        invite = await asked(
            http.post(f"/channels/{channel}/invites", json={"max_uses": 0}, headers=owner)
        )
        for token in tokens[1:]:
            await asked(
                http.post(f"/invites/{invite['code']}", json={}, headers={"Authorization": token})
            )
        return World(house, tokens, guild["id"], channel)


async def register(http: httpx.AsyncClient, number: int) -> str:
    """The token of a new person."""
    form = {"username": f"bench{number:05d}", "password": "correct horse battery"}
    return str((await asked(http.post("/auth/register", json=form)))["token"])


async def asked(request: Any) -> Any:
    """The JSON of an answer that must be a success."""
    response = await request
    if response.status_code >= 400:
        raise SystemExit(f"{response.request.url} answered {response.text}")
    return response.json()


@asynccontextmanager
async def reference(module: str, *arguments: str) -> AsyncIterator[int]:
    """A reference server as a process of its own; yields its pid."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *arguments)
    try:
        await _listening(int(arguments[0]), process)
        yield process.pid
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            if process.returncode is not None:
                raise SystemExit("bench: the reference server did not start") from None
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise SystemExit("bench: the reference server did not answer")
