"""A live session is let into a guild: its events fall until the guild is loaded, then it gets the
GUILD_CREATE and everything that it missed meanwhile, from the ring.
"""

from __future__ import annotations

from redis.exceptions import RedisError

from chassis.bus import ReplayGone
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.closecodes import Close
from contracts.errors import DomainError
from contracts.identity import Identity
from contracts.ids import UserId
from contracts.topics import Topic
from gateway.live.arrival import ROUNDS, Arrival, Restless
from gateway.live.hub import Hub
from gateway.live.missed import Teller, caught_up, known_at, moments_ahead
from gateway.live.records import Records
from gateway.live.replay import Entry, follow, merge, stays_after
from gateway.live.resume import as_entry
from gateway.live.viewer import Viewer

log = logger("joining")


class Joining:
    """Lets live sessions into guilds."""

    def __init__(self, hub: Hub, records: Records, tasks: Tasks) -> None:
        self._hub = hub
        self._records = records
        self._tasks = tasks
        hub.on_join = self.begin
        hub.on_moved = records.put

    def begin(self, viewer: Viewer) -> None:
        """The ring's last entry lets this session in somewhere. What came before still goes out;
        what comes after falls, and is made good.
        """
        viewer.is_behind = True
        mark, s = self._hub.ring.mark - 1, self._hub.s

        def hold() -> None:
            if not self._hub.is_live(viewer):
                return
            viewer.outlet.hold()
            self._tasks.spawn(f"join:{viewer.session_id}", self._let_in(viewer, mark, s))

        self._hub.fanout.then(viewer, hold)

    async def _let_in(self, viewer: Viewer, mark: int, s: int) -> None:
        try:
            await self._catch_up(viewer, mark, s)
        except (DomainError, RedisError, ReplayGone) as error:
            log.warning("join.failed", session=viewer.session_id, reason=str(error))
            viewer.link.close(Close.UNKNOWN_ERROR)

    async def _catch_up(self, viewer: Viewer, mark: int, s: int) -> None:
        hub = self._hub
        identity = Identity(UserId(viewer.user_id), viewer.login_id, viewer.kind)
        with Arrival(
            hub,
            identity,
            wants_guild=viewer.wants_guild,
            since=mark,
            spares=viewer.unavailable.__contains__,
        ) as arrival:
            for _ in range(ROUNDS):
                await arrival.gather(with_self=False)
                cold = [t for t in arrival.topics if (hub.bus.live_since(t) or 0) > s]
                stored: list[Entry] = []
                if cold:
                    found = await hub.bus.replay(cold, s, epoch=hub.bus.epoch)
                    stored = list(map(as_entry, found))
                joining = dict.fromkeys(arrival.members, s)
                await self._records.save(viewer, joining)
                if not hub.is_live(viewer):
                    return
                if arrival.is_current():
                    break
            else:
                raise Restless
            if not arrival.is_dead:

                def begins(topic: Topic) -> int:
                    return (hub.bus.live_since(topic) or 0) if topic in cold else 0

                entries = merge(stored, hub.ring.after(mark, arrival.topics), begins)
                self._tell(viewer, s, arrival, entries)

    def _tell(
        self,
        viewer: Viewer,
        s: int,
        arrival: Arrival,
        entries: list[Entry],
    ) -> None:
        hub = self._hub
        here = {guild_id for guild_id in arrival.members if guild_id in arrival.guilds}
        before = set(viewer.guilds)
        guilds = set(before)
        missed = list(follow(entries, guilds, here.__contains__))
        places = {guild_id: arrival.guilds[guild_id] for guild_id in before & guilds & here}
        known = known_at(places, arrival.members, (s,), entries)
        if known is None:
            viewer.link.invalidate()
            return
        viewer.settle(stays_after(viewer.stays, missed), hub.s)
        for guild_id in before - guilds:
            if (left := hub.atlas.guild_at(guild_id)) is not None:
                left.detach(viewer)
        for guild_id in guilds & here:
            standing = arrival.members[guild_id].standing
            arrival.guilds[guild_id].attach(viewer, standing, arrival.joined)
        ahead = moments_ahead(viewer.caught_up, s)
        viewer.caught_up = caught_up(ahead, s, missed, viewer.user_id, hub.s)
        teller = Teller(hub, viewer, arrival.guilds, arrival.members, s - 1, is_ahead=bool(ahead))
        teller.tell(missed, known)
        viewer.is_behind = False
        # What is under way to it now was told already; what comes from here on is new.
        hub.fanout.then(viewer, viewer.outlet.release)
        self._records.put(viewer)
