"""Files come, piece by piece, and are looked at once they are here. Nothing is known yet of the
message that will hold them: until then they wait, and are swept away if nobody comes.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterable
from datetime import timedelta

from chassis import images
from chassis.blobs import Writing
from chat_service import store
from chat_service.actions.chat import Chat
from chat_service.actions.scrubbing import scrub
from chat_service.domain.attachments import Received, safe_name
from chat_service.domain.measures import PIECE_BYTES, measured
from chat_service.domain.thumbhash import SIDE, thumbhash
from chat_service.films import projector
from contracts import kinds, limits
from contracts.attachments import Place
from contracts.errors import DomainError, ErrorCode, Invalid, NotFound
from contracts.identity import Identity
from contracts.kinds import Kind
from contracts.wire import JSON

UNUSED_FOR = timedelta(hours=1)
"""So long a file that came with a request waits for its message."""
_COMING_S = 1_800.0
"""So long one may take to come: it must not be swept while it does."""


class Intake:
    """The files of one request, one after another into the store."""

    def __init__(self, chat: Chat, actor: Identity, channel_id: int) -> None:
        self._chat = chat
        self._actor = actor
        self._channel_id = channel_id
        self._size = 0
        self._coming: _Coming | None = None
        self._n = 0
        self._places: list[Place] = []
        self.received: list[Received] = []

    async def begin(self, n: int, filename: str | None) -> None:
        """Another file comes."""
        if len(self._places) == limits.ATTACHMENTS:
            raise DomainError(ErrorCode.MAX_ATTACHMENTS)
        chat = self._chat
        place = Place(self._channel_id, chat.outbox.next_id(), safe_name(filename))
        async with chat.units.open(self._actor) as unit:
            due = unit.now + UNUSED_FOR
            await store.files.expect(unit, [place], self._actor.user_id, due)
        self._n = n
        self._places.append(place)
        self._coming = _Coming(chat, place)

    async def more(self, data: bytes) -> None:
        """A piece of it."""
        assert self._coming is not None
        self._size += len(data)
        if self._size > self._chat.files.request_bytes:
            raise DomainError(ErrorCode.BODY_TOO_LARGE)
        await self._coming.more(data)

    async def end(self) -> None:
        """It is whole."""
        assert self._coming is not None
        facts = await self._coming.end(f"files.{self._n}")
        self.received.append(Received(self._n, self._places[-1], facts))
        self._coming = None

    async def leave(self) -> None:
        """The request is over: what no message came to hold is to go."""
        self._coming = None
        if self._places:
            async with self._chat.units.open(self._actor) as unit:
                await store.files.forsake(unit, self._places)


async def fill(chat: Chat, actor: Identity, place: Place, body: AsyncIterable[bytes]) -> None:
    """A file that was announced comes by itself. It comes once: what a message holds stays."""
    async with chat.units.open(actor) as unit:
        announced = await store.files.take(unit, place)
    if announced is None:
        raise NotFound
    facts: JSON | None = None
    try:
        coming = _Coming(chat, place, most=announced)
        async for data in body:
            await coming.more(data)
        facts = await coming.end("file")
    finally:
        async with chat.units.open(actor) as unit:
            await store.files.filled(unit, place, facts)


class _Coming:
    """One file on its way into the store."""

    def __init__(self, chat: Chat, place: Place, most: int | None = None) -> None:
        self._files = chat.files
        self._place = place
        self._until = chat.clock.monotonic() + _COMING_S
        self._clock = chat.clock
        # What was announced was measured then: a recording may be larger than what people send.
        self._most = self._files.file_bytes if most is None else min(most, self._files.largest)
        self._size = 0
        self._head = b""
        self._writing: Writing | None = None

    async def more(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._most or self._clock.monotonic() > self._until:
            raise DomainError(ErrorCode.BODY_TOO_LARGE)
        if self._writing is None:
            self._writing = self._files.blobs.begin(self._place.key)
        if len(self._head) < kinds.HEAD_BYTES:
            self._head += data[: kinds.HEAD_BYTES - len(self._head)]
        await self._writing.write(data)

    async def end(self, field: str) -> JSON:
        """What its content says."""
        if self._writing is None:
            raise Invalid({field: ("FILE_EMPTY", "This file is empty.")})
        await self._writing.close()
        kind = kinds.kind_of(self._head)
        if kind.is_picture:
            return await self._remade(field)
        await scrub(self._files.blobs, self._place.key, kind, self._size)
        facts = await self._measured(kind) if kind.lasts else {}
        if kind in kinds.FILMS and "width" in facts and self._size <= projector.MOST_BYTES:
            facts |= await self._projected(kind)
        return {"size": self._size, "content_type": kind.media_type, **facts}

    async def _measured(self, kind: Kind) -> JSON:
        """How long it lasts, as its two ends say."""
        blobs, key, size = self._files.blobs, self._place.key, self._size
        head = await blobs.part(key, 0, min(size, PIECE_BYTES))
        tail = await blobs.part(key, max(0, size - PIECE_BYTES), size)
        return dict(measured(kind, head, tail, size).facts())

    async def _projected(self, kind: Kind) -> JSON:
        """What a film shows first, beside it."""
        blobs, place = self._files.blobs, self._place
        async with self._files.projecting:
            film = await blobs.get(place.key)
            shown = await projector.first_picture(film, kind) if film else None
            if shown is None:
                return {}
            await blobs.put(place.poster_key, shown.poster)
            return shown.facts

    async def _remade(self, field: str) -> JSON:
        """A picture says nothing but what one sees: not where it was taken, or by what."""
        blobs, key = self._files.blobs, self._place.key
        async with self._files.looking:
            sent = await blobs.get(key)
            if sent is None:
                raise NotFound
            made = await images.remade(sent, field, glimpse=SIDE)
            await blobs.put(key, made.data)
            placeholder = await images.aside(lambda: thumbhash(*made.glimpse))
        return {
            "size": len(made.data),
            "content_type": made.media_type,
            "width": made.width,
            "height": made.height,
            "placeholder": b64encode(placeholder).decode(),
            "placeholder_version": 1,
        }
