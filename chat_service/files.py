"""Where files lie and by which links they are shown, with what may be sent at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chassis.blobs import Blobs
from chassis.clock import Clock
from contracts.attachments import Links, Place
from contracts.errors import Unavailable
from contracts.objects.attachment import Attachment
from contracts.wire import JSON

_LOOKED_AT = 2


@dataclass(slots=True)
class Files:
    """The files of this installation, as far as chat_service has to do with them."""

    blobs: Blobs
    links: Links
    clock: Clock
    file_bytes: int
    request_bytes: int
    recording_bytes: int
    at_once: int
    kept_hours: int
    looking: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(_LOOKED_AT), init=False
    )
    """Pictures are whole in memory while they are written anew: only a few at once."""
    projecting: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(_LOOKED_AT), init=False
    )
    """Films as well, each with a process; and no picture waits behind a film that takes long."""
    _coming: int = field(default=0, init=False)

    @property
    def largest(self) -> int:
        """No file is larger, whoever sends it."""
        return max(self.file_bytes, self.recording_bytes)

    @contextmanager
    def coming(self) -> Iterator[None]:
        """While files of one request come: so many at once, as each keeps a piece in memory."""
        if self._coming >= self.at_once:
            raise Unavailable
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    def shown(self, stored: JSON) -> Attachment:
        """A file as a message shows it now: with a link that opens it for a day."""
        place = place_of(stored)
        url = self.links.shown(place, self.clock.now().timestamp())
        return Attachment.model_validate({**stored, "url": url, "proxy_url": url})


def place_of(stored: JSON) -> Place:
    """Where a file lies that a message holds."""
    return Place(int(stored["channel_id"]), int(stored["id"]), stored["filename"])
