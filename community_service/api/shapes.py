"""What several doors accept: names, topics, overwrites."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from contracts import limits
from contracts.ids import Snowflake
from contracts.objects.channel import ChannelOverwrite, OverwriteType
from contracts.wire import KEPT, Bits, Form, Text

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
Topic = Annotated[Text, StringConstraints(max_length=limits.FORUM_TOPIC_MAX)]


class OverwriteForm(Form):
    """What to grant and take; libraries send numbers, strings and nulls."""

    id: Snowflake
    type: OverwriteType | None = None
    allow: Bits | None = None
    deny: Bits | None = None

    def overwrite(self) -> ChannelOverwrite:
        """The same, without nulls."""
        return ChannelOverwrite(
            id=self.id,
            type=self.type or OverwriteType.ROLE,
            allow=self.allow or 0,
            deny=self.deny or 0,
        )


Overwrites = Annotated[tuple[OverwriteForm, ...], Field(max_length=limits.OVERWRITES_PER_CHANNEL)]
