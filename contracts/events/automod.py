"""Rules of automatic moderation come, change and go, and do what they are for."""

from __future__ import annotations

from typing import ClassVar

from contracts import topics
from contracts.events.base import Event, Route
from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.intents import Intent
from contracts.objects.automod import AutoModAction, AutoModRule, Trigger
from contracts.objects.user import User
from contracts.permissions import Permission


class _RuleEvent(AutoModRule):
    intent: ClassVar[Intent] = Intent.AUTO_MODERATION_CONFIGURATION
    needs: ClassVar[Permission] = Permission.MANAGE_GUILD
    is_fact: ClassVar[bool] = True

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild."""
        return Route(guild_id=self.guild_id)


class AutoModRuleCreate(_RuleEvent, Event):
    """A rule was made."""

    dispatch = "AUTO_MODERATION_RULE_CREATE"


class AutoModRuleUpdate(_RuleEvent, Event):
    """A rule was edited."""

    dispatch = "AUTO_MODERATION_RULE_UPDATE"


class AutoModRuleDelete(_RuleEvent, Event):
    """A rule is gone."""

    dispatch = "AUTO_MODERATION_RULE_DELETE"


class AutoModActionExecution(Event):
    """A rule did something. Told once for each thing that it does."""

    dispatch = "AUTO_MODERATION_ACTION_EXECUTION"
    intent = Intent.AUTO_MODERATION_EXECUTION
    needs = Permission.MANAGE_GUILD
    has_content = True
    omit: ClassVar[frozenset[str]] = frozenset(
        {"channel_id", "message_id", "alert_system_message_id"}
    )

    guild_id: GuildId
    action: AutoModAction
    rule_id: Snowflake
    rule_trigger_type: Trigger
    user_id: UserId
    channel_id: ChannelId | None = None
    """None: it was about a name."""
    message_id: MessageId | None = None
    """Of an edited message; a new one has none yet."""
    alert_system_message_id: MessageId | None = None
    content: str
    matched_keyword: str | None = None
    matched_content: str | None = None

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild and by who wrote it."""
        return Route(guild_id=self.guild_id, author_id=self.user_id)


class ProfileFlagged(Event):
    """Inside the house: what somebody calls themselves set off a rule that wants an alert, which
    chat_service writes.
    """

    is_news: ClassVar[bool] = True

    guild_id: GuildId
    user: User
    rule: AutoModRule
    action: AutoModAction
    content: str
    matched_keyword: str
    matched_content: str

    def address(self) -> topics.Topic:
        """The guild's."""
        return topics.guild(self.guild_id)

    def route(self) -> Route:
        """By guild and by whom it is about."""
        return Route(guild_id=self.guild_id, user_id=UserId(self.user.id))
