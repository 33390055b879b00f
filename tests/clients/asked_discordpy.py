"""A bot on discord.py, unmodified, that people ask for something.

`python asked_discordpy.py URL TOKEN`
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import aiohttp
import discord
import yarl
from bot_lines import How, obey, tell
from discord import app_commands

url, token = sys.argv[1:]
discord.http.Route.BASE = f"{url}/api/v10"
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(url.replace("http", "ws", 1) + "/")

Asked = discord.Interaction[Any]


class Form(discord.ui.Modal, title="Say"):
    name: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label="Name", custom_id="name", max_length=20
    )

    async def on_submit(self, interaction: Asked) -> None:
        await interaction.response.send_message(f"hello {self.name.value}")


class Panel(discord.ui.View):
    @discord.ui.button(label="Go", custom_id="go")
    async def go(self, interaction: Asked, button: Any) -> None:
        await interaction.response.edit_message(content="went")

    @discord.ui.select(
        custom_id="pick",
        options=[discord.SelectOption(label="A", value="a"), discord.SelectOption(label="B")],
    )
    async def pick(self, interaction: Asked, select: Any) -> None:
        await interaction.response.send_message(f"picked {select.values[0]}", ephemeral=True)


class Bot(discord.Client):
    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default())
        self.tree: Any = app_commands.CommandTree(self)

    async def setup_hook(self) -> None:
        self.obeying = asyncio.ensure_future(obey(DEEDS, refusal))

    async def on_ready(self) -> None:
        tell("ready")


bot = Bot()


@bot.tree.command(description="Says it again")  # type: ignore[untyped-decorator]
async def echo(interaction: Asked, text: str, who: discord.Member | None = None) -> None:
    named = f" {who.name}" if who else ""
    await interaction.response.send_message(f"{text}{named}")


@bot.tree.command(description="Answers later")  # type: ignore[untyped-decorator]
async def later(interaction: Asked) -> None:
    await interaction.response.defer()
    waits = await interaction.original_response()
    await interaction.edit_original_response(content="at last" if waits.flags.loading else "?")
    await interaction.followup.send("and more")


@bot.tree.command(description="Answers one")  # type: ignore[untyped-decorator]
async def whisper(interaction: Asked) -> None:
    await interaction.response.send_message("psst", ephemeral=True)
    await interaction.edit_original_response(content="psst!")
    await interaction.delete_original_response()


@bot.tree.command(description="Shows a panel")  # type: ignore[untyped-decorator]
async def panel(interaction: Asked) -> None:
    await interaction.response.send_message("panel", view=Panel())


@bot.tree.command(description="Asks back")  # type: ignore[untyped-decorator]
async def ask(interaction: Asked) -> None:
    await interaction.response.send_modal(Form(custom_id="form"))


@bot.tree.command(description="Finishes words")  # type: ignore[untyped-decorator]
async def finish(interaction: Asked, word: str) -> None:
    await interaction.response.send_message(word)


@finish.autocomplete("word")  # type: ignore[untyped-decorator]
async def _finished(interaction: Asked, current: str) -> list[Any]:
    return [app_commands.Choice(name=f"{current}-done", value=f"{current}-done")]


class Deeds:
    async def offer(self, how: How) -> Any:
        guild = discord.Object(int(how["guild"]))
        bot.tree.copy_global_to(guild=guild)
        await bot.tree.sync(guild=guild)
        return sorted(one.name for one in await bot.tree.fetch_commands(guild=guild))

    async def post(self, how: How) -> Any:
        async with aiohttp.ClientSession() as session:
            webhook = discord.Webhook.partial(int(how["webhook"]), how["token"], session=session)
            sent = await webhook.send("posted", username="Clerk", wait=True)
            await webhook.edit_message(sent.id, content="edited")
            found = await webhook.fetch_message(sent.id)
            await webhook.delete_message(sent.id)
            return {"author": sent.author.name, "content": found.content}


DEEDS = {name: getattr(Deeds(), name) for name in vars(Deeds) if not name.startswith("_")}


def refusal(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, discord.HTTPException):
        return {"status": error.status, "code": error.code}
    return None


bot.run(token, log_handler=None)
