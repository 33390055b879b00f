"""IDENTIFY answered: READY and one GUILD_CREATE for each guild, then live; or nothing at all.

With H the process's highest s when nothing was left to be asked, READY and its GUILD_CREATEs are
H-k … H-1: below every later event, and above what the session could have been told before.
"""

from __future__ import annotations

from contracts.closecodes import Close
from contracts.identity import Identity, Kind
from contracts.intents import Intent, disallowed
from gateway.live import telling
from gateway.live.arrival import ROUNDS, Arrival, Restless
from gateway.live.hub import Hub
from gateway.live.records import Records
from gateway.live.viewer import Viewer

_GUILDS = int(Intent.GUILDS)


class Refused(Exception):
    """Who identified may not have what it asks for."""

    def __init__(self, close: Close) -> None:
        self.close = close


class Readying:
    """Lets new sessions in."""

    def __init__(
        self,
        hub: Hub,
        records: Records,
        *,
        resume_url: str,
        guilds_per_shard: int = 2_500,
    ) -> None:
        self._guilds_per_shard = guilds_per_shard
        self._hub = hub
        self._records = records
        self._resume_url = resume_url

    async def welcome(self, viewer: Viewer, identity: Identity, *, since: int) -> bool:
        """Make the session live; False if its login ended meanwhile. `since` is the ring's mark
        before the token was looked at. Raises Unavailable or Refused with nothing said.
        """
        self._records.claim(viewer)
        is_live = False
        arrival = Arrival(
            self._hub,
            identity,
            wants_guild=viewer.wants_guild,
            since=since,
            spares=lambda guild_id: True,
        )
        try:
            with arrival:
                mark = await self._prepare(viewer, arrival)
                if not arrival.is_dead:
                    self._go_live(viewer, arrival, mark)
                    is_live = True
        finally:
            if not is_live:
                self._records.drop(viewer)
        return is_live

    async def _prepare(self, viewer: Viewer, arrival: Arrival) -> int:
        """Returns the ring's mark when the session was numbered."""
        for _ in range(ROUNDS):
            await arrival.gather()
            self._check(viewer, arrival)
            # The record comes first: whoever has READY can go on elsewhere, whatever happens next.
            self._number(viewer, arrival)
            mark = self._hub.ring.mark
            await self._records.tried(viewer)
            if arrival.is_current():
                return mark
        raise Restless

    def _check(self, viewer: Viewer, arrival: Arrival) -> None:
        if viewer.kind is not Kind.BOT:
            return
        application = arrival.me.application
        if disallowed(viewer.intents, application.flags if application is not None else 0):
            raise Refused(Close.DISALLOWED_INTENTS)
        if len(arrival.members) > self._guilds_per_shard:
            raise Refused(Close.SHARDING_REQUIRED)

    def _number(self, viewer: Viewer, arrival: Arrival) -> None:
        high = self._hub.raise_to(arrival.stamps())
        order = tuple(sorted(arrival.members.keys() & arrival.guilds.keys()))
        viewer.order = order if viewer.intents & _GUILDS else ()
        viewer.high, viewer.first = high, high - len(viewer.order) - 1
        viewer.settle([(guild_id, high, 0) for guild_id in order], high)
        if arrival.unavailable or viewer.unavailable:
            viewer.unavailable = dict.fromkeys(arrival.unavailable, 0)

    def _go_live(self, viewer: Viewer, arrival: Arrival, mark: int) -> None:
        hub = self._hub
        if hub.ring.after(mark, arrival.topics):
            # READY holds what was said since it was numbered, so it stands behind that.
            self._number(viewer, arrival)
            self._records.put(viewer)
        if arrival.personal is not None:
            viewer.is_set(arrival.personal.settings)
        viewer.outlet.cork()
        ready = telling.ready(viewer, arrival, self._resume_url)
        telling.tell(viewer, viewer.first, "READY", ready)
        hub.attach(viewer)
        for guild_id in viewer.guilds:
            standing = arrival.members[guild_id].standing
            arrival.guilds[guild_id].attach(viewer, standing, arrival.joined)
        for number, guild_id in enumerate(viewer.order, viewer.first + 1):
            guild, member = arrival.guilds[guild_id], arrival.members[guild_id]
            telling.tell_guild(viewer, guild, member, s=number, is_new=False)
        telling.tell_outages(viewer, viewer.unavailable)
        viewer.outlet.uncork()
