"""Who is mentioned where."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.dialects.postgresql import insert

from chat_service.store.messages import Message
from chat_service.tables import mentioned, mentions
from chat_service.tools import Unit


async def add(unit: Unit, message: Message, targets: Iterable[int]) -> None:
    """A message mentions these: people, roles, or (@everyone) the guild."""
    each = sorted(set(targets))
    if not each:
        return
    here = {"channel_id": message.channel_id}
    rows = [
        {**here, "target_id": one, "message_id": message.id, "author_id": message.author_id}
        for one in each
    ]
    await unit.run(insert(mentions).on_conflict_do_nothing(), rows)
    newest = insert(mentioned)
    await unit.run(
        newest.on_conflict_do_update(
            index_elements=["target_id", "channel_id"],
            set_={"last_message_id": newest.excluded.last_message_id},
        ),
        [{**here, "target_id": one, "last_message_id": message.id} for one in each],
    )
