"""Names and topics as clients may send them."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from contracts import limits
from contracts.wire import KEPT, Text

GuildName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=limits.GUILD_NAME_MIN,
        max_length=limits.GUILD_NAME_MAX,
    ),
    KEPT,
]
ChannelName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=limits.CHANNEL_NAME_MAX),
    KEPT,
]
Topic = Annotated[Text, StringConstraints(max_length=limits.CHANNEL_TOPIC_MAX)]
