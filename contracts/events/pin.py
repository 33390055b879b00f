"""What is pinned in a channel changes."""

from __future__ import annotations

from contracts.events.base import Event
from contracts.events.place import InChannel
from contracts.intents import Intent
from contracts.permissions import Permission
from contracts.wire import Timestamp


class ChannelPinsUpdate(InChannel, Event):
    """A message was pinned or unpinned."""

    dispatch = "CHANNEL_PINS_UPDATE"
    intent = Intent.GUILDS | Intent.DIRECT_MESSAGES
    needs = Permission.VIEW_CHANNEL

    last_pin_timestamp: Timestamp | None = None
