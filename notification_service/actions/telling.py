"""Whom something is told: who is concerned by what this process knows, then how they are right now,
five hundred at a time, then one statement for those.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chassis.logs import logger
from contracts.errors import DomainError
from contracts.ids import UserId
from contracts.rpc.presence import Attention, GetAttention
from notification_service import store
from notification_service.crowd import AT_ONCE, Crowd
from notification_service.domain import notices
from notification_service.domain.deciding import (
    Circumstances,
    Listener,
    Reason,
    Said,
    Way,
    way_of,
    way_of_news,
)
from notification_service.domain.notices import Entry, News, Recipient
from notification_service.domain.wishes import is_muted
from notification_service.tools import Tools, Unit

log = logger("telling")


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that happened, and whom it may concern for which reason."""

    news: News
    actor_id: int
    listeners: Sequence[tuple[Listener, Reason]]
    said: Said | None = None
    """None: it is no message."""
    not_on_phones: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Moment:
    """What was asked for some people just now."""

    now: datetime
    attentions: Mapping[int, Attention]
    cuts: Mapping[int, Collection[int]]
    """By who acts: who has nothing to do with them."""


Asked = tuple[Concern, Listener, Reason]


async def settled(tools: Tools, crowd: Crowd, concerns: Sequence[Concern]) -> list[list[Entry]]:
    """How each is told, as they are right now: in pieces of at most five hundred."""
    flat = [(concern, *one) for concern in concerns for one in concern.listeners]
    entries: list[Entry] = []
    for start in range(0, len(flat), AT_ONCE):
        some = flat[start : start + AT_ONCE]
        moment = await _look(tools, crowd, some)
        entries += notices.joined(_told(crowd, some, moment))
    # Once more over all: a flood has several pieces for the same people.
    whole = entries if len(flat) <= AT_ONCE else notices.rejoined(entries)
    return [whole[start : start + AT_ONCE] for start in range(0, len(whole), AT_ONCE)]


async def tell(unit: Unit, entries: Sequence[Entry]) -> None:
    """Write five hundred notices at most, and their lines in the history: one statement."""
    await store.notices.put(unit, entries, unit.tools.policy.pace)


def _told(crowd: Crowd, some: Iterable[Asked], moment: Moment) -> Iterable[tuple[News, Recipient]]:
    for concern, listener, reason in some:
        way = _way(crowd, (concern, listener, reason), moment)
        if way is not Way.NOT:
            user_id = listener.user_id
            is_web_only = user_id in concern.not_on_phones
            yield concern.news, Recipient(user_id, reason, way, is_web_only=is_web_only)


def _way(crowd: Crowd, asked: Asked, moment: Moment) -> Way:
    concern, listener, reason = asked
    person = crowd.people.get(listener.user_id)
    if person is None:
        return Way.NOT
    here = moment.attentions.get(listener.user_id)
    circumstances = Circumstances(
        is_cut=listener.user_id in moment.cuts[concern.actor_id],
        is_looking=here is not None and concern.news.channel_id in here.focus,
        is_active=here is not None and here.is_active,
        is_dnd=person.is_dnd or (here is not None and here.is_dnd),
        is_muted=is_muted(listener.wish, moment.now, concern.news.channel_id),
    )
    if concern.said is None:
        return way_of_news(reason, circumstances)
    return way_of(concern.said, listener, circumstances, moment.now)


async def _look(tools: Tools, crowd: Crowd, some: Sequence[Asked]) -> Moment:
    by_actor: dict[int, list[int]] = {}
    for concern, listener, _ in some:
        by_actor.setdefault(concern.actor_id, []).append(listener.user_id)
    cuts = {actor: await crowd.cut(actor, others) for actor, others in by_actor.items()}
    attentions = await _attentions(tools, {listener.user_id for _, listener, _ in some})
    return Moment(tools.clock.now(), attentions, cuts)


async def _attentions(tools: Tools, user_ids: Collection[int]) -> dict[int, Attention]:
    """Where their eyes are. While nobody can tell, they are taken to be away: a push too many is
    better than none.
    """
    asked = GetAttention(user_ids=tuple(UserId(one) for one in sorted(user_ids)))
    try:
        found = await tools.calls.ask(asked)
    except DomainError as error:
        log.warning("attention.unknown", reason=str(error))
        return {}
    return {int(one.user_id): one for one in found.attentions}
