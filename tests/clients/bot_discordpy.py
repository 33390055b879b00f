"""A bot on discord.py, unmodified: only the address is set. Prints one JSON line for each thing it
sees.

`python bot_discordpy.py URL TOKEN`
"""

from __future__ import annotations

import json
import sys
from typing import Any

import discord
import yarl

url, token = sys.argv[1:]
discord.http.Route.BASE = f"{url}/api/v10"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url.replace("http", "ws", 1) + "/")


def tell(what: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"saw": what, **more}) + "\n")
    sys.stdout.flush()


class Bot(discord.Client):
    async def on_ready(self) -> None:
        assert self.user is not None
        tell(
            "ready",
            user=str(self.user.id),
            guilds={
                guild.name: sorted(channel.name for channel in guild.channels)
                for guild in self.guilds
            },
            members=sum(guild.member_count or 0 for guild in self.guilds),
        )

    async def on_guild_join(self, guild: discord.Guild) -> None:
        tell("guild_join", name=guild.name)

    async def on_resumed(self) -> None:
        tell("resumed")

    async def on_message(self, message: discord.Message) -> None:
        tell("message", content=message.content, author=message.author.name)
        if message.content == "!ping":
            answer = await message.channel.send("pong!")
            tell("answered", id=str(answer.id), by_me=answer.author == self.user)
            history = [text.content async for text in message.channel.history(limit=2)]
            tell("history", contents=history)


intents = discord.Intents.default()
intents.message_content = True
intents.members = False
Bot(intents=intents).run(token, log_handler=None)
