"""What happens by the clock: what a crash or a large guild left to do."""

from __future__ import annotations

from community_service import actions
from community_service.sightings import Sightings
from community_service.tools import Units
from contracts.identity import NOBODY

BATCH = 500


class Jobs:
    """Named periodic functions, each calling one action until nothing is left."""

    def __init__(self, units: Units, sightings: Sightings) -> None:
        self._units = units
        self._sightings = sightings

    async def tell_departed(self) -> None:
        """Tell members of deleted guilds."""
        done = BATCH
        while done == BATCH:
            async with self._units.open(NOBODY) as unit:
                done = await actions.guilds.tell_departed(unit, BATCH)

    async def recount_listed(self) -> None:
        """Count the members of listed communities again."""
        last: int | None = 0
        while last is not None:
            async with self._units.open(NOBODY) as unit:
                last = await actions.discovery.recount(unit, after=last, limit=BATCH)

    async def forget_entries(self) -> None:
        """Delete what the audit log does not keep any longer."""
        done = BATCH
        while done == BATCH:
            async with self._units.open(NOBODY) as unit:
                done = await actions.audit.forget_old(unit, BATCH)

    async def clear_invites(self) -> None:
        """Delete invites that let nobody in any more."""
        done = BATCH
        while done == BATCH:
            async with self._units.open(NOBODY) as unit:
                done = await actions.invites.clear_worn(unit, BATCH)

    async def pass_time(self) -> None:
        """Let begin and end what is planned for now."""
        done = BATCH
        while done == BATCH:
            async with self._units.open(NOBODY) as unit:
                done = await actions.scheduled_events.pass_time(unit, BATCH)

    async def forget_finished(self) -> None:
        """Delete events that were over long ago."""
        done = BATCH
        while done == BATCH:
            async with self._units.open(NOBODY) as unit:
                done = await actions.scheduled_events.forget_finished(unit, BATCH)

    async def note_sightings(self) -> None:
        """Write down who came and went; who went and was a member for as long leaves."""
        while seen := self._sightings.take(BATCH):
            async with self._units.open(NOBODY) as unit:
                await actions.sightings.note(unit, seen)
            await self._let_go([user_id for user_id, is_here in seen.items() if not is_here])

    async def let_go_unseen(self) -> None:
        """Let temporary members go whose going nobody told."""
        after, page = 0, [0]
        while page:
            async with self._units.reading(NOBODY) as unit:
                page = await actions.sightings.temporary(unit, after=after, limit=BATCH)
            await self._let_go(await actions.prunes.absent(self._units.tools, page))
            after = page[-1] if page else after

    async def _let_go(self, user_ids: list[int]) -> None:
        if not user_ids:
            return
        async with self._units.reading(NOBODY) as unit:
            passing = await actions.sightings.passing(unit, user_ids)
        for guild_id, leaving in passing.items():
            async with self._units.open(NOBODY) as unit:
                await actions.sightings.let_go(unit, guild_id, leaving)
