"""After events were lost: what chat_service says of somebody's unread messages counts, and not what
was heard. Of messages that were missed nobody is told any more, but they are on the badge.
"""

from __future__ import annotations

from collections.abc import Sequence

from contracts.errors import NotFound
from contracts.identity import NOBODY
from contracts.ids import Snowflake, UserId
from contracts.objects.reading import ReadState
from contracts.rpc.chat import Arriving, GetArrivals, Reader
from notification_service import store
from notification_service.actions import reading
from notification_service.crowd import Crowd
from notification_service.domain import notices
from notification_service.domain.notices import Unread
from notification_service.domain.seeing import Sight
from notification_service.tools import Units


async def recount(units: Units, crowd: Crowd, user_ids: Sequence[int]) -> None:
    """Let the badges of these people be what READY says."""
    readers = tuple(_reader(crowd, one) for one in user_ids)
    for each in (await units.tools.calls.ask(GetArrivals(readers=readers))).people:
        places: dict[int, int | None] = {int(talk["id"]): None for talk in each.channels}
        await _correct(units, each, places | await _seen(units, crowd, int(each.user_id)))


def _reader(crowd: Crowd, user_id: int) -> Reader:
    aliases = tuple(
        (Snowflake(alias), int(member.joined_at.timestamp() * 1_000))
        for guild_id, member in crowd.memberships(user_id).items()
        for alias in (guild_id, *member.roles)
    )
    return Reader(user_id=UserId(user_id), mentioned_as=aliases)


async def _correct(units: Units, who: Arriving, places: dict[int, int | None]) -> None:
    user_id, states = int(who.user_id), [ReadState.model_validate(one) for one in who.read]
    marks = [
        (user_id, notices.of_channel(int(state.id)), int(state.last_message_id))
        for state in states
        if state.last_message_id is not None
    ]
    unread = [
        Unread(
            channel_id=int(state.id),
            guild_id=places[int(state.id)],
            count=state.mention_count,
            read_to=int(state.last_message_id or 0),
        )
        for state in states
        if state.mention_count and int(state.id) in places
    ]
    async with units.open(NOBODY) as unit:
        if marks:
            await reading.read(unit, reading.folded(marks), is_active=False)
        await store.notices.recount(unit, user_id, unread)


async def _seen(units: Units, crowd: Crowd, user_id: int) -> dict[int, int | None]:
    """The channels of communities that somebody sees now, and whose they are."""
    found: dict[int, int | None] = {}
    for guild_id, member in crowd.memberships(user_id).items():
        try:
            facts = await crowd.facts.get(guild_id)
        except NotFound:
            continue
        now = units.tools.clock.now()
        for channel_id in map(int, facts.channels):
            if Sight(facts, channel_id, now).of(user_id, member):
                found[channel_id] = guild_id
    return found
