"""The payloads that are made for one session alone: READY and GUILD_CREATE. All synchronous:
whoever tells goes live in the same breath. What a session missed is told by missed.py.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from contracts.identity import Kind
from contracts.intents import Intent
from contracts.objects.member import Member
from contracts.rpc.users import Self
from contracts.wire import JSON
from gateway.live.codec import Piece, dispatch_head, dispatch_payload
from gateway.live.places import GuildPlace
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


def tell_guild(viewer: Viewer, guild: GuildPlace, member: Member, *, s: int, is_new: bool) -> None:
    """GUILD_CREATE. `unavailable` is said of a guild that READY named, never of a new one: bots
    tell by it whether they were just invited.
    """
    assert guild.view is not None
    presences = bool(viewer.intents & Intent.GUILD_PRESENCES)
    body = guild.view.create(member, presences=presences)
    end = b"}}" if is_new else b',"unavailable":false}}'
    viewer.push_pieces([Piece(dispatch_head(s, "GUILD_CREATE")), *body, Piece(end)])


def tell(viewer: Viewer, s: int, t: str, d: bytes) -> None:
    """One dispatch for this session alone."""
    viewer.push(dispatch_payload(s, t, d))
