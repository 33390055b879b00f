"""Somebody asks an application for something: calls a command, presses a button, fills in a form.
The application is told, and whoever asked hears what becomes of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_service import store
from chat_service.actions import attaching, attendance, offering, resolving, showing, standing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue, enter
from chat_service.domain import choosing, invocations
from chat_service.domain.attachments import Wanted
from chat_service.domain.attendance import BUTTON
from chat_service.domain.conversations import Conversation
from chat_service.domain.interactions import Interaction, State, digest_of, token_from
from chat_service.store.messages import Message
from contracts import topics
from contracts.errors import ErrorCode, Forbidden, Invalid, NotFound
from contracts.events.interaction import InteractionBegun, InteractionCreate, InteractionSuccess
from contracts.identity import Identity
from contracts.ids import InteractionId
from contracts.objects.command import CommandType, Context
from contracts.objects.interaction import InteractionType
from contracts.rpc.users import GetSelf
from contracts.wire import JSON

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client sends."""

    type: InteractionType
    application_id: int
    channel_id: int
    data: JSON
    nonce: str | None = None
    message_id: int | None = None
    files: Mapping[int, Wanted] = field(default_factory=dict)
    """What came with it or was sent ahead, by the numbers that options name."""

    @property
    def is_check_in(self) -> bool:
        """Whether the button is the house's own, below a roll call."""
        is_press = self.type is InteractionType.COMPONENT
        return is_press and self.data.get("custom_id") == BUTTON


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of it goes to the application, and what is kept."""

    data: JSON
    message: Message | None = None
    kept: JSON | None = None
    told: JSON | None = None
    """What messages that answer will say of it."""
    lent: Sequence[JSON] = ()
    """Files that the application is shown."""


async def ask(chat: Chat, actor: Identity, wish: Wish) -> None:
    """Take a wish, and tell the application."""
    if wish.is_check_in:
        await _check_in(chat, actor, wish)
        return
    venue = await enter(chat, actor, wish.channel_id)
    if venue.member is not None and venue.member.is_silenced(chat.clock.now()):
        raise Forbidden
    await _require_application(chat, venue, wish.application_id)
    asked = await _WAYS[wish.type](chat, actor, venue, wish)
    me = (await chat.calls.ask(GetSelf(user_id=actor.user_id))).user
    about = await _about(chat, actor, venue, wish, asked)
    async with chat.units.open(actor) as unit:
        interaction_id = unit.new_id()
        token = token_from(interaction_id, secrets.token_hex(_SECRET_BYTES))
        told = {"id": str(interaction_id), **_told(venue, wish, actor), **(asked.told or {})}
        kept = Interaction(
            id=interaction_id,
            application_id=wish.application_id,
            type=wish.type,
            user_id=int(actor.user_id),
            guild_id=None if venue.guild_id is None else int(venue.guild_id),
            channel_id=int(venue.channel_id),
            digest=digest_of(token),
            nonce=wish.nonce,
            state=State.ASKED,
            asked={"told": told, **(asked.kept or {})},
            response_id=None,
            created=unit.now,
        )
        await store.interactions.add(unit, kept)
        await attaching.lend(unit, int(actor.user_id), interaction_id, asked.lent)
        mine = InteractionBegun(id=InteractionId(interaction_id), nonce=wish.nonce)
        unit.emit(mine, to=(topics.user(actor.user_id),))
        event = {**about, "id": interaction_id, "token": token, "locale": me.locale}
        unit.emit(InteractionCreate.model_validate(event))


async def _check_in(chat: Chat, actor: Identity, wish: Wish) -> None:
    """No application is asked: the house answers by itself."""
    await attendance.check_in(chat, actor, wish.channel_id, wish.message_id or 0)
    async with chat.units.open(actor) as unit:
        done = InteractionSuccess(id=InteractionId(unit.new_id()), nonce=wish.nonce)
        unit.emit(done, to=(topics.user(actor.user_id),))


async def _require_application(chat: Chat, venue: Venue, application_id: int) -> None:
    """An application is asked where its bot is."""
    if venue.guild_id is not None:
        there = await standing.member_of(chat, int(venue.guild_id), application_id)
        is_there = there is not None and bool(there.user.bot)
    else:
        is_there = _is_with(venue.conversation, application_id)
        faces = await chat.people.faces([application_id]) if is_there else {}
        is_there = application_id in faces and bool(faces[application_id].bot)
    if not is_there:
        raise NotFound(ErrorCode.UNKNOWN_APPLICATION)


def _is_with(conversation: Conversation | None, application_id: int) -> bool:
    return conversation is not None and conversation.seat(application_id) is not None


async def _command(chat: Chat, actor: Identity, venue: Venue, wish: Wish) -> _Asked:
    """A command is called; or somebody is still typing it."""
    data, is_typing = wish.data, wish.type is InteractionType.AUTOCOMPLETE
    command = await offering.callable_by(chat, actor, venue, wish.application_id, data.get("id"))
    if str(data.get("version", command.version)) != str(command.version):
        code = "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION"
        text = "This command is outdated, please try again in a few minutes"
        raise Invalid({"data.version": (code, text)})
    kind = CommandType(command.type)
    shown: JSON = {"id": str(command.id), "name": command.name, "type": int(kind)}
    if command.guild_id:
        shown["guild_id"] = str(command.guild_id)
    told: JSON = {"name": command.name}
    lent: dict[int, JSON] = {}
    if kind is CommandType.CHAT_INPUT:
        declared = command.definition["options"]
        given = invocations.given(declared, data.get("options"), is_typing=is_typing)
        resolved = await resolving.of_options(chat, actor, venue, given)
        if not is_typing:
            lent = await attaching.lent(chat, venue, wish.files, given.files)
            resolved |= resolving.of_files(chat, given.files, lent)
        shown["options"] = given.options
    else:
        resolved = await resolving.of_target(chat, actor, venue, kind, data.get("target_id"))
        shown["target_id"] = str(data.get("target_id"))
        if kind is CommandType.MESSAGE:
            told["target_message_id"] = shown["target_id"]
    if resolved:
        shown["resolved"] = resolved
    return _Asked(shown, kept={"kind": int(kind)}, told=told, lent=list(lent.values()))


async def _component(chat: Chat, actor: Identity, venue: Venue, wish: Wish) -> _Asked:
    """A button is pressed, or something is chosen from a menu."""
    message = await _shown_to(chat, actor, venue, wish.message_id or 0)
    extras = message.extras or {}
    if int(extras.get("application_id", message.author_id)) != wish.application_id:
        raise NotFound(ErrorCode.UNKNOWN_APPLICATION)
    found = choosing.chosen(extras.get("components", ()), wish.data)
    resolved = await resolving.of_choice(chat, actor, venue, found)
    data = {**found.data, **({"resolved": resolved} if resolved else {})}
    told = {"interacted_message_id": str(message.id)}
    return _Asked(data, message, kept={"message_id": str(message.id)}, told=told)


async def _form(chat: Chat, actor: Identity, venue: Venue, wish: Wish) -> _Asked:
    """A form that an application asked back with is filled in."""
    async with chat.units.reading(actor) as unit:
        before = await store.interactions.one(unit, _number(wish.data.get("id")))
    form = before.asked.get("modal") if before is not None else None
    if before is None or form is None or before.is_over(chat.clock.now()):
        raise NotFound(ErrorCode.UNKNOWN_INTERACTION)
    owner = (before.user_id, before.application_id, before.channel_id)
    if owner != (actor.user_id, wish.application_id, venue.channel_id):
        raise NotFound(ErrorCode.UNKNOWN_INTERACTION)
    if wish.data.get("custom_id") != form["custom_id"]:
        raise NotFound(ErrorCode.UNKNOWN_INTERACTION)
    found = choosing.filled(form, wish.data.get("components"))
    resolved = await resolving.of_choice(chat, actor, venue, found)
    data = {**found.data, **({"resolved": resolved} if resolved else {})}
    hidden = ("user_id", "name")
    first = {name: value for name, value in before.asked["told"].items() if name not in hidden}
    message, kept = None, {}
    if "message_id" in before.asked:
        message = await _shown_to(chat, actor, venue, int(before.asked["message_id"]))
        kept = {"message_id": before.asked["message_id"]}
    return _Asked(data, message, kept, {"triggering_interaction_metadata": first})


_WAYS = {
    InteractionType.COMMAND: _command,
    InteractionType.AUTOCOMPLETE: _command,
    InteractionType.COMPONENT: _component,
    InteractionType.MODAL: _form,
}


async def _shown_to(chat: Chat, actor: Identity, venue: Venue, message_id: int) -> Message:
    """A message of the place, or an answer that only the actor sees."""
    message = await store.messages.one(chat.database.pool, venue.channel_id, message_id)
    if message is not None:
        return message
    async with chat.units.reading(actor) as unit:
        message = await store.interactions.whispered(unit, int(actor.user_id), message_id)
    if message is None or message.channel_id != venue.channel_id:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return message


def _told(venue: Venue, wish: Wish, actor: Identity) -> JSON:
    return {
        "type": int(_SHOWN_AS.get(wish.type, wish.type)),
        "user_id": str(int(actor.user_id)),
        "authorizing_integration_owners": _owners(venue),
    }


_SHOWN_AS = {InteractionType.AUTOCOMPLETE: InteractionType.COMMAND}


def _owners(venue: Venue) -> Mapping[str, str]:
    return {"0": "0" if venue.guild_id is None else str(int(venue.guild_id))}


async def _about(
    chat: Chat, actor: Identity, venue: Venue, wish: Wish, asked: _Asked
) -> dict[str, Any]:
    """All that the application is told, but what is known only in the unit."""
    about: dict[str, Any] = {
        "application_id": wish.application_id,
        "type": int(wish.type),
        "data": asked.data,
        "channel_id": venue.channel_id,
        "channel": resolving.place(venue),
        "authorizing_integration_owners": dict(_owners(venue)),
        "attachment_size_limit": chat.files.file_bytes,
    }
    if asked.message is not None:
        shapes = await showing.shapes(chat, wish.application_id, [asked.message])
        about["message"] = shapes[0].dump()
    if venue.guild_id is None or venue.member is None:
        private = venue.conversation is not None and not venue.conversation.is_group
        context = Context.BOT_DM if private else Context.PRIVATE_CHANNEL
        granted = int(venue.granted)
        return {**about, "user": venue.user.dump(), "context": context, "app_permissions": granted}
    facts = await chat.facts.guilds.get(venue.guild_id)
    bot = await standing.member_of(chat, int(venue.guild_id), wish.application_id)
    held = await standing.permissions(chat, venue, wish.application_id, bot)
    locale = facts.preferred_locale
    return {
        **about,
        "context": Context.GUILD,
        "app_permissions": int(held),
        "guild_id": venue.guild_id,
        "guild": {"id": str(int(venue.guild_id)), "locale": locale, "features": []},
        "guild_locale": locale,
        "member": {**venue.member.dump(), "permissions": str(int(venue.granted))},
    }


def _number(text: Any) -> int:
    try:
        return InteractionId.parse(text)
    except ValueError:
        raise NotFound(ErrorCode.UNKNOWN_INTERACTION) from None
