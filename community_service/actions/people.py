"""Public faces of those who are members here: kept beside the members, asked for when missing or
old. Neighbours are never asked while a transaction waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from community_service import store, views
from community_service.actions import profiles
from community_service.domain.people import Person
from community_service.tools import Tools, Unit, Units
from contracts.errors import ErrorCode, NotFound, Unavailable
from contracts.events.member import MemberUpdate
from contracts.identity import NOBODY
from contracts.ids import UserId
from contracts.objects.user import User
from contracts.rpc.users import GetStandings, GetUsers

TOLD_AT_ONCE = 200
"""Communities told in one transaction: all of a person's, a page of a bot's."""


async def face_of(units: Units, user_id: int) -> Person:
    """The face of somebody about to become a member. Unavailable if nobody can tell it now."""
    face = (await faces_of(units, [user_id])).get(user_id)
    if face is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    return face


async def faces_of(units: Units, user_ids: Iterable[int]) -> dict[int, Person]:
    """Fresh faces where user_service can tell, kept ones where it can not."""
    wanted = sorted(set(user_ids))
    async with units.reading(NOBODY) as unit:
        kept = await store.people.by_ids(unit, wanted)
        now = unit.now
    missing = [one for one in wanted if one not in kept]
    life = units.tools.face_life
    stale = [one for one in wanted if one in kept and kept[one].is_stale(now, life)]
    if not missing and not stale:
        return kept
    try:
        fresh = await _ask(units, [*missing, *stale], now)
    except Unavailable:
        if missing:
            raise
        return kept
    return kept | fresh


async def refreshed(units: Units, faces: Iterable[Person], now: datetime) -> dict[int, Person]:
    """Those of the faces that had grown old, as they are now; none while user_service is away."""
    life = units.tools.face_life
    stale = sorted(face.user_id for face in faces if face.is_stale(now, life))
    if not stale:
        return {}
    try:
        return await _ask(units, stale, now)
    except Unavailable:
        return {}


async def are_cut_off(tools: Tools, user_id: int, other_id: int) -> bool:
    """Whether one of two people has blocked the other; taken to be so while nobody can tell."""
    if user_id == other_id:
        return False
    call = GetStandings(user_id=UserId(user_id), other_ids=(UserId(other_id),))
    try:
        standings = (await tools.calls.ask(call)).standings
    except Unavailable:
        return True
    return any(one.is_cut for one in standings)


async def take_in(unit: Unit, user: User, *, after: int = 0) -> int | None:
    """Exchange a kept face, and tell a page of the communities in which it is seen; where the next
    page begins, if there is one. Of several processes that hear of it, one does.
    """
    if not after and not await store.people.exchange(unit, _person(user, unit.now)):
        return None
    seen = await store.members.of_user(unit, user.id, TOLD_AT_ONCE, after=after)
    for before, member in zip(seen, await profiles.judged(unit, seen), strict=True):
        if member != before:
            await store.members.change(unit, member)
        unit.emit(views.event(MemberUpdate, views.member(member), guild_id=member.guild_id))
    return seen[-1].guild_id if len(seen) == TOLD_AT_ONCE else None


async def _ask(units: Units, user_ids: list[int], now: datetime) -> dict[int, Person]:
    call = GetUsers(user_ids=tuple(UserId(one) for one in user_ids))
    users = (await units.tools.calls.ask(call)).users
    fresh = [_person(user, now) for user in users]
    if fresh:
        async with units.open(NOBODY) as unit:
            await store.people.keep(unit, fresh)
    return {face.user_id: face for face in fresh}


def _person(user: User, now: datetime) -> Person:
    return Person(
        user_id=int(user.id),
        username=user.username,
        discriminator=user.discriminator,
        global_name=user.global_name,
        avatar=user.avatar,
        banner=user.banner,
        accent_color=user.accent_color,
        public_flags=user.public_flags,
        is_bot=bool(user.bot),
        refreshed_at=now,
    )
