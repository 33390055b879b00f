"""Bots on libraries nobody here wrote, unmodified: READY, "!ping" heard, answered, and a kill
survived.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from stack.suite import Suite
from tests.clients.bots import LIBRARIES, PRESENT, running
from tests.fixtures.people import Person, newcomer

pytestmark = [pytest.mark.xdist_group("fragile"), pytest.mark.asyncio(loop_scope="session")]


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
    log = tmp_path / "bot.log"
    async with running(library, fragile_house.url, account.token, log) as bot:
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
    await owner.leave()
    await account.leave()


async def test_bots_resume_when_one_gateway_is_killed_and_the_other_drained(
    fragile_house: Suite, tmp_path: Path
) -> None:
    """All libraries at once: what ends, ends for everybody. The killed one breaks sockets, the
    drained one asks to reconnect; whoever was not on the one is on the other.
    """
    async with AsyncExitStack() as stack:
        waiting = []
        for library in PRESENT:
            owner, account, _, channel = await _community(fragile_house, library)
            log = tmp_path / f"{library}.log"
            starting = running(library, fragile_house.url, account.token, log)
            waiting.append((await stack.enter_async_context(starting), owner, channel))
            stack.push_async_callback(owner.leave)
            stack.push_async_callback(account.leave)
        for bot, _, _ in waiting:
            await bot.sees("ready")
        await fragile_house.kill("gateway")
        await fragile_house.wait_ready("gateway")
        await fragile_house.restart("gateway-2")
        for bot, owner, channel in waiting:
            await bot.sees("resumed")
            await owner.sends(channel, "!ping")
            await bot.sees("message", lambda line: line["content"] == "!ping")
            await bot.sees("answered")
