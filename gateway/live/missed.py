"""What happened while a session was away, told as far as it may be seen now. All synchronous:
whoever tells goes live in the same breath.

A client knows of channels by what it was told. What it lost sight of meanwhile is told first, then
what it gained, as things stand now; then the events, of which those about channels only go out
where they fit what the client knows. So in the end it knows what a fresh GUILD_CREATE would show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import orjson

from contracts.events.base import REGISTRY, Event, open_as
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberUpdate
from contracts.events.role import RoleDelete, RoleUpdate
from contracts.events.settings import StatusChosen
from contracts.events.voice import VoiceStateUpdate
from contracts.intents import Intent
from contracts.permissions import Permission
from gateway.live import threads
from gateway.live.codec import Frames
from gateway.live.hub import Hub
from gateway.live.layout import Sight, Standing
from gateway.live.oneself import Oneself
from gateway.live.past import Memory
from gateway.live.people import UserPlace
from gateway.live.places import GuildPlace
from gateway.live.replay import JOINED, LEFT, Entry
from gateway.live.telling import tell, tell_guild
from gateway.live.viewer import Viewer
from gateway.live.voices import parting

_CREATED, _DELETED = ChannelCreate.__name__, ChannelDelete.__name__
_UPDATED = ChannelUpdate.__name__
_MEMBER, _CHOSEN = MemberUpdate.__name__, StatusChosen.__name__
_VOICE = VoiceStateUpdate.__name__
_MOVING = frozenset(
    event.__name__ for event in (ChannelUpdate, RoleUpdate, RoleDelete, GuildUpdate)
)
"""After one of these only who heard it can tell what was seen before."""
_VIEW = int(Permission.VIEW_CHANNEL)
_HISTORY = int(Permission.READ_MESSAGE_HISTORY)

Known = dict[int, Memory]
"""What a client knows of the channels of each guild."""


def moments_ahead(caught_up: tuple[int, ...], s: int) -> tuple[int, ...]:
    """The times when a client that got everything up to `s` may have been told of channels as they
    stood later.
    """
    return caught_up if caught_up and s <= caught_up[-1] else ()


def caught_up(
    ahead: tuple[int, ...], s: int, entries: Iterable[Entry], user_id: int, upto: int
) -> tuple[int, ...]:
    """The same for a client that is told these entries now: from where and up to where it was
    caught up. Channels are told ahead then, so a number below the last of these does not say which
    of those states its client knows.
    """
    return (*ahead, s, upto) if any(_moves(entry, user_id) for entry in entries) else ahead


def known_at(
    guilds: Mapping[int, GuildPlace],
    members: Mapping[int, Oneself],
    moments: tuple[int, ...],
    entries: Sequence[Entry],
    recalled: Known | None = None,
) -> Known | None:
    """What the client knows of these guilds' channels, having got everything up to the first of
    these moments and perhaps as things stood at the others; None if that can not be told, as nobody
    has heard all of it. `recalled` is what another gateway tells.
    """
    recalled = recalled or {}
    known: Known = {}
    for guild_id, place in guilds.items():
        standing = members[guild_id].standing
        user_id = members[guild_id].user_id
        memory = (
            place.recall(user_id, standing, moments)
            or recalled.get(guild_id)
            or _unheard(place, user_id, standing, entries)
        )
        if memory is None:
            return None
        known[guild_id] = memory
    return known


def _unheard(
    place: GuildPlace, user_id: int, standing: Standing, entries: Iterable[Entry]
) -> Memory | None:
    """The same by what the events themselves tell, where that is enough."""
    assert place.view is not None
    layout = place.view.layout
    knew = set(layout.sees(user_id, standing.roles))
    for entry in entries:
        name, route = entry.header.name, entry.header.route
        if route.guild_id != place.guild_id:
            continue
        if _moves(entry, user_id):
            return None
        if name == _CREATED:
            knew.discard(route.channel_id or 0)
        elif name == _DELETED:
            overwrites = open_as(ChannelDelete, entry.body).permission_overwrites
            if layout.under(user_id, standing, overwrites) & _VIEW:
                knew.add(route.channel_id or 0)
    return Memory.of(frozenset(knew))


def _moves(entry: Entry, user_id: int) -> bool:
    name = entry.header.name
    return name in _MOVING or (name == _MEMBER and entry.header.route.user_id == user_id)


class Teller:
    """Tells one session. `s` is up to where it got everything."""

    def __init__(
        self,
        hub: Hub,
        viewer: Viewer,
        guilds: Mapping[int, GuildPlace],
        members: Mapping[int, Oneself],
        s: int,
        *,
        is_ahead: bool,
    ) -> None:
        self._hub = hub
        self._viewer = viewer
        self._guilds = guilds
        self._members = members
        self._s = s
        self._knows: dict[int, set[int]] = {}
        self._news: set[int] = set()
        """Channels that came into sight meanwhile, nobody knows when."""
        self._is_ahead = is_ahead
        """Whether it may have been told of things as they stood later."""
        self._synced: set[int] = set()
        """Guilds of which all threads were told."""

    def tell(self, entries: Sequence[Entry], known: Known) -> None:
        """All of it, in order."""
        left = {e.header.route.guild_id for e in entries if e.header.name == LEFT}
        for guild_id, memory in known.items():
            is_left = guild_id in left
            self._knows[guild_id] = set(memory.sure if is_left else memory.maybe)
            if not is_left:
                self._catch_up(guild_id, memory.sure, entries)
        for entry in entries:
            if entry.header.name == _CHOSEN:
                self._viewer.choose(open_as(StatusChosen, entry.body))
            elif entry.header.name == JOINED:
                self._join(entry)
            elif self._may_see(entry):
                if entry.header.name == _DELETED:
                    self._clear_voices(entry, entries)
                self._push(entry, self._body(entry))
            elif self._sees_leave(entry):
                self._push(entry, parting(entry.body))
        about = {e.header.route.guild_id for e in entries if e.header.route.parent_id is not None}
        for guild_id in sorted(self._synced & about):
            # What was told of them since was told as it may be seen now, not as it went.
            self._sync_threads(guild_id, entries[-1].s)

    def _catch_up(self, guild_id: int, sure: Sight, entries: Iterable[Entry]) -> None:
        place, knows = self._guilds[guild_id], self._knows[guild_id]
        assert place.view is not None
        layout = place.view.layout
        sees = place.sees(self._viewer.user_id, self._members[guild_id].standing)
        created = {
            entry.header.route.channel_id
            for entry in entries
            if entry.header.name == _CREATED and entry.header.route.guild_id == guild_id
        }
        lost = knows & layout.rooms.keys() - sees
        gained = sees - sure - created
        self._tell_parted(frozenset(lost), entries)
        knows -= lost
        knows |= gained
        self._news |= gained
        if self._viewer.intents & Intent.GUILDS:
            for _, room in layout.ordered(lost):
                tell(self._viewer, self._s, "CHANNEL_DELETE", room.veiled())
            for _, room in layout.ordered(gained):
                tell(self._viewer, self._s, "CHANNEL_CREATE", room.body)
        last = place.past.doubted_at(self._s)
        self._tell_voices(place, frozenset(knows if last is None else gained | (last & knows)))
        if gained or self._doubts_threads(guild_id, entries):
            self._synced.add(guild_id)
            self._sync_threads(guild_id, self._s)

    def _tell_voices(self, place: GuildPlace, rooms: Sight) -> None:
        """Who is in voice there now."""
        if place.view is None or not self._viewer.intents & Intent.GUILD_VOICE_STATES:
            return
        for body in (body for room in rooms for body in place.view.voices.within(room)):
            tell(self._viewer, self._s, "VOICE_STATE_UPDATE", body)

    def _doubts_threads(self, guild_id: int, entries: Iterable[Entry]) -> bool:
        """Whether nobody can tell which threads the client knows: what changes that is told behind
        its cause, under the same number.
        """
        past, user_id = self._guilds[guild_id].past, self._viewer.user_id
        return (
            self._is_ahead
            or past.may_have_moved(self._s)
            or any(_moves(entry, user_id) for entry in entries)
        )

    def _sync_threads(self, guild_id: int, s: int) -> None:
        """All that are seen now are told."""
        view = self._guilds[guild_id].view
        party = self._guilds[guild_id].crowd.find(self._viewer.user_id)
        is_wanted = self._viewer.intents & Intent.GUILDS
        if view is not None and party is not None and view.threads.were_any and is_wanted:
            seen = view.threads_seen(self._members[guild_id])
            body = threads.sync(guild_id, None, seen, party.joined)
            tell(self._viewer, s, "THREAD_LIST_SYNC", body)

    def _tell_parted(self, lost: Sight, entries: Iterable[Entry]) -> None:
        """Who may have been known to be in voice where the client sees nothing any more."""
        if not self._viewer.intents & Intent.GUILD_VOICE_STATES:
            return
        told: dict[int, bytes] = {}
        for entry in entries:
            route = entry.header.route
            if entry.header.name == _VOICE and lost & {route.channel_id or 0, route.left_id or 0}:
                told[route.user_id or 0] = parting(entry.body)
        for place in self._guilds.values():
            assert place.view is not None
            for body in (body for room in lost for body in place.view.voices.within(room)):
                told[int(orjson.loads(body)["user_id"])] = parting(body)
        for body in told.values():
            tell(self._viewer, self._s, "VOICE_STATE_UPDATE", body)

    def _join(self, entry: Entry) -> None:
        guild_id = entry.header.route.guild_id or 0
        place, member = self._guilds[guild_id], self._members[guild_id]
        self._knows[guild_id] = set(place.sees(self._viewer.user_id, member.standing))
        if self._viewer.intents & Intent.GUILDS:
            is_new = guild_id not in self._viewer.unavailable
            tell_guild(self._viewer, place, member, s=entry.s, is_new=is_new)
        if guild_id in self._viewer.unavailable:
            self._viewer.unavailable[guild_id] = entry.s

    def _may_see(self, entry: Entry) -> bool:
        event = REGISTRY.get(entry.header.name)
        if event is None or event.dispatch is None:
            return False
        if entry.header.name == LEFT or not entry.topic.startswith("guild:"):
            return UserPlace.lets_see(self._viewer, event, entry)
        return self._may_see_in_guild(event, entry)

    def _may_see_in_guild(self, event: type[Event], entry: Entry) -> bool:
        name, route = entry.header.name, entry.header.route
        knows = self._knows.setdefault(route.guild_id or 0, set())
        channel_id = route.room_id or 0
        if name == _DELETED:
            is_known = channel_id in knows
            knows.discard(channel_id)
            return is_known and self._viewer.wants(event, in_guild=True)
        place = self._hub.atlas.guild_at(route.guild_id or 0)
        if place is None or not place.lets_see(self._viewer, entry):
            return False
        if name == _CREATED:
            knows.add(channel_id)
        elif event.needs and channel_id and channel_id not in knows:
            return False
        if channel_id not in self._news:
            return True
        # It was told as it is now; and what was said before somebody came in is history.
        is_history = event.has_content
        return name != _UPDATED and (
            not is_history or place.may(self._viewer, channel_id, _HISTORY)
        )

    def _clear_voices(self, deleted: Entry, entries: Iterable[Entry]) -> None:
        """A channel went, and with it whoever was in voice there: told below the deletion, as who
        has got only this resumes before it.
        """
        if not self._viewer.intents & Intent.GUILD_VOICE_STATES:
            return
        guild_id, channel_id = (deleted.header.route.guild_id or 0), deleted.header.route.channel_id
        place = self._guilds.get(guild_id)
        if place is None or place.view is None or channel_id is None:
            return
        left = (
            entry.body
            for entry in entries
            if entry.header.name == _VOICE and entry.header.route.left_id == channel_id
            if entry.s > deleted.s
        )
        there = (*place.past.voices_in(channel_id), *place.view.voices.within(channel_id), *left)
        for body in {orjson.loads(body)["user_id"]: parting(body) for body in there}.values():
            tell(self._viewer, deleted.s - 1, "VOICE_STATE_UPDATE", body)

    def _sees_leave(self, entry: Entry) -> bool:
        """Whether somebody went out of voice as far as this client sees it."""
        route = entry.header.route
        if entry.header.name != _VOICE or not self._viewer.intents & Intent.GUILD_VOICE_STATES:
            return False
        seen = self._knows.get(route.guild_id or 0, set())
        return not seen.isdisjoint({route.left_id, route.channel_id})

    def _push(self, entry: Entry, body: bytes) -> None:
        name = REGISTRY[entry.header.name].dispatch
        assert name is not None
        frames = Frames(entry.s, name, body)
        if _is_withheld(self._viewer, entry):
            frames = frames.bare
        self._viewer.push_frame(frames.of(self._viewer.encoding))

    def _body(self, entry: Entry) -> bytes:
        place = self._guilds.get(entry.header.route.guild_id or 0)
        if entry.header.name != _UPDATED or place is None or place.view is None:
            return entry.body
        # community_service does not know which message is the newest.
        room = place.view.layout.rooms.get(entry.header.route.channel_id or 0)
        return room.body if room is not None else entry.body


def _is_withheld(viewer: Viewer, entry: Entry) -> bool:
    route = entry.header.route
    return (
        REGISTRY[entry.header.name].has_content
        and viewer.hides_content
        and route.guild_id is not None
        and viewer.user_id != route.author_id
        and viewer.user_id not in route.mentions
    )
