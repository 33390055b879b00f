"""Files are hung on messages: those that came with the request, and those that were sent ahead.
Their links are made when they are shown, and made again for whoever may still read there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chassis.blobs import Blobs
from chat_service import store
from chat_service.actions.chat import Chat
from chat_service.actions.uploading import UNUSED_FOR
from chat_service.actions.venues import Venue, enter
from chat_service.domain import attachments
from chat_service.domain.attachments import (
    VOICE_MESSAGE,
    Described,
    Received,
    Wanted,
    safe_name,
)
from chat_service.files import place_of
from chat_service.store.files import File
from chat_service.store.messages import Message
from chat_service.tools import Unit
from contracts import limits
from contracts.attachments import SENT, Place
from contracts.errors import DomainError, ErrorCode, Invalid, NotFound
from contracts.identity import NOBODY, Identity
from contracts.permissions import READING, Permission
from contracts.wire import JSON

OPEN_S = 3_600
"""So long a link to send a file to is good."""
_SWEPT = 100
_LENT_FOR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Announced:
    """A file that somebody will send ahead."""

    id: str
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Where it is to be sent, and by which name a message takes it."""

    id: str
    upload_url: str
    upload_filename: str


async def welcome(chat: Chat, actor: Identity, channel_id: int, needs: Permission) -> None:
    """Refuse whoever may not send files there, before any comes."""
    venue = await enter(chat, actor, channel_id, needs=needs)
    venue.require(Permission.ATTACH_FILES)


async def hung(chat: Chat, venue: Venue, wanted: Sequence[Wanted], flags: int = 0) -> list[JSON]:
    """The files of a message as it keeps them. The message has yet to hold them (`hold`)."""
    if not wanted:
        return []
    venue.require(Permission.ATTACH_FILES)
    ahead: dict[int, File] = {}
    if ids := [one.uploaded_id for one in wanted if one.uploaded_id is not None]:
        async with chat.units.reading(NOBODY) as unit:
            ahead = await store.files.free(unit, int(venue.user.id), ids)
    stored = [_stored(at, one, ahead) for at, one in enumerate(wanted)]
    if flags & VOICE_MESSAGE:
        venue.require(Permission.SEND_VOICE_MESSAGES)
        if refusal := attachments.voice_refusal(stored):
            raise refusal
    if sum(one["size"] for one in stored) > chat.files.request_bytes:
        raise DomainError(ErrorCode.BODY_TOO_LARGE)
    return stored


async def lent(
    chat: Chat, venue: Venue, sent: Mapping[int, Wanted], named: Sequence[JSON]
) -> dict[int, JSON]:
    """Files that somebody shows an application, by the numbers that options name them with. They
    have yet to be kept for it (`lend`).
    """
    numbers = list(dict.fromkeys(one["value"] for one in named))
    if missing := [number for number in numbers if number not in sent]:
        text = f"No file has the number {missing[0]}."
        raise Invalid({"data.attachments": ("ATTACHMENT_NOT_FOUND", text)})
    stored = await hung(chat, venue, [sent[number] for number in numbers])
    return dict(zip(numbers, stored, strict=True))


async def lend(unit: Unit, user_id: int, interaction_id: int, stored: Sequence[JSON]) -> None:
    """The application can look at these for as long as their links open."""
    places = [place_of(one) for one in stored]
    if not places:
        return
    if await store.files.waiting(unit, user_id) > limits.FILES_WAITING:
        raise DomainError(ErrorCode.MAX_ATTACHMENTS, "Too many files wait for their messages.")
    if not await store.files.lend(unit, interaction_id, places, unit.now + _LENT_FOR):
        raise _unknown(0)


async def hold(unit: Unit, channel_id: int, message_id: int, stored: Sequence[JSON]) -> None:
    """The message holds these files from now on."""
    places = [place_of(one) for one in stored]
    if places and not await store.files.claim(unit, channel_id, message_id, places):
        raise _unknown(0)


async def changed(
    chat: Chat,
    venue: Venue,
    before: Message,
    received: Sequence[Received],
    described: Sequence[Described] | None,
) -> list[JSON]:
    """The files of a message after an edit: those that stay, as described anew, then new ones."""
    had = {int(one["id"]): one for one in (before.extras or {}).get("attachments", ())}
    stay = list(had.values())
    if described is not None:
        said = {one.id: one.facts or {} for one in described if one.uploaded is None}
        stay = [{**one, **said[number]} for number, one in had.items() if number in said]
    new = attachments.wanted(received, described, kept=tuple(had))
    if len(stay) + len(new) > limits.ATTACHMENTS:
        raise DomainError(ErrorCode.MAX_ATTACHMENTS)
    return [*stay, *await hung(chat, venue, new)]


async def exchange(unit: Unit, before: Message, after: Message) -> None:
    """Files that an edit took from a message are to go; it holds those that are new."""
    had, has = ({int(one["id"]): one for one in _files_of(message)} for message in (before, after))
    if gone := had.keys() - has.keys():
        await store.files.release(unit, before.channel_id, [before.id], list(gone))
    new = [has[number] for number in has.keys() - had.keys()]
    await hold(unit, before.channel_id, before.id, new)


def _files_of(message: Message) -> list[JSON]:
    """What it holds: files of its author, and pictures of pages that its links lead to."""
    extras = message.extras or {}
    pictures = [one["picture"] for one in extras.get("previews", ()) if "picture" in one]
    return [*extras.get("attachments", ()), *pictures]


def _stored(at: int, one: Wanted, ahead: dict[int, File]) -> JSON:
    if one.received is not None:
        place, facts = one.received.place, one.received.facts
    else:
        file = ahead.pop(one.uploaded_id or 0, None)
        if file is None or file.facts is None:
            raise _unknown(at)
        place, facts = file.place, file.facts
    if one.filename is not None:
        place = place._replace(filename=safe_name(one.filename))
    return one.stored(place, facts)


def _unknown(at: int) -> Invalid:
    text = "Nothing was sent by this name."
    return Invalid({f"attachments.{at}": ("ATTACHMENT_NOT_FOUND", text)})


async def ahead(
    chat: Chat, actor: Identity, channel_id: int, announced: Sequence[Announced]
) -> list[Ahead]:
    """Links to send files to, each for one file and once."""
    await welcome(chat, actor, channel_id, Permission.VIEW_CHANNEL)
    files, places = chat.files, []
    for at, one in enumerate(announced):
        if one.size > files.file_bytes:
            text = f"File cannot be larger than {files.file_bytes} bytes."
            raise Invalid({f"files.{at}.file_size": ("BINARY_TYPE_MAX_SIZE", text)})
        places.append(Place(channel_id, chat.outbox.next_id(), safe_name(one.filename)))
    async with chat.units.open(actor) as unit:
        due = unit.now + timedelta(hours=files.kept_hours) + UNUSED_FOR
        waiting = await store.files.waiting(unit, actor.user_id)
        if waiting + len(places) > limits.FILES_WAITING:
            raise DomainError(ErrorCode.MAX_ATTACHMENTS, "Too many files wait for their messages.")
        sizes = [one.size for one in announced]
        await store.files.expect(unit, places, actor.user_id, due, sizes)
    now = chat.clock.now().timestamp()
    return [
        Ahead(one.id, files.links.sent(place, now, OPEN_S), f"{place.id}/{place.filename}")
        for one, place in zip(announced, places, strict=True)
    ]


def require_open(chat: Chat, place: Place, query: dict[str, str]) -> None:
    """Raise unless this link to send a file to is ours, and still good."""
    until = chat.files.links.expires(place, SENT, query)
    if until is None or until < chat.clock.now().timestamp():
        raise NotFound


async def forsake(chat: Chat, actor: Identity, name: str) -> None:
    """A file that was sent ahead is not wanted after all."""
    number = attachments.sent_ahead(0, name)
    async with chat.units.open(actor) as unit:
        found = await store.files.free(unit, actor.user_id, [number])
        if not found:
            raise NotFound
        await store.files.forsake(unit, [one.place for one in found.values()])


async def refreshed(chat: Chat, actor: Identity, urls: Sequence[str]) -> list[str | None]:
    """Links anew, for files that the asker may see; None for all others."""
    links = chat.files.links
    places = [links.read(url) for url in urls]
    may = {}
    for channel_id in {place.channel_id for place in places if place is not None}:
        may[channel_id] = await _may_read(chat, actor, channel_id)
    now = chat.clock.now().timestamp()
    return [
        links.shown(place, now) if place is not None and may[place.channel_id] else None
        for place in places
    ]


async def _may_read(chat: Chat, actor: Identity, channel_id: int) -> bool:
    try:
        await enter(chat, actor, channel_id, needs=READING)
    except DomainError as refusal:
        if refusal.status >= 500:
            raise
        return False
    return True


async def copied(chat: Chat, venue: Venue, stored: Sequence[JSON]) -> list[JSON]:
    """The same files once more, for a message that shows another one: each message has its own,
    so that deleting one takes nothing from the other.
    """
    if not stored:
        return []
    copies = [
        {**one, "id": str(chat.outbox.next_id()), "channel_id": str(venue.channel_id)}
        for one in stored
    ]
    async with chat.units.open(NOBODY) as unit:
        due = unit.now + UNUSED_FOR
        await store.files.expect(unit, map(place_of, copies), int(venue.user.id), due)
    there = [
        await _copied(chat.files.blobs, place_of(one), place_of(copy))
        for one, copy in zip(stored, copies, strict=True)
    ]
    return [copy for copy, is_there in zip(copies, there, strict=True) if is_there]


async def _copied(blobs: Blobs, one: Place, copy: Place) -> bool:
    await blobs.copy(one.poster_key, copy.poster_key)
    return await blobs.copy(one.key, copy.key)


async def sweep(chat: Chat) -> bool:
    """Delete some of what is due, wherever it lies; False when nothing is left."""
    async with chat.units.open(NOBODY) as unit:
        places = await store.files.due(unit, _SWEPT)
        names = (name for place in places for name in (place.key, place.poster_key))
        await chat.files.blobs.delete(names)
        if places:
            await store.files.forget(unit, places)
    return len(places) == _SWEPT
