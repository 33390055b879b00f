"""A bot that plays in voice on discord.py, unmodified: only the address is set.

`python bot_discordpy.py URL TOKEN`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import discord
import yarl

sys.path.insert(0, str(Path(__file__).parents[1] / "clients"))
from bot_lines import How, obey, tell

URL, TOKEN = sys.argv[1:]
discord.http.Route.BASE = f"{URL}/api/v10"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(URL.replace("http", "ws", 1))


class Frames(discord.AudioSource):
    """Opus that is there already, over and over."""

    def __init__(self, frames: list[bytes], count: int) -> None:
        self._frames = frames
        self._left = count

    def is_opus(self) -> bool:
        return True

    def read(self) -> bytes:
        if not self._left:
            return b""
        self._left -= 1
        return self._frames[self._left % len(self._frames)]


class Bot(discord.Client):
    async def setup_hook(self) -> None:
        self.orders = asyncio.create_task(obey(DEEDS, lambda error: None))

    async def on_ready(self) -> None:
        tell("ready")


bot = Bot(intents=discord.Intents.default())


def line() -> discord.VoiceClient:
    """The voice connection, or an error."""
    found = bot.voice_clients[0]
    assert isinstance(found, discord.VoiceClient)
    return found


async def joins(how: How) -> None:
    channel = bot.get_channel(int(how["channel"]))
    assert isinstance(channel, discord.VoiceChannel)
    await channel.connect(timeout=60)


async def plays(how: How) -> None:
    line().stop()
    line().play(Frames([bytes.fromhex(one) for one in how["frames"]], how["count"]))


async def stops(how: How) -> None:
    line().stop()


async def leaves(how: How) -> None:
    await line().disconnect()


async def stands(how: How) -> dict[str, object]:
    """How it is connected."""
    if not bot.voice_clients:
        return {"connected": False, "channel": None}
    return {"connected": line().is_connected(), "channel": str(line().channel.id)}


DEEDS = {each.__name__: each for each in (joins, plays, stops, leaves, stands)}

bot.run(TOKEN, log_level=10)
