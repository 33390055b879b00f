"""The payloads that are made for one session alone: READY and GUILD_CREATE. All synchronous:
whoever tells goes live in the same breath. What a session missed is told by missed.py.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from contracts.intents import Intent
from contracts.wire import JSON
from gateway.live.arrival import Arrival
from gateway.live.codec import Piece, dispatch_head, dispatch_payload
from gateway.live.oneself import Oneself
from gateway.live.places import GuildPlace
from gateway.live.viewer import Viewer

_ALSO: JSON = {
    "session_type": "normal",
    "guild_join_requests": [],
    "geo_ordered_rtc_regions": [],
    "_trace": [],
}
_ALSO_TO_PEOPLE: JSON = {
    "analytics_token": "",
    "api_code_version": 1,
    "auth_session_id_hash": "",
    "connected_accounts": [],
    "consents": {"personalization": {"consented": False}},
    "country_code": "",
    "experiments": [],
    "friend_suggestion_count": 0,
    "guild_experiments": [],
    "notes": {},
    "notification_settings": {"flags": 0},
    "tutorial": None,
}
"""What clients of people look for and nobody here needs to know."""

_PRESENCES = int(Intent.GUILD_PRESENCES)


def ready(viewer: Viewer, arrival: Arrival, resume_url: str) -> bytes:
    """The `d` of READY."""
    me, named = arrival.me, (*viewer.guilds, *sorted(viewer.unavailable))
    d: JSON = {
        "v": viewer.version,
        "user": me.user,
        "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in named],
        "session_id": viewer.session_id,
        "resume_gateway_url": resume_url,
        "private_channels": [],
        "relationships": [],
        "presences": [],
        **_ALSO,
    }
    if me.application is not None:
        d["application"] = {"id": str(int(me.application.id)), "flags": me.application.flags}
    if viewer.shard is not None:
        d["shard"] = list(viewer.shard)
    if arrival.personal is not None:
        d |= _ALSO_TO_PEOPLE | arrival.personal.tell(_visible(arrival))
        mine = (arrival.members[guild_id] for guild_id in named)
        d["merged_members"] = [[{**m.shape, "user_id": str(m.user_id)}] for m in mine]
        d["sessions"] = [session(viewer)]
    return orjson.dumps(d)


def session(viewer: Viewer) -> JSON:
    """One session, as its person sees it: an OwnSession, written out as every READY has one."""
    seat = viewer.seat()
    return {
        "session_id": seat.session_id,
        "status": seat.status.value,
        "activities": seat.activities,
        "active": True,
        "client_info": {"client": seat.platform, "os": "", "version": 0},
    }


def _visible(arrival: Arrival) -> set[int]:
    visible: set[int] = set()
    for guild_id, member in arrival.members.items():
        place = arrival.guilds.get(guild_id)
        if place is not None and place.view is not None:
            visible |= place.sees(member.user_id, member.standing)
            visible.update(thread.id for thread in place.view.threads_seen(member))
    return visible


def tell_guild(viewer: Viewer, guild: GuildPlace, member: Oneself, *, s: int, is_new: bool) -> None:
    """GUILD_CREATE. `unavailable` is said of a guild that READY named, never of a new one: bots
    tell by it whether they were just invited.
    """
    assert guild.view is not None
    presences = bool(viewer.intents & _PRESENCES)
    party = guild.crowd.find(viewer.user_id)
    joined = party.joined if party is not None else {}
    body = guild.view.create(member, presences=presences, joined=joined)
    end = b"}}" if is_new else b',"unavailable":false}}'
    viewer.push_pieces([Piece(dispatch_head(s, "GUILD_CREATE")), *body, Piece(end)])


def tell_outages(viewer: Viewer, guilds: Iterable[int]) -> None:
    """GUILD_DELETE of guilds that READY named and nobody can show now: clients await no more."""
    for guild_id in sorted(guilds) if viewer.intents & Intent.GUILDS else ():
        d: JSON = {"id": str(guild_id), "unavailable": True}
        tell(viewer, viewer.high, "GUILD_DELETE", orjson.dumps(d))


def tell(viewer: Viewer, s: int, t: str, d: bytes) -> None:
    """One dispatch for this session alone."""
    viewer.push(dispatch_payload(s, t, d))
