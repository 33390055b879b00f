"""A poll is asked, as part of a message."""

from __future__ import annotations

from chat_service.actions import reactions
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain.emojis import Emoji
from chat_service.domain.polls import Asked, Ballot
from contracts.permissions import Permission


async def asked(chat: Chat, venue: Venue, poll: Asked) -> Ballot:
    """The poll as it is going to be sent."""
    venue.require(Permission.SEND_POLLS)
    emojis: list[Emoji | None] = []
    for answer in poll.answers:
        emoji = answer.emoji
        emojis.append(emoji and await reactions.usable(chat, venue, emoji))
    return poll.ballot(chat.clock.now(), emojis)
