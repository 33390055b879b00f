"""The payloads that are made for one session alone: READY, GUILD_CREATE, RESUMED, and the events it
missed. All synchronous: whoever tells goes live in the same breath.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import orjson

from contracts.events.base import REGISTRY
from contracts.identity import Kind
from contracts.intents import Intent
from contracts.objects.member import Member
from contracts.rpc.users import Self
from contracts.wire import JSON
from gateway.live.codec import Frames, Piece, dispatch_head, dispatch_payload
from gateway.live.hub import Hub
from gateway.live.places import GuildPlace, UserPlace
from gateway.live.replay import JOINED, LEFT, Entry
from gateway.live.viewer import Viewer

_NOBODY_READS: JSON = {"version": 0, "partial": False, "entries": []}


def ready(viewer: Viewer, me: Self, guild_ids: Iterable[int], resume_url: str) -> bytes:
    """The `d` of READY."""
    d: JSON = {
        "v": viewer.version,
        "user": me.user.dump(),
        "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
        "session_id": viewer.session_id,
        "resume_gateway_url": resume_url,
        "session_type": "normal",
        "private_channels": [],
        "relationships": [],
        "presences": [],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "_trace": [],
    }
    if me.application is not None:
        d["application"] = {"id": str(int(me.application.id)), "flags": me.application.flags}
    if viewer.shard is not None:
        d["shard"] = list(viewer.shard)
    if viewer.kind is Kind.USER:
        d["user_settings"] = {"locale": me.user.locale, "status": viewer.shown.status}
        d["read_state"] = d["user_guild_settings"] = _NOBODY_READS
    return orjson.dumps(d)


def tell_guild(
    viewer: Viewer, guild: GuildPlace, member: Member, *, s: int, now: datetime, is_new: bool
) -> None:
    """GUILD_CREATE. `unavailable` is said of a guild that READY named, never of a new one: bots
    tell by it whether they were just invited.
    """
    assert guild.view is not None
    presences = bool(viewer.intents & Intent.GUILD_PRESENCES)
    body = guild.view.create(member, now, presences=presences)
    end = b"}}" if is_new else b',"unavailable":false}}'
    viewer.push_pieces([Piece(dispatch_head(s, "GUILD_CREATE")), *body, Piece(end)])


def tell_missed(
    hub: Hub,
    viewer: Viewer,
    entries: Iterable[Entry],
    guilds: Mapping[int, GuildPlace],
    members: Mapping[int, Member],
) -> None:
    """Everything that happened meanwhile, as far as the session may see it now."""
    for entry in entries:
        route = entry.header.route
        if entry.header.name == JOINED:
            guild_id = route.guild_id or 0
            if viewer.intents & Intent.GUILDS:
                place, member = guilds[guild_id], members[guild_id]
                tell_guild(viewer, place, member, s=entry.s, now=hub.atlas.now(), is_new=True)
        elif _may_see(hub, viewer, entry):
            name = REGISTRY[entry.header.name].dispatch
            assert name is not None
            frames = Frames(entry.s, name, entry.body)
            if _is_withheld(viewer, entry):
                frames = frames.bare
            viewer.push_frame(frames.of(viewer.encoding))


def tell(viewer: Viewer, s: int, t: str, d: bytes) -> None:
    """One dispatch for this session alone."""
    viewer.push(dispatch_payload(s, t, d))


def _may_see(hub: Hub, viewer: Viewer, entry: Entry) -> bool:
    event = REGISTRY.get(entry.header.name)
    if event is None or event.dispatch is None:
        return False
    if entry.header.name == LEFT or not entry.topic.startswith("guild:"):
        return UserPlace.lets_see(viewer, event, entry)
    place = hub.atlas.guild_at(entry.header.route.guild_id or 0)
    return place is not None and place.lets_see(viewer, entry)


def _is_withheld(viewer: Viewer, entry: Entry) -> bool:
    route = entry.header.route
    return (
        REGISTRY[entry.header.name].has_content
        and viewer.hides_content
        and route.guild_id is not None
        and viewer.user_id != route.author_id
        and viewer.user_id not in route.mentions
    )
