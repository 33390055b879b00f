"""What happens by the clock: what a crash or a large guild left to do."""

from __future__ import annotations

from community_service import actions
from community_service.tools import Units
from contracts.identity import NOBODY

BATCH = 500


class Jobs:
    """Named periodic functions, each calling one action until nothing is left."""

    def __init__(self, units: Units) -> None:
        self._units = units

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
