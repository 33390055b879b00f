"""Events that are for some only: what happens in private threads, what is told to one person, and
who comes and goes in a large guild. An event names who hears it; who governs threads in the channel
hears beside them. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from contracts.events.base import Event, Route
from contracts.events.member import MemberUpdate
from contracts.events.presence import PresenceUpdate
from contracts.intents import Intent
from gateway.live.audience import Audience
from gateway.live.crowd import Crowd
from gateway.live.layout import Layout
from gateway.live.viewer import ANYBODY, Viewer, bits_of

_GUILDS = int(Intent.GUILDS)


def is_for_bots(event: type[Event], *, is_large: bool) -> bool:
    """Whether people are not told: in a large guild they see who is here where they look (see
    listing.py), as two thousand who come would else be told of two thousand each.
    """
    return is_large and event is PresenceUpdate


def bots(crowd: Crowd, event: type[Event]) -> Audience:
    """The bots that want it."""
    viewers = (viewer for party in crowd.bots.values() for viewer in party.viewers)
    return Audience(viewer for viewer in viewers if viewer.wants(event, in_guild=True))


def may_hear(crowd: Crowd, layout: Layout, user_id: int, event: type[Event], route: Route) -> bool:
    """Whether a member who sees the channel may hear of it."""
    if route.hearers is None or user_id in route.hearers:
        return True
    party = crowd.find(user_id)
    if event.is_alone or party is None:
        return False
    return layout.governs(user_id, party.standing.roles, route.room_id or 0)


def audience(
    crowd: Crowd,
    event: type[Event],
    route: Route,
    governors: Callable[[int], Sequence[Viewer]],
) -> Audience:
    """Everybody who hears it."""
    room_id, bits = route.room_id or 0, bits_of(event, in_guild=True)
    viewers = [
        viewer
        for user_id in dict.fromkeys(route.hearers or ())
        if (party := crowd.find(user_id)) and room_id in party.rank.sees
        for viewer in party.viewers
    ]
    if not event.is_alone:
        viewers += (one for one in governors(room_id) if one not in viewers)
    wanted = (one for one in viewers if bits == ANYBODY or one.intents & bits)
    return Audience(wanted, has_content=event.has_content)


def governing(crowd: Crowd, layout: Layout, room_id: int) -> Iterable[Viewer]:
    """Who governs threads in a channel."""
    return (
        viewer
        for rank in crowd.ranks
        if room_id in rank.sees and layout.governs(rank.special, rank.roles, room_id)
        for viewer in rank.viewers
    )


def concerned(crowd: Crowd, event: type[Event], route: Route) -> Audience | None:
    """Those who have it whatever their intents: one's own roles, and coming into threads."""
    if event is not MemberUpdate and not event.concerns_mentioned:
        return None
    parties = (crowd.find(user_id) for user_id in (route.user_id, *route.mentions))
    viewers = (viewer for party in parties if party is not None for viewer in party.viewers)
    rest = (viewer for viewer in viewers if not viewer.wants(event, in_guild=True))
    return Audience(viewer for viewer in rest if concerns(event, route, viewer))


def concerns(event: type[Event], route: Route, viewer: Viewer) -> bool:
    """Whether an event is told to somebody whatever their intents."""
    if event.concerns_mentioned:
        return viewer.user_id in route.mentions and bool(viewer.intents & _GUILDS)
    return event is MemberUpdate and route.user_id == viewer.user_id
