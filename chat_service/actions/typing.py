"""Somebody types: told at once, stored nowhere, and not oftener than it can be seen."""

from __future__ import annotations

from chat_service.actions import conversations, messages
from chat_service.actions.chat import Chat
from chat_service.actions.venues import enter
from contracts.events.typing import TypingStart
from contracts.identity import Identity
from contracts.ids import UserId

_EVERY_S = 3.0
"""Clients show it for ten seconds."""
_MOST = 20_000


class Typing:
    """Remembers who was told to be typing a moment ago."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._told: dict[tuple[int, int], float] = {}

    async def start(self, actor: Identity, channel_id: int) -> None:
        """Tell everybody there, whoever may write there."""
        chat = self._chat
        venue = await enter(chat, actor, channel_id, needs=messages.SENDING)
        await conversations.welcomed(chat, venue)
        key, now = (channel_id, int(actor.user_id)), chat.clock.monotonic()
        if now - self._told.get(key, -_EVERY_S) < _EVERY_S:
            return
        if len(self._told) >= _MOST:
            self._told.clear()
        self._told[key] = now
        event = TypingStart(
            channel_id=venue.channel_id,
            guild_id=venue.guild_id,
            user_id=UserId(actor.user_id),
            timestamp=chat.clock.now_ms() // 1000,
            member=venue.member,
        )
        for topic in venue.heard_on:
            number = chat.outbox.next_id()
            record = event.record(number, inside=venue.heard_on.inside)
            chat.bus.publish(topic, record, number, ephemeral=True)
