"""Who is in voice is noted while they are there, and organisers learn who was, for how long, and
how long they spoke.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from chat_service import store
from chat_service.actions.chat import Chat
from chat_service.actions.venues import enter
from chat_service.domain import visiting
from chat_service.domain.visiting import Stay
from chat_service.people import gone
from chat_service.store.visits import Visit
from contracts import limits
from contracts.errors import ErrorCode, Forbidden
from contracts.identity import NOBODY, Identity
from contracts.objects.channel import ChannelType
from contracts.objects.recording import VoiceAttendance
from contracts.permissions import ORGANISING
from contracts.rpc.chat import NotedVisit
from contracts.wire import from_ms

_SPOKEN = frozenset({ChannelType.VOICE, ChannelType.STAGE})
_SOME = 1_000


async def note(chat: Chat, noted: Sequence[NotedVisit]) -> None:
    """These are, or were, there."""
    found = {
        one.id: Visit(
            channel_id=int(one.channel_id),
            id=int(one.id),
            guild_id=int(one.guild_id),
            user_id=int(one.user_id),
            began=from_ms(one.began_ms),
            ended=from_ms(max(one.began_ms, one.ended_ms)),
            spoke_ms=one.spoke_ms,
        )
        for one in noted
    }
    async with chat.units.open(NOBODY) as unit:
        await store.visits.note(unit, list(found.values()))


async def report(
    chat: Chat, actor: Identity, channel_id: int, since: datetime, until: datetime
) -> VoiceAttendance:
    """Who was there in a time."""
    venue = await enter(chat, actor, channel_id, needs=ORGANISING)
    if venue.channel is None or venue.thread is not None or venue.channel.type not in _SPOKEN:
        raise Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    most = limits.VISITS_REPORTED
    async with chat.units.reading(actor) as unit:
        found = await store.visits.within(unit, channel_id, since, until, most + 1)
    stays = [Stay(one.user_id, one.began, one.ended, one.spoke_ms) for one in found[:most]]
    known = await chat.people.faces({one.user_id for one in stays})
    faces = {one.user_id: known.get(one.user_id) or gone(one.user_id) for one in stays}
    return VoiceAttendance(
        channel_id=venue.channel_id,
        since=since,
        until=until,
        is_cut=len(found) > most,
        people=visiting.people(stays, faces, since, until),
    )


async def forget_old(chat: Chat, days: int) -> bool:
    """Some of what is older than the installation keeps it; False when nothing is left."""
    async with chat.units.open(NOBODY) as unit:
        before = unit.now - timedelta(days=days)
        return await store.visits.forget_before(unit, before, _SOME) == _SOME
