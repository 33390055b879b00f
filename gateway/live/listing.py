"""Who looks at which part of which member list (opcodes 14 and 37), and GUILD_MEMBER_LIST_UPDATE to
them. A list is made when the first one looks and forgotten with the last; a change is encoded once
for all who look. Many changes at once, and new roles, are told as ranges anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import orjson

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.errors import DomainError
from contracts.events.channel import ChannelDelete, ChannelUpdate
from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.presence import PresenceUpdate
from contracts.events.role import RoleCreate, RoleDelete, RoleUpdate
from contracts.ids import GuildId, UserId
from contracts.permissions import Permission
from contracts.rpc.community import GetMembers, ListMembers
from contracts.rpc.presence import GetPresences
from contracts.wire import JSON
from gateway.live.audience import Audience
from gateway.live.codec import Frames
from gateway.live.hub import Hub
from gateway.live.payloads import ListRequest
from gateway.live.places import GuildPlace
from gateway.live.replay import Entry
from gateway.live.roster import OFFLINE_SHOWN_MOST, OPS_MOST, MemberList, Range, Roster, list_id
from gateway.live.seams import Asks
from gateway.live.telling import tell
from gateway.live.viewer import Viewer

log = logger("listing")

_T = "GUILD_MEMBER_LIST_UPDATE"
_PAGE = 1_000
_MOMENT_S = 0.5
SORTED_AT_ONCE = 2_000
"""In a longer list, changes that touch everybody wait for those that follow at once."""
_VIEW = int(Permission.VIEW_CHANNEL)
_MEMBERS = frozenset({MemberAdd.__name__, MemberUpdate.__name__})
_MOVING = frozenset(each.__name__ for each in (RoleCreate, RoleUpdate, RoleDelete, GuildUpdate))
_CHANNEL = frozenset({ChannelUpdate.__name__, ChannelDelete.__name__})
_GONE, _SEEN = MemberRemove.__name__, PresenceUpdate.__name__


@dataclass(slots=True)
class _Looked:
    """A guild at whose members somebody looks. Until its roster is loaded it only collects."""

    place: GuildPlace
    roster: Roster
    collected: list[Entry] | None = field(default_factory=list)
    by: dict[Viewer, dict[int, tuple[Range, ...]]] = field(default_factory=dict)
    """The ranges that each session looks at, by channel."""
    is_moved: bool = False
    """Groups are others now, and soon everybody is told all anew."""
    stale: set[Viewer] = field(default_factory=set)
    """Sessions that were held while something was told: they get their ranges anew."""


class Listing:
    """Every list that somebody looks at."""

    def __init__(self, hub: Hub, calls: Asks, *, clock: Clock, tasks: Tasks) -> None:
        self._hub = hub
        self._calls = calls
        self._clock = clock
        self._tasks = tasks
        self._looked: dict[int, _Looked] = {}
        hub.on_taken.append(self.taken)

    def __len__(self) -> int:
        return len(self._looked)

    def look(self, viewer: Viewer, request: ListRequest) -> None:
        """A session looks at these ranges from now on; without any it looks away."""
        place = self._hub.atlas.guild_at(request.guild_id)
        if request.guild_id not in viewer.guilds or place is None or place.view is None:
            return
        channels = {c: r for c, r in request.channels.items() if place.may(viewer, c, _VIEW)}
        looked = self._looked.get(request.guild_id)
        if not channels:
            self._look_away(looked, viewer)
            return
        if looked is None or looked.place is not place:
            view = place.view
            is_whole = view.count <= OFFLINE_SHOWN_MOST
            roster = Roster(lambda: view.roles, is_whole=is_whole)
            looked = self._looked[request.guild_id] = _Looked(place, roster)
            self._tasks.spawn(f"listing:{request.guild_id}", self._load(looked))
        looked.by[viewer] = channels
        if looked.collected is None:
            self._sync(looked, viewer)

    def taken(self, place: GuildPlace, entry: Entry) -> None:
        """Something happened in a guild."""
        looked = self._looked.get(place.guild_id)
        if looked is None or looked.place is not place:
            return
        if looked.collected is not None:
            looked.collected.append(entry)
            return
        self._prune(looked)
        if _is_moved(looked, entry):
            self._moved(looked)
        else:
            self._apply(looked, entry)
            for each in tuple(looked.roster.changed()):
                self._tell(looked, each)

    def _apply(self, looked: _Looked, entry: Entry) -> None:
        name, user_id = entry.header.name, entry.header.route.user_id or 0
        known = looked.roster.listed.get(user_id)
        if name == _GONE:
            looked.roster.drop(user_id)
        elif name in _MEMBERS:
            member = _without_guild(orjson.loads(entry.body))
            if known is not None or looked.roster.is_whole:
                looked.roster.put(user_id, member, known.presence if known else None)
        elif name == _SEEN:
            presence = _without_guild(orjson.loads(entry.body))
            here = presence if presence["status"] != "offline" else None
            if known is not None:
                looked.roster.put(user_id, known.member, here)
            elif here is not None:
                self._tasks.spawn("listing:find", self._find(looked, user_id, here))

    async def _find(self, looked: _Looked, user_id: int, presence: JSON) -> None:
        """Somebody came of whom nothing is known here."""
        asked = GetMembers(guild_id=GuildId(looked.place.guild_id), user_ids=(UserId(user_id),))
        try:
            found = (await self._calls.ask(asked)).members
        except DomainError as error:
            log.warning("member.unknown", guild=looked.place.guild_id, reason=str(error))
            return
        for member in found:
            if user_id not in looked.roster.listed and looked.collected is None:
                looked.roster.put(user_id, member.dump(), presence)
        for each in tuple(looked.roster.changed()):
            self._tell(looked, each)

    async def _load(self, looked: _Looked) -> None:
        try:
            await self._read(looked)
        except DomainError as error:
            log.warning("list.unavailable", guild=looked.place.guild_id, reason=str(error))
            self._looked.pop(looked.place.guild_id, None)
            return
        collected, looked.collected = looked.collected or [], None
        for entry in collected:
            self._apply(looked, entry)
        for viewer in tuple(looked.by):
            self._sync(looked, viewer)

    async def _read(self, looked: _Looked) -> None:
        view, guild_id = looked.place.view, GuildId(looked.place.guild_id)
        assert view is not None
        if view.members is not None:
            await self._take(looked, [orjson.loads(raw) for raw in view.members])
            return
        after, is_more = UserId(0), True
        while is_more:
            asked = ListMembers(guild_id=guild_id, after=after, limit=_PAGE)
            found = (await self._calls.ask(asked)).members
            await self._take(looked, [member.dump() for member in found])
            is_more = len(found) == _PAGE
            after = found[-1].user.id if found else after

    async def _take(self, looked: _Looked, members: Iterable[JSON]) -> None:
        by_id = {int(member["user"]["id"]): member for member in members}
        ids = tuple(map(UserId, by_id))
        found = (await self._calls.ask(GetPresences(user_ids=ids))).presences if ids else ()
        here = {int(presence.user.id): presence.dump() for presence in found}
        for user_id, member in by_id.items():
            looked.roster.put(user_id, member, here.get(user_id))

    def _moved(self, looked: _Looked) -> None:
        """Groups, or who sees which channel, are others now. Fifty thousand are sorted in a tenth
        of a second: that is done once for all that changes within a moment.
        """
        if len(looked.roster.listed) <= SORTED_AT_ONCE:
            self._refill(looked)
        elif not looked.is_moved:
            looked.is_moved = True
            self._tasks.spawn("listing:refill", self._refill_soon(looked))

    async def _refill_soon(self, looked: _Looked) -> None:
        await self._clock.sleep(_MOMENT_S)
        looked.is_moved = False
        self._refill(looked)

    def _refill(self, looked: _Looked) -> None:
        looked.roster.strip()
        looked.roster.lists.clear()
        for viewer in tuple(looked.by):
            self._sync(looked, viewer)

    def _sync(self, looked: _Looked, viewer: Viewer) -> None:
        """All ranges of a session anew."""
        view = looked.place.view
        assert view is not None
        for channel_id, ranges in tuple(looked.by[viewer].items()):
            if not looked.place.may(viewer, channel_id, _VIEW):
                del looked.by[viewer][channel_id]
                continue
            shown = looked.roster.list_of(channel_id, view.layout)
            items = ((r, shown.items(*r, looked.roster.listed)) for r in ranges)
            ops = [{"op": "SYNC", "range": list(r), "items": lines} for r, lines in items]
            d = orjson.dumps({**shown.head(view.count), "ops": ops})
            self._say(viewer, d)

    def _say(self, viewer: Viewer, d: bytes) -> None:
        s = self._hub.s
        self._hub.fanout.then(viewer, lambda: tell(viewer, s, _T, d))

    def _tell(self, looked: _Looked, each: MemberList) -> None:
        view = looked.place.view
        assert view is not None
        ops, each.ops = each.ops, []
        first = min(op["index"] for op in ops)
        seeing = [v for v in looked.by if self._reaches(looked, v, each, first)]
        anew = {v for v in seeing if v.is_behind or v in looked.stale or len(ops) > OPS_MOST}
        d = orjson.dumps({**each.head(view.count), "ops": ops})
        self._hub.fanout.send(
            Audience(v for v in seeing if v not in anew), Frames(self._hub.s, _T, d)
        )
        for viewer in anew:
            if viewer.is_behind:
                looked.stale.add(viewer)
            else:
                looked.stale.discard(viewer)
                self._sync(looked, viewer)

    def _reaches(self, looked: _Looked, viewer: Viewer, each: MemberList, first: int) -> bool:
        """Whether a change at this line is in, or above, what a session looks at."""
        view = looked.place.view
        assert view is not None
        return any(
            channel_id in view.layout.rooms
            and looked.roster.list_of(channel_id, view.layout) is each
            and max(end for _, end in ranges) >= first
            for channel_id, ranges in looked.by[viewer].items()
        )

    def _look_away(self, looked: _Looked | None, viewer: Viewer) -> None:
        if looked is not None and looked.by.pop(viewer, None) is not None and not looked.by:
            self._looked.pop(looked.place.guild_id, None)

    def _prune(self, looked: _Looked) -> None:
        guild_id = looked.place.guild_id
        for viewer in tuple(looked.by):
            if not self._hub.is_live(viewer) or guild_id not in viewer.guilds:
                self._look_away(looked, viewer)


def _is_moved(looked: _Looked, entry: Entry) -> bool:
    """Whether groups, or who is in which list, may be others now."""
    name, channel_id = entry.header.name, entry.header.route.channel_id
    if name not in _CHANNEL:
        return name in _MOVING
    view = looked.place.view
    assert view is not None
    if channel_id not in view.layout.rooms:
        return any(each.room_id == channel_id for each in looked.roster.lists.values())
    is_looked_at = any(channel_id in channels for channels in looked.by.values())
    law = list_id(view.layout, channel_id)
    of = [each for each in looked.roster.lists.values() if each.room_id == channel_id]
    return any(each.id != law for each in of) or (is_looked_at and law not in looked.roster.lists)


def _without_guild(body: JSON) -> JSON:
    return {name: value for name, value in body.items() if name != "guild_id"}
