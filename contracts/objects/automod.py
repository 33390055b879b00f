"""Rules of automatic moderation: what triggers them, and what is done then."""

from __future__ import annotations

from enum import IntEnum

from pydantic import Field

from contracts.ids import ChannelId, GuildId, RoleId, Snowflake, UserId
from contracts.wire import JSON, Wire


class Trigger(IntEnum):
    """What a rule looks for."""

    KEYWORD = 1
    SPAM = 3
    KEYWORD_PRESET = 4
    MENTION_SPAM = 5
    MEMBER_PROFILE = 6


class Preset(IntEnum):
    """Lists of words that the house brings along."""

    PROFANITY = 1
    SEXUAL_CONTENT = 2
    SLURS = 3


class ActionType(IntEnum):
    """What a rule does."""

    BLOCK_MESSAGE = 1
    SEND_ALERT_MESSAGE = 2
    TIMEOUT = 3
    BLOCK_MEMBER_INTERACTION = 4
    """Leave somebody nothing but reading, until they call themselves otherwise."""


def event_of(trigger: Trigger) -> int:
    """What a rule listens to: messages (1), or what members call themselves (2)."""
    return 2 if trigger is Trigger.MEMBER_PROFILE else 1


class AutoModAction(Wire):
    """One thing that a rule does. `metadata` is never null."""

    type: ActionType
    metadata: JSON = Field(default_factory=dict)

    @property
    def custom_message(self) -> str | None:
        """What is said to those who are stopped."""
        said: str | None = self.metadata.get("custom_message")
        return said

    @property
    def channel_id(self) -> int:
        """Where alerts go."""
        return int(self.metadata["channel_id"])

    @property
    def seconds(self) -> int:
        """How long somebody is silenced."""
        return int(self.metadata["duration_seconds"])


class AutoModRule(Wire):
    """A rule of a guild."""

    id: Snowflake
    guild_id: GuildId
    creator_id: UserId
    name: str
    event_type: int = 1
    trigger_type: Trigger
    trigger_metadata: JSON
    actions: tuple[AutoModAction, ...]
    enabled: bool
    exempt_roles: tuple[RoleId, ...] = ()
    exempt_channels: tuple[ChannelId, ...] = ()

    @property
    def is_about_messages(self) -> bool:
        """Not about what somebody calls themselves."""
        return self.trigger_type is not Trigger.MEMBER_PROFILE
