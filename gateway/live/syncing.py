"""Who sees other threads than before is told all that they see in the channels concerned: those who
gained sight of a channel, and those who began or ceased to govern private threads. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from contracts.events.channel import ChannelUpdate
from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberUpdate
from contracts.events.role import RoleDelete, RoleUpdate
from contracts.events.thread import ThreadMembersUpdate
from contracts.intents import Intent
from gateway.live import threads
from gateway.live.audience import Audience
from gateway.live.codec import Frames
from gateway.live.crowd import Crowd, Move, Party
from gateway.live.guild_view import GuildView
from gateway.live.layout import Sight
from gateway.live.replay import Entry
from gateway.live.viewer import Viewer

_MEMBER = MemberUpdate.__name__
_MOVING = frozenset(
    event.__name__ for event in (ChannelUpdate, GuildUpdate, MemberUpdate, RoleDelete, RoleUpdate)
)
_GUILDS = int(Intent.GUILDS)

Governing = Mapping[int, Sight]
"""Channels with private threads that somebody governs, by person."""
Send = Callable[[Audience, Frames], None]


def governing(view: GuildView, crowd: Crowd, entry: Entry) -> Governing:
    """Who governs what just before an event that may change it; nothing before any other."""
    if entry.header.name not in _MOVING:
        return {}
    closed = view.threads.closed_rooms
    if not closed:
        return {}
    parties: Iterable[Party] = crowd
    if entry.header.name == _MEMBER:
        party = crowd.find(entry.header.route.user_id)
        parties = () if party is None else (party,)
    return {party.user_id: _governed(view, party, closed) for party in parties}


def follow(crowd: Crowd, entry: Entry) -> None:
    """Somebody here came into a thread or left it."""
    route = entry.header.route
    if entry.header.name == ThreadMembersUpdate.__name__:
        for user_id in route.mentions:
            if (party := crowd.find(user_id)) is not None:
                threads.moved(party.joined, user_id, route.channel_id or 0, entry.body)


def tell(
    view: GuildView,
    crowd: Crowd,
    s: int,
    moved: Mapping[Viewer, Move],
    before: Governing,
    send: Send,
) -> None:
    """Tell everybody concerned, behind what is told of channels."""
    rooms: dict[Viewer, Sight] = {viewer: move.gained for viewer, move in moved.items()}
    closed = view.threads.closed_rooms
    for user_id, former in before.items():
        if (party := crowd.find(user_id)) is not None:
            changed = (former ^ _governed(view, party, closed)) & party.rank.sees
            for viewer in party.viewers if changed else ():
                rooms[viewer] = rooms.get(viewer, frozenset()) | changed
    told: dict[tuple[object, ...], list[Viewer]] = {}
    bodies: dict[tuple[object, ...], bytes] = {}
    for viewer, some in rooms.items():
        concerned = view.threads.rooms_among(some) if viewer.intents & _GUILDS else ()
        party = crowd.find(viewer.user_id) if concerned else None
        if party is not None:
            seen = view.threads_of(party.user_id, party.standing.roles, frozenset(concerned))
            is_own = any(one.id in party.joined for one in seen)
            key = (*concerned, *(one.id for one in seen), viewer.user_id if is_own else 0)
            if key not in bodies:
                bodies[key] = threads.sync(view.id, concerned, seen, party.joined)
            told.setdefault(key, []).append(viewer)
    for key, viewers in told.items():
        send(Audience(viewers), Frames(s, "THREAD_LIST_SYNC", bodies[key]))


def _governed(view: GuildView, party: Party, closed: Sight) -> Sight:
    roles = party.standing.roles
    return frozenset(one for one in closed if view.layout.governs(party.user_id, roles, one))
