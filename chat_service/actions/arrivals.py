"""What people who arrive are told of talk: their conversations, how far they have read, and the
threads they are in. However many arrive together, each is one question to the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chat_service.actions import conversations, reading, thread_lists
from chat_service.actions.chat import Chat
from contracts.rpc.chat import Arriving, Reader
from contracts.wire import JSON, Wire


async def of(chat: Chat, readers: Sequence[Reader]) -> list[Arriving]:
    """One for each."""
    people = [reader for reader in readers if reader.is_person]
    channels = await conversations.listed_for(chat, [int(one.user_id) for one in people])
    states = await reading.states(chat, people) if people else {}
    threads = await thread_lists.memberships(chat, [int(one.user_id) for one in readers])
    return [
        Arriving(
            user_id=one.user_id,
            channels=_dumped(channels.get(one.user_id, ())),
            read=_dumped(states.get(one.user_id, ())),
            threads=_dumped(threads.get(one.user_id, ())),
        )
        for one in readers
    ]


def _dumped(shapes: Iterable[Wire]) -> tuple[JSON, ...]:
    return tuple(shape.dump() for shape in shapes)
