"""Who looks at which part of which member list (opcodes 14 and 37), and GUILD_MEMBER_LIST_UPDATE to
them. A list is made when the first one looks and forgotten with the last; a change is encoded once
for all who look at the same lines. Many changes at once, and new roles, are told as ranges anew.
What of a list somebody holds, and what that takes to be kept true, is for windows.py.
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
from gateway.live.windows import Window

log = logger("listing")

_T = "GUILD_MEMBER_LIST_UPDATE"
_PAGE = 1_000
_MOMENT_S = 0.5
_PATIENCE_S = 0.05
_LEFT_MOST = 16
SORTED_AT_ONCE = 2_000
"""In a longer list, changes that touch everybody wait for those that follow at once."""
_VIEW = int(Permission.VIEW_CHANNEL)
_MEMBERS = frozenset({MemberAdd.__name__, MemberUpdate.__name__})
_MOVING = frozenset(each.__name__ for each in (RoleCreate, RoleUpdate, RoleDelete, GuildUpdate))
_CHANNEL = frozenset({ChannelUpdate.__name__, ChannelDelete.__name__})
_GONE, _SEEN = MemberRemove.__name__, PresenceUpdate.__name__
_LISTED = frozenset({*_MEMBERS, *_MOVING, *_CHANNEL, _GONE, _SEEN})
"""What a list may change by."""


@dataclass(slots=True)
class _Eye:
    """What one session looks at."""

    channels: dict[int, tuple[Range, ...]]
    windows: dict[str, Window] = field(default_factory=dict)
    """Of each list, what it was told of and is told of."""
    left: dict[str, Window] = field(default_factory=dict)
    """Of lists that it may look at again: what it was told and has not been told to forget."""
    is_late: bool = False
    """Something changed while its events were held: it gets all anew when they flow."""


@dataclass(slots=True)
class _Looked:
    """A guild at whose members somebody looks. Until its roster is loaded it only collects."""

    place: GuildPlace
    roster: Roster
    collected: list[Entry] | None = field(default_factory=list)
    by: dict[Viewer, _Eye] = field(default_factory=dict)
    is_moved: bool = False
    """Groups are others now, and soon everybody is told all anew."""

    def sees(self, viewer: Viewer, room_id: int) -> bool:
        """Whether a session sees a channel. Asked at each change: as cheap as can be."""
        party = self.place.crowd.find(viewer.user_id)
        return party is not None and room_id in party.rank.sees

    def lengths(self) -> dict[str, int]:
        """How many lines of each list are known to those who look."""
        return {name: each.told for name, each in self.roster.lists.items()}


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
        looked = self._looked.get(request.guild_id)
        if not any(place.may(viewer, channel_id, _VIEW) for channel_id in request.channels):
            if looked is not None and (eye := looked.by.get(viewer)) is not None:
                eye.channels = {}
                self._sync(looked, viewer, looked.lengths())
                self._look_away(looked, viewer)
            return
        if looked is None or looked.place is not place:
            view = place.view
            is_whole = view.count <= OFFLINE_SHOWN_MOST
            roster = Roster(lambda: view.roles, is_whole=is_whole)
            looked = self._looked[request.guild_id] = _Looked(place, roster)
            self._tasks.spawn(f"listing:{request.guild_id}", self._load(looked))
        looked.by.setdefault(viewer, _Eye({})).channels = dict(request.channels)
        if looked.collected is None:
            self._sync(looked, viewer, looked.lengths())

    def taken(self, place: GuildPlace, entry: Entry) -> None:
        """Something happened in a guild."""
        looked = self._looked.get(place.guild_id)
        if looked is None or looked.place is not place or entry.header.name not in _LISTED:
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
            self._sync(looked, viewer, {})

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
        lengths = looked.lengths()
        looked.roster.strip()
        looked.roster.lists.clear()
        for viewer in tuple(looked.by):
            self._sync(looked, viewer, lengths)

    def _sync(self, looked: _Looked, viewer: Viewer, lengths: dict[str, int]) -> None:
        """All that a session looks at anew, and what it has to forget. `lengths` says how many
        lines lists had when it was told of them; one that is not named may have had any.
        """
        eye = looked.by[viewer]
        if viewer.is_behind:
            # What it missed is told first, and `s` must not fall.
            return self._sync_later(looked, viewer, eye)
        shown, before = self._windows(looked, viewer, eye), {**eye.left, **eye.windows}
        told = {} if eye.is_late else {n: lengths[n] for n in eye.windows if n in lengths}
        eye.windows = {each.id: window for each, window in shown.items()}
        eye.left = {}
        for each, window in shown.items():
            former = before.pop(each.id, None)
            last = -1 if former is None else former.last
            held = min(last + 1, told.get(each.id, last + 1))
            self._say(looked, viewer, each, window.anew(each, looked.roster.listed, held))
        for name, former in before.items():
            left = looked.roster.lists.get(name)
            if left is None or not looked.sees(viewer, left.room_id):
                eye.left[name] = former
            else:
                ops: list[JSON] = [{"op": "INVALIDATE", "range": [0, former.last]}]
                self._say(looked, viewer, left, ops)
        for name in list(eye.left)[:-_LEFT_MOST]:
            del eye.left[name]
        return None

    def _windows(self, looked: _Looked, viewer: Viewer, eye: _Eye) -> dict[MemberList, Window]:
        view = looked.place.view
        assert view is not None
        seen = {c: r for c, r in eye.channels.items() if looked.place.may(viewer, c, _VIEW)}
        eye.channels = seen
        found: dict[MemberList, list[Range]] = {}
        for channel_id, ranges in seen.items():
            found.setdefault(looked.roster.list_of(channel_id, view.layout), []).extend(ranges)
        return {each: Window.of(ranges) for each, ranges in found.items()}

    def _sync_later(self, looked: _Looked, viewer: Viewer, eye: _Eye) -> None:
        async def wait() -> None:
            while viewer.is_behind and self._hub.is_live(viewer):
                await self._clock.sleep(_PATIENCE_S)
            eye.is_late = False
            if looked.by.get(viewer) is eye and self._hub.is_live(viewer):
                self._sync(looked, viewer, {})

        if not eye.is_late:
            eye.is_late = True
            self._tasks.spawn("listing:late", wait())

    def _say(self, looked: _Looked, viewer: Viewer, each: MemberList, ops: list[JSON]) -> None:
        s, d = self._hub.s, self._update(looked, each, ops)
        self._hub.fanout.then(viewer, lambda: tell(viewer, s, _T, d))

    def _update(self, looked: _Looked, each: MemberList, ops: list[JSON]) -> bytes:
        view = looked.place.view
        assert view is not None
        return orjson.dumps({**each.head(view.count), "ops": ops})

    def _tell(self, looked: _Looked, each: MemberList) -> None:
        """The steps by which a list changed."""
        held, ops = each.told, each.take()
        looking: dict[Window, list[Viewer]] = {}
        for viewer, eye in looked.by.items():
            window = eye.windows.get(each.id)
            if window is None or eye.is_late:
                continue
            if not looked.sees(viewer, each.room_id):
                eye.left[each.id] = eye.windows.pop(each.id)
            elif viewer.is_behind:
                self._sync_later(looked, viewer, eye)
            else:
                looking.setdefault(window, []).append(viewer)
        listed = looked.roster.listed
        for window, viewers in looking.items():
            if len(ops) > OPS_MOST:
                told = window.anew(each, listed, min(window.last + 1, held))
            else:
                told = window.follow(ops, each, listed)
            if told:
                frames = Frames(self._hub.s, _T, self._update(looked, each, told))
                self._hub.fanout.send(Audience(viewers), frames)

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
    looking = [eye for eye in looked.by.values() if channel_id in eye.channels]
    lists = looked.roster.lists.values()
    if channel_id not in view.layout.rooms:
        return bool(looking) or any(each.room_id == channel_id for each in lists)
    law = list_id(view.layout, channel_id)
    return any(each.room_id == channel_id and each.id != law for each in lists) or any(
        law not in eye.windows for eye in looking
    )


def _without_guild(body: JSON) -> JSON:
    return {name: value for name, value in body.items() if name != "guild_id"}
