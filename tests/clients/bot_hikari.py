"""A bot on hikari, unmodified: only the address is set. Prints one JSON line for each thing it
sees.

`python bot_hikari.py URL TOKEN`
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import hikari

url, token = sys.argv[1:]


def tell(what: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"saw": what, **more}) + "\n")
    sys.stdout.flush()


intents = hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT
bot = hikari.GatewayBot(
    token=token, rest_url=f"{url}/api/v10", intents=intents, banner=None, logs="ERROR"
)

at_ready: set[int] = set()
all_guilds_here = asyncio.Event()


@bot.listen()
async def shard_ready(event: hikari.ShardReadyEvent) -> None:
    at_ready.update(event.unavailable_guilds)
    notice_guild()


@bot.listen()
async def guild_available(event: hikari.GuildAvailableEvent) -> None:
    notice_guild()


def notice_guild() -> None:
    """Hikari calls a bot started at READY; the guilds come after it, one event each."""
    if at_ready.issubset(bot.cache.get_available_guilds_view()):
        all_guilds_here.set()


@bot.listen()
async def started(event: hikari.StartedEvent) -> None:
    await asyncio.wait_for(all_guilds_here.wait(), timeout=20)
    me = bot.get_me()
    assert me is not None
    guilds = bot.cache.get_guilds_view().values()
    tell(
        "ready",
        user=str(me.id),
        guilds={
            guild.name: sorted(channel.name or "" for channel in guild.get_channels().values())
            for guild in guilds
        },
        members=sum(guild.member_count or 0 for guild in guilds),
    )


@bot.listen()
async def joined(event: hikari.GuildJoinEvent) -> None:
    tell("guild_join", name=event.guild.name)


@bot.listen()
async def heard(event: hikari.GuildMessageCreateEvent) -> None:
    tell("message", content=event.content, author=event.author.username)
    if event.content == "!ping":
        answer = await event.message.respond("pong!")
        me = bot.get_me()
        tell("answered", id=str(answer.id), by_me=me is not None and answer.author.id == me.id)
        found = await bot.rest.fetch_messages(event.channel_id).limit(2)
        tell("history", contents=[text.content for text in found])


bot.run(check_for_updates=False, enable_signal_handlers=True)
