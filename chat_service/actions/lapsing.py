"""Interactions end: nobody answered in time, or it is long enough ago."""

from __future__ import annotations

from chat_service import store
from chat_service.actions.chat import Chat
from contracts import topics
from contracts.events.interaction import InteractionFailure
from contracts.identity import NOBODY
from contracts.ids import InteractionId
from contracts.objects.interaction import InteractionType


async def fail_some(chat: Chat) -> bool:
    """Tell some of those who wait in vain; whether there were any. Whoever types waits for
    nothing.
    """
    async with chat.units.open(NOBODY) as unit:
        failed = await store.interactions.fail_late(unit, chat.patience)
        for one in failed:
            if one.type is not InteractionType.AUTOCOMPLETE:
                told = InteractionFailure(id=InteractionId(one.id), nonce=one.nonce)
                unit.emit(told, to=(topics.user(one.user_id),))
    return bool(failed)


async def forget_some(chat: Chat) -> bool:
    """Forget some of what is over; whether there may be more."""
    async with chat.units.open(NOBODY) as unit:
        return await store.interactions.forget_some(unit)
