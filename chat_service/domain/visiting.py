"""Who was in a voice channel: visits told as people, and as a table. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from chat_service.domain.attendance import table
from contracts.objects.recording import Visit, Visitor
from contracts.objects.user import User
from contracts.wire import timestamp

_HEADINGS = ("user_id", "username", "name", "since", "until", "seconds", "spoke_seconds")


class Stay(NamedTuple):
    """One visit."""

    user_id: int
    began: datetime
    ended: datetime
    spoke_ms: int


def people(
    stays: Sequence[Stay], faces: Mapping[int, User], since: datetime, until: datetime
) -> tuple[Visitor, ...]:
    """Each person once, the first first; what lies outside of the time is cut off."""
    whose: defaultdict[int, list[Visit]] = defaultdict(list)
    for one in stays:
        begin, end = max(one.began, since), min(one.ended, until)
        visit = Visit(since=begin, until=max(begin, end), spoke_seconds=one.spoke_ms / 1000)
        whose[one.user_id].append(visit)
    return tuple(
        Visitor(
            user=faces[user_id],
            since=found[0].since,
            until=max(one.until for one in found),
            seconds=round(sum((one.until - one.since).total_seconds() for one in found), 3),
            spoke_seconds=round(sum(one.spoke_seconds for one in found), 3),
            visits=tuple(found),
        )
        for user_id, found in whose.items()
    )


def sheet(found: Sequence[Visitor]) -> bytes:
    """A row a visit, as spreadsheets open it."""
    rows = [
        (
            *(str(int(one.user.id)), one.user.username, one.user.global_name or ""),
            *(timestamp(each.since), timestamp(each.until)),
            str(round((each.until - each.since).total_seconds(), 3)),
            str(each.spoke_seconds),
        )
        for one in found
        for each in one.visits
    ]
    return table(_HEADINGS, rows)
