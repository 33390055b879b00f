"""What happens by the clock: removals, and the end of what was remembered for a while."""

from __future__ import annotations

from chassis.metrics import Metrics
from chat_service.actions import (
    attaching,
    farewells,
    finding,
    lapsing,
    orphans,
    polls,
    reacting,
    tending,
    visiting,
)
from chat_service.actions.chat import Chat
from contracts.attachments import Place

_GIVES_WAY = 19
_GIVES_WAY_S = 5.0


class Jobs:
    """Named periodic functions, each calling one action until nothing is left."""

    def __init__(
        self, chat: Chat, metrics: Metrics, *, nonce_hours: int, attendance_days: int
    ) -> None:
        self._chat = chat
        self._missing = metrics.gauge("files_missing", "Files that messages hold and that are gone")
        self._looked_after = Place(0, 0, "")
        self._counted = 0
        self._clock = chat.clock
        self._nonce_hours = nonce_hours
        self._attendance_days = attendance_days

    async def remove(self) -> None:
        """Delete what is to go, batch by batch."""
        while await reacting.remove_some(self._chat):
            pass

    async def say_farewell(self) -> None:
        """Delete what people have left whose accounts are gone, batch by batch."""
        while await farewells.go_on(self._chat):
            pass

    async def sweep(self) -> None:
        """Delete files that no message holds."""
        while await attaching.sweep(self._chat):
            pass

    async def sweep_orphans(self) -> None:
        """Delete files that no row tells of."""
        await orphans.sweep(self._chat)

    async def look_after_files(self) -> None:
        """Count files that are not where they should be, some at a time, all over again."""
        missing, self._looked_after = await orphans.look_after(self._chat, self._looked_after)
        self._counted += missing
        if not self._looked_after.id:
            self._missing.set(self._counted)
            self._counted = 0

    async def index(self) -> None:
        """Let be found what was said since the last look. While people speak this gives way to
        them: it costs the database more than what they say, and whoever searches does not wait.
        """
        chat, written, began = self._chat, self._chat.commits.written, self._clock.monotonic()
        while await finding.index_some(chat):
            took = self._clock.monotonic() - began
            if chat.commits.written != written:
                await self._clock.sleep(min(_GIVES_WAY * took, _GIVES_WAY_S))
            written, began = chat.commits.written, self._clock.monotonic()

    async def archive(self) -> None:
        """Let threads sleep in which nothing was said for long."""
        while await tending.archive_some(self._chat):
            pass

    async def close_polls(self) -> None:
        """Close polls whose time is up."""
        while await polls.close_due(self._chat):
            pass

    async def forget(self) -> None:
        """Forget nonces and turns that nobody asks for any more, and who was in voice long ago."""
        await reacting.forget(self._chat, self._nonce_hours)
        while await visiting.forget_old(self._chat, self._attendance_days):
            pass

    async def lapse(self) -> None:
        """Tell those whom no application has answered in time."""
        while await lapsing.fail_some(self._chat):
            pass

    async def forget_interactions(self) -> None:
        """Forget those that are over."""
        while await lapsing.forget_some(self._chat):
            pass
