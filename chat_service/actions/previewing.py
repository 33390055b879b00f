"""Links in messages are looked at behind the sends, and what they lead to is shown below."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from chassis.logs import logger
from chassis.tasks import Tasks
from chat_service import store
from chat_service.actions import attaching, changing, showing
from chat_service.actions.chat import Chat
from chat_service.actions.uploading import UNUSED_FOR
from chat_service.actions.venues import Venue, enter, unattended
from chat_service.domain.attachments import stored
from chat_service.domain.drafts import SUPPRESS_EMBEDS
from chat_service.domain.links import links_in
from chat_service.people import gone
from chat_service.store.messages import Message
from chat_service.unfurl.unfurler import Linked, Unfurler
from contracts.attachments import Place
from contracts.errors import DomainError, Unavailable
from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import UserId
from contracts.permissions import Permission
from contracts.wire import JSON

log = logger("previews")

_AT_ONCE = 4
_FOUND_AGAIN = 200
_GOOD_FOR = timedelta(hours=24)
_BAD_FOR = timedelta(minutes=10)


class Previews:
    """Whoever looks at what was noticed: a part."""

    name = "previews"

    def __init__(self, chat: Chat, unfurler: Unfurler, *, tasks: Tasks) -> None:
        self._chat = chat
        self._unfurler = unfurler
        self._tasks = tasks
        self._looking: dict[str, asyncio.Task[JSON | None]] = {}
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def start(self) -> None:
        """Begin to look."""
        self._tasks.spawn("previews", self._always(), fatal=True)

    async def stop(self) -> None:
        """Stop looking."""
        self._unfurler.end()

    def trouble(self) -> str | None:
        """Messages do not wait for it."""
        return None

    async def tidy(self) -> None:
        """Let the worker rest, forget what is old, and find again what nobody came to look at:
        the process that was about to is no more, or had too much to do.
        """
        await self._unfurler.rest()
        async with self._chat.units.open(NOBODY) as unit:
            await store.previews.forget(unit)
            found = await store.previews.overdue(unit, _FOUND_AGAIN)
        for channel_id, message_id in found:
            self._chat.noticed.remind(channel_id, message_id)

    async def _always(self) -> None:
        while True:
            linked = await self._chat.noticed.next()
            await self._free.acquire()
            looking = self._tasks.spawn("preview.message", self._look_at(linked))
            looking.add_done_callback(lambda _: self._free.release())

    async def _look_at(self, linked: Linked) -> None:
        since = self._chat.clock.now()
        try:
            await self._show_what(linked)
        except DomainError as refusal:
            # Of somebody who has left meanwhile nothing is shown; without a neighbour nobody knows.
            if refusal.status >= 500:
                log.warning("preview.postponed", message=str(linked.id), reason=str(refusal))
                return
        async with self._chat.units.open(NOBODY) as unit:
            await store.previews.seen(unit, *linked, since)

    async def _show_what(self, linked: Linked) -> None:
        chat = self._chat
        message = await store.messages.one(chat.database.pool, linked.channel_id, linked.id)
        if message is None or message.flags & SUPPRESS_EMBEDS:
            return
        links = links_in(message.content)
        if links and await _may_embed(chat, message):
            found = await asyncio.gather(*map(self._once, links))
            shown = [one for one in found if one is not None]
            had = (message.extras or {}).get("previews", ())
            if [*map(_bare, shown)] != [*map(_bare, had)]:
                await _show(chat, message, shown)

    async def _once(self, url: str) -> JSON | None:
        """What a link leads to, asked once by however many messages."""
        looking = self._looking.get(url)
        if looking is None:
            looking = self._looking[url] = self._tasks.spawn("preview", self._found(url))
        return await asyncio.shield(looking)

    async def _found(self, url: str) -> JSON | None:
        units = self._chat.units
        try:
            async with units.reading(NOBODY) as unit:
                is_known, found = await store.previews.known(unit, url)
            if is_known:
                return found
            try:
                seen = await self._unfurler.look(url)
            except Unavailable:
                seen = None  # remembered too: what ends the worker is not tried at once again
            found = seen and await _kept(self._chat, seen)
            async with units.open(NOBODY) as unit:
                until = unit.now + (_BAD_FOR if found is None else _GOOD_FOR)
                await store.previews.note(unit, url, found, until)
            return found
        finally:
            del self._looking[url]


async def _kept(chat: Chat, seen: JSON) -> JSON | None:
    """The embed, with its picture in the store for as long as the link is remembered."""
    embed, picture = seen["embed"], seen["picture"]
    if embed is None or picture is None:
        return embed  # type: ignore[no-any-return]
    data = b64decode(picture["data"])
    name = f"preview.{picture['media_type'].partition('/')[2]}"
    place = Place(0, chat.outbox.next_id(), name)
    async with chat.units.open(NOBODY) as unit:
        await store.files.expect(unit, [place], 0, unit.now + _GOOD_FOR + UNUSED_FOR)
    await chat.files.blobs.put(place.key, data)
    facts = {"size": len(data), "content_type": picture["media_type"]}
    facts |= {name: picture[name] for name in ("width", "height")}
    return {**embed, "picture": stored(place, facts)}


def _bare(embed: JSON) -> JSON:
    return {name: part for name, part in embed.items() if name != "picture"}


async def _may_embed(chat: Chat, message: Message) -> bool:
    if (message.extras or {}).get("webhook_id") is not None:
        return True
    author = Identity(UserId(message.author_id), 0, Kind.USER)
    venue = await enter(chat, author, message.channel_id)
    return venue.may(Permission.EMBED_LINKS)


async def _show(chat: Chat, message: Message, shown: Sequence[JSON]) -> None:
    faces = await chat.people.faces([message.author_id])
    author = faces.get(message.author_id) or gone(message.author_id)
    venue = await unattended(chat, message.channel_id, author)
    if venue is None:
        return
    look = await showing.look(chat, message.author_id, [message])
    shown = [await _with_own_picture(chat, venue, embed) for embed in shown]
    async with chat.units.open(NOBODY) as unit:
        held = await store.writing.hold(unit, message.channel_id, message.id)
        if held is None or held.content != message.content:
            return
        after = replace(held, extras={**(held.extras or {}), "previews": list(shown)})
        await attaching.exchange(unit, held, after)
        await store.writing.change(unit, after, extras=after.extras)
        changing.tell_changed(unit, venue, after, look)


async def _with_own_picture(chat: Chat, venue: Venue, embed: JSON) -> JSON:
    """The same with a copy of its picture, that goes with the message."""
    copies = await attaching.copied(chat, venue, [embed["picture"]] if "picture" in embed else [])
    return {**_bare(embed), **({"picture": copies[0]} if copies else {})}
