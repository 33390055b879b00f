"""Bots on libraries nobody here wrote, unmodified: READY, "!ping" heard, answered, and a kill
survived.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stack.suite import Suite
from tests.fixtures.people import Person, newcomer

pytestmark = [pytest.mark.xdist_group("fragile"), pytest.mark.asyncio(loop_scope="session")]
LIBRARIES = ["bot_discordpy", "bot_hikari"]


class BotProcess:
    """A bot as its author runs it, seen through what it prints."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: list[dict[str, Any]] = []

    async def sees(
        self, what: str, where: Callable[[dict[str, Any]], bool] = lambda line: True
    ) -> dict[str, Any]:
        """The next line of this kind that fits."""
        assert self._process.stdout is not None
        async with asyncio.timeout(30):
            while raw := await self._process.stdout.readline():
                line: dict[str, Any] = json.loads(raw)
                self.seen.append(line)
                if line["saw"] == what and where(line):
                    return line
        raise AssertionError(f"the bot ended; it had seen {self.seen}")

    async def end(self) -> None:
        """Stop it."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


async def _start(library: str, url: str, token: str, log: Path) -> BotProcess:
    script = Path(__file__).with_name(f"{library}.py")
    with log.open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(script),
            url,
            token,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
        )
    return BotProcess(process)


async def _community(house: Suite, library: str) -> tuple[Person, Person, str, str]:
    owner = await newcomer(house.url, "mina")
    guild = await owner.founds(f"Home of {library}")
    bot = await owner.makes_bot(library)
    await owner.lets_in(bot, guild["id"])
    return owner, bot, guild["name"], await owner.channel(guild["id"])


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_unmodified_bot_hears_ping_and_answers(
    fragile_house: Suite, library: str, tmp_path: Path
) -> None:
    owner, account, name, channel = await _community(fragile_house, library)
    bot = await _start(library, fragile_house.url, account.token, tmp_path / "bot.log")
    try:
        ready = await bot.sees("ready")
        assert ready["user"] == account.id
        assert "general" in ready["guilds"][name]
        await owner.sends(channel, "!ping")
        heard = await bot.sees("message")
        assert (heard["content"], heard["author"]) == ("!ping", owner.name)
        assert (await bot.sees("answered"))["by_me"]
        assert (await bot.sees("history"))["contents"] == ["pong!", "!ping"]
        assert await owner.reads(channel) == ["pong!", "!ping"]

        second = await owner.founds("Second home")
        await owner.lets_in(account, second["id"])
        assert (await bot.sees("guild_join"))["name"] == "Second home"
        there = await owner.channel(second["id"])
        await owner.sends(there, "!ping")
        await bot.sees("answered")
    finally:
        await bot.end()
        sys.stderr.write((tmp_path / "bot.log").read_text())
        await owner.leave()
        await account.leave()


@pytest.mark.parametrize("library", LIBRARIES)
async def test_a_bot_goes_on_when_its_gateway_is_killed(
    fragile_house: Suite, library: str, tmp_path: Path
) -> None:
    owner, account, _, channel = await _community(fragile_house, library)
    bot = await _start(library, fragile_house.url, account.token, tmp_path / "bot.log")
    try:
        await bot.sees("ready")
        for gateway in ("gateway", "gateway-2"):
            await fragile_house.kill(gateway)
            await fragile_house.wait_ready(gateway)
        await owner.sends(channel, "!ping")
        await bot.sees("message", lambda line: line["content"] == "!ping")
        await bot.sees("answered")
    finally:
        await bot.end()
        sys.stderr.write((tmp_path / "bot.log").read_text())
        await owner.leave()
        await account.leave()
