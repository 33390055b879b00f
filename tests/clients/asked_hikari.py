"""A bot on hikari, unmodified, that people ask for something.

`python asked_hikari.py URL TOKEN`
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

import hikari
from bot_lines import How, obey, tell

url, token = sys.argv[1:]
logging.basicConfig(level="ERROR")  # its own setting would write between our lines
bot = hikari.GatewayBot(token=token, rest_url=f"{url}/api/v10", banner=None, logs=None)
rest = bot.rest
obeying: list[asyncio.Future[None]] = []
NOW, LATER = hikari.ResponseType.MESSAGE_CREATE, hikari.ResponseType.DEFERRED_MESSAGE_CREATE


@bot.listen()
async def ready(event: hikari.StartedEvent) -> None:
    obeying.append(asyncio.ensure_future(obey(DEEDS, refusal)))
    tell("ready")


def _panel() -> list[Any]:
    menu = rest.build_message_action_row().add_text_menu("pick")
    menu.add_option("A", "a")
    menu.add_option("B", "B")
    row = rest.build_message_action_row()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "go", label="Go")
    return [row, menu.parent]


def _form() -> Any:
    return rest.build_modal_action_row().add_text_input("name", "Name", max_length=20)


@bot.listen()
async def asked(event: hikari.InteractionCreateEvent) -> None:
    it: Any = event.interaction
    if isinstance(it, hikari.AutocompleteInteraction):
        current = it.options[0].value
        done = hikari.impl.AutocompleteChoiceBuilder(f"{current}-done", f"{current}-done")
        await it.create_response([done])
    elif isinstance(it, hikari.CommandInteraction):
        await _called(it, {one.name: one.value for one in it.options or ()})
    elif isinstance(it, hikari.ModalInteraction):
        filled = it.components[0].components[0].value  # type: ignore[union-attr]
        await it.create_initial_response(NOW, f"hello {filled}")
    elif it.custom_id == "go":
        await it.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, "went")
    else:
        flags = hikari.MessageFlag.EPHEMERAL
        await it.create_initial_response(NOW, f"picked {it.values[0]}", flags=flags)


async def _called(it: hikari.CommandInteraction, given: dict[str, Any]) -> None:
    if it.command_name == "echo":
        who = given.get("who")
        assert who is None or it.resolved is not None
        named = f" {it.resolved.users[who].username}" if who and it.resolved else ""
        await it.create_initial_response(NOW, f"{given['text']}{named}")
    elif it.command_name == "later":
        await it.create_initial_response(LATER)
        waits = await it.fetch_initial_response()
        is_waiting = bool(waits.flags & hikari.MessageFlag.LOADING)
        await it.edit_initial_response("at last" if is_waiting else "?")
        await it.execute("and more")
    elif it.command_name == "whisper":
        await it.create_initial_response(NOW, "psst", flags=hikari.MessageFlag.EPHEMERAL)
        await it.edit_initial_response("psst!")
        await it.delete_initial_response()
    elif it.command_name == "panel":
        await it.create_initial_response(NOW, "panel", components=_panel())
    elif it.command_name == "ask":
        await it.create_modal_response("Say", "form", component=_form())
    else:
        await it.create_initial_response(NOW, str(given["word"]))


def _option(name: str, **how: Any) -> hikari.CommandOption:
    kind = how.pop("type", hikari.OptionType.STRING)
    return hikari.CommandOption(type=kind, name=name, description="What", **how)


OPTIONS = {
    "echo": [
        _option("text", is_required=True),
        _option("who", type=hikari.OptionType.USER),
    ],
    "finish": [_option("word", is_required=True, autocomplete=True)],
}


class Deeds:
    async def offer(self, how: How) -> Any:
        me = bot.get_me()
        assert me is not None
        builders = []
        for name in ("echo", "later", "whisper", "panel", "ask", "finish"):
            builder = rest.slash_command_builder(name, "Does")
            for option in OPTIONS.get(name, ()):
                builder.add_option(option)
            builders.append(builder)
        await rest.set_application_commands(me.id, builders, guild=int(how["guild"]))
        found = await rest.fetch_application_commands(me.id, guild=int(how["guild"]))
        return sorted(one.name for one in found)

    async def post(self, how: How) -> Any:
        where = (int(how["webhook"]), how["token"])
        sent = await rest.execute_webhook(*where, "posted", username="Clerk")
        await rest.edit_webhook_message(*where, sent.id, "edited")
        found = await rest.fetch_webhook_message(*where, sent.id)
        await rest.delete_webhook_message(*where, sent.id)
        return {"author": sent.author.username, "content": found.content}


DEEDS = {name: getattr(Deeds(), name) for name in vars(Deeds) if not name.startswith("_")}


def refusal(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, hikari.ClientHTTPResponseError):
        return {"status": int(error.status), "code": error.code}
    return None


bot.run(check_for_updates=False, enable_signal_handlers=True)
