"""Applications answer what they were asked: with a message for everybody or for one person, by
changing the message that was pressed, with proposals, with a form. Later they change what they
said, or say more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat_service import offers, store, views
from chat_service.actions import (
    announcing,
    changing,
    composing,
    conversations,
    showing,
    standing,
    whispering,
)
from chat_service.actions.changing import Changes, Edit
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain.choosing import require_form
from chat_service.domain.drafts import Draft, Reference
from chat_service.domain.interactions import (
    LOADING,
    Interaction,
    State,
    can_answer,
    can_follow_up,
    named_by,
    opens,
)
from chat_service.domain.mentions import Allowed
from chat_service.domain.origins import Origin
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts import topics
from contracts.errors import Conflict, ErrorCode, NotFound
from contracts.events.interaction import AutocompleteResponse, InteractionSuccess, ModalCreate
from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import ChannelId, InteractionId, UserId
from contracts.objects.command import CommandType
from contracts.objects.interaction import CallbackType, InteractionType
from contracts.wire import JSON

_COMMAND, _MENU = 20, 23
_QUIET = Allowed(replied_user=False)
ORIGINAL = "@original"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a callback: the message that it made or changed, if there is one."""

    interaction: Interaction
    kind: CallbackType
    message: bytes | None = None
    message_id: int | None = None
    is_whisper: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """A message that an application wants to be said, and whether to everybody."""

    draft: Draft
    is_whisper: bool = False
    changes: Changes = field(default_factory=Changes)
    """The same, for where it takes the place of a promise."""


async def opened(chat: Chat, actor: Identity, owner_id: int) -> Interaction:
    """The interaction whose token the edge has seen; it is named by its own id or by its
    application's.
    """
    if actor.kind is not Kind.INTERACTION:
        raise NotFound(ErrorCode.UNKNOWN_INTERACTION)
    async with chat.units.reading(actor) as unit:
        found = await store.interactions.one(unit, int(actor.user_id))
    if found is None or owner_id not in (found.id, found.application_id):
        raise NotFound(ErrorCode.UNKNOWN_INTERACTION)
    return found


async def opened_by(chat: Chat, token: str) -> Interaction | None:
    """The interaction that a token opens, as long as it does."""
    interaction_id = named_by(token)
    if interaction_id is None:
        return None
    async with chat.units.reading(NOBODY) as unit:
        found = await store.interactions.one(unit, interaction_id)
    if found is None or not opens(found, token) or found.is_over(chat.clock.now()):
        return None
    return found


def require_answerable(chat: Chat, interaction: Interaction, kind: int) -> None:
    """Refuse what can not answer it, or not any more."""
    if refusal := can_answer(interaction, kind, chat.clock.now(), chat.patience):
        raise refusal


async def say(chat: Chat, interaction: Interaction, said: Said) -> Answer:
    """Answer with a message."""
    composing.require_sayable(said.draft)
    return await _answered(chat, interaction, said, CallbackType.MESSAGE, State.ANSWERED)


async def promise(chat: Chat, interaction: Interaction, *, is_whisper: bool) -> Answer:
    """Answer that a message will come."""
    said = Said(Draft(flags=LOADING), is_whisper)
    return await _answered(chat, interaction, said, CallbackType.DEFERRED_MESSAGE, State.DEFERRED)


async def acknowledge(chat: Chat, interaction: Interaction) -> Answer:
    """Answer that the message will change, perhaps."""
    response = int(interaction.asked["message_id"])
    async with chat.units.open(_bot(interaction)) as unit:
        await _take(unit, interaction, State.ANSWERED, response_id=response)
        _succeed(unit, interaction)
    return Answer(interaction, CallbackType.DEFERRED_UPDATE)


async def update(chat: Chat, interaction: Interaction, changes: Changes) -> Answer:
    """Answer by changing the message that was pressed."""
    message_id = int(interaction.asked["message_id"])
    planned, is_whisper = await _planned(chat, interaction, message_id, changes)
    async with chat.units.open(_bot(interaction)) as unit:
        await _take(unit, interaction, State.ANSWERED, response_id=message_id)
        body = await _carry_out(unit, interaction, planned, is_whisper=is_whisper)
        _succeed(unit, interaction)
    if not is_whisper:
        chat.noticed.notice(interaction.channel_id, message_id, planned.after.content)
    return Answer(interaction, CallbackType.UPDATE, body, message_id, is_whisper)


async def propose(chat: Chat, interaction: Interaction, choices: Sequence[JSON]) -> Answer:
    """Propose values while somebody types."""
    told = AutocompleteResponse(choices=tuple(choices), nonce=interaction.nonce)
    async with chat.units.open(_bot(interaction)) as unit:
        await _take(unit, interaction, State.ANSWERED)
        unit.emit(told, to=(topics.user(interaction.user_id),))
    return Answer(interaction, CallbackType.AUTOCOMPLETE)


async def ask_back(chat: Chat, interaction: Interaction, form: JSON) -> Answer:
    """Ask back with a form."""
    modal = require_form(form)
    application = await _application(chat, interaction.application_id)
    told = ModalCreate(
        id=InteractionId(interaction.id),
        nonce=interaction.nonce,
        channel_id=ChannelId(interaction.channel_id),
        application=application,
        custom_id=modal["custom_id"],
        title=modal["title"],
        components=tuple(modal["components"]),
    )
    async with chat.units.open(_bot(interaction)) as unit:
        asked = {**interaction.asked, "modal": modal}
        await _take(unit, interaction, State.ANSWERED, asked=asked)
        unit.emit(told, to=(topics.user(interaction.user_id),))
    return Answer(interaction, CallbackType.MODAL)


async def follow_up(chat: Chat, interaction: Interaction, said: Said) -> bytes:
    """Say more. What is said first takes the place of a promise."""
    _require_alive(chat, interaction)
    composing.require_sayable(said.draft)
    if interaction.state is State.DEFERRED:
        return await edit(chat, interaction, ORIGINAL, said.changes)
    venue = await _venue(chat, interaction)
    original = await _original(chat, interaction)
    told = dict(interaction.asked["told"])
    if interaction.response_id is not None:
        told["original_response_message_id"] = str(interaction.response_id)
    made = await _made(chat, venue, interaction, said, told=told, answers=original)
    async with chat.units.open(_bot(interaction)) as unit:
        message = await _store(unit, venue, interaction, made, is_whisper=said.is_whisper)
    return views.shape(message, made.look).encode()


async def get(chat: Chat, interaction: Interaction, name: str) -> bytes:
    """What it has said."""
    _require_alive(chat, interaction)
    message, _ = await _own(chat, interaction, _target(interaction, name))
    return (await showing.shown(chat, interaction.application_id, [message]))[0]


async def edit(chat: Chat, interaction: Interaction, name: str, changes: Changes) -> bytes:
    """Say something else instead."""
    _require_alive(chat, interaction)
    target = _target(interaction, name)
    planned, is_whisper = await _planned(chat, interaction, target, changes)
    async with chat.units.open(_bot(interaction)) as unit:
        if interaction.state is State.DEFERRED and target == interaction.response_id:
            await store.interactions.take(unit, interaction, State.ANSWERED)
        body = await _carry_out(unit, interaction, planned, is_whisper=is_whisper)
    if not is_whisper:
        chat.noticed.notice(interaction.channel_id, target, planned.after.content)
    return body


async def delete(chat: Chat, interaction: Interaction, name: str) -> None:
    """Take back what it has said."""
    _require_alive(chat, interaction)
    message, is_whisper = await _own(chat, interaction, _target(interaction, name))
    venue, bot = await _venue(chat, interaction), _bot(interaction)
    if is_whisper:
        await whispering.delete(chat, bot, venue, interaction.user_id, message)
    else:
        await changing.delete_in(chat, bot, venue, message.id)


async def _answered(
    chat: Chat, interaction: Interaction, said: Said, kind: CallbackType, state: State
) -> Answer:
    venue = await _venue(chat, interaction)
    faces = await conversations.welcomed(chat, venue)
    pressed = interaction.asked.get("message_id")
    told = interaction.asked["told"]
    answers = None if pressed is None else int(pressed)
    made = await _made(chat, venue, interaction, said, told=told, answers=answers)
    async with chat.units.open(_bot(interaction)) as unit:
        await _take(unit, interaction, state)
        message = await _store(unit, venue, interaction, made, is_whisper=said.is_whisper)
        if not said.is_whisper:
            await conversations.revive(unit, venue, faces)
        answered = replace(interaction, state=state)
        await store.interactions.take(unit, answered, state, response_id=message.id)
        _succeed(unit, interaction)
    body = views.shape(message, made.look).encode()
    return Answer(interaction, kind, body, message.id, said.is_whisper)


async def _made(
    chat: Chat,
    venue: Venue,
    interaction: Interaction,
    said: Said,
    *,
    told: JSON,
    answers: int | None,
) -> composing.Composed:
    is_menu = interaction.asked.get("kind", CommandType.CHAT_INPUT) != CommandType.CHAT_INPUT
    is_first = interaction.type is InteractionType.COMMAND and answers is None
    origin = Origin(
        webhook_id=interaction.application_id,
        application_id=interaction.application_id,
        interaction=told,
        type=(_MENU if is_menu else _COMMAND) if is_first else 0,
    )
    reference = None
    if answers is not None and not said.is_whisper:
        reference = Reference(answers, must_exist=False)
    allowed = said.draft.allowed or _QUIET
    draft = said.draft._replace(
        nonce=None, reference=reference, origin=origin, allowed=allowed, tts=said.draft.tts
    )
    return await composing.compose(chat, _bot(interaction), venue, draft)


async def _store(
    unit: Unit,
    venue: Venue,
    interaction: Interaction,
    made: composing.Composed,
    *,
    is_whisper: bool,
) -> Message:
    if is_whisper:
        return await whispering.put(unit, venue, interaction.user_id, made)
    message = await composing.put(unit, venue, made)
    announcing.tell(unit, venue, message, made.look)
    return message


async def _planned(
    chat: Chat, interaction: Interaction, message_id: int, changes: Changes
) -> tuple[Edit, bool]:
    """The edit that is wanted, and whether it is of what one person alone sees."""
    message, is_whisper = await _own(chat, interaction, message_id)
    venue, bot = await _venue(chat, interaction), _bot(interaction)
    if is_whisper:
        return await whispering.plan(chat, bot, venue, message, changes), True
    return await changing.plan(chat, bot, venue, message_id, changes), False


async def _carry_out(
    unit: Unit, interaction: Interaction, planned: Edit, *, is_whisper: bool
) -> bytes:
    after = planned.after
    if is_whisper:
        after = await whispering.carry_out(unit, interaction.user_id, planned)
    elif planned.is_one:
        after = await changing.carry_out(unit, planned)
    return views.shape(after, planned.look).encode()


async def _own(chat: Chat, interaction: Interaction, message_id: int) -> tuple[Message, bool]:
    """A message that this interaction made, or was made from; and whether one person alone has
    seen it.
    """
    pool, channel = chat.database.pool, interaction.channel_id
    message, is_whisper = await store.messages.one(pool, channel, message_id), False
    if message is None:
        async with chat.units.reading(_bot(interaction)) as unit:
            message = await store.interactions.whispered(unit, interaction.user_id, message_id)
        is_whisper = True
    if message is None or message.author_id != interaction.application_id:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    asked = (message.extras or {}).get("interaction", {}).get("id")
    pressed = interaction.asked.get("message_id")
    if asked != str(interaction.id) and str(message.id) != pressed:
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return message, is_whisper


async def _original(chat: Chat, interaction: Interaction) -> int | None:
    """The answer, where others can see that something answers it."""
    if interaction.response_id is None:
        return None
    pool = chat.database.pool
    found = await store.messages.one(pool, interaction.channel_id, interaction.response_id)
    return None if found is None else found.id


def _target(interaction: Interaction, name: str) -> int:
    if name == ORIGINAL:
        if interaction.response_id is None:
            raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
        return interaction.response_id
    if not (name.isascii() and name.isdigit() and len(name) < 20):
        raise NotFound(ErrorCode.UNKNOWN_MESSAGE)
    return int(name)


def _require_alive(chat: Chat, interaction: Interaction) -> None:
    if refusal := can_follow_up(interaction, chat.clock.now()):
        raise refusal


async def _venue(chat: Chat, interaction: Interaction) -> Venue:
    return await standing.of_application(
        chat, interaction.application_id, interaction.guild_id, interaction.channel_id
    )


async def _take(unit: Unit, interaction: Interaction, state: State, **also: Any) -> None:
    if not await store.interactions.take(unit, interaction, state, **also):
        raise Conflict(ErrorCode.ALREADY_ACKNOWLEDGED)


def _succeed(unit: Unit, interaction: Interaction) -> None:
    done = InteractionSuccess(id=InteractionId(interaction.id), nonce=interaction.nonce)
    unit.emit(done, to=(topics.user(interaction.user_id),))


async def _application(chat: Chat, application_id: int) -> JSON:
    faces = await chat.people.faces([application_id])
    return offers.application(application_id, faces.get(application_id))


def _bot(interaction: Interaction) -> Identity:
    return Identity(UserId(interaction.application_id), 0, Kind.BOT)
