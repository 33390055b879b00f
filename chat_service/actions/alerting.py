"""Alerts of rules of automatic moderation: messages of the house's own, in the name of whom they
are about, where the rule says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chat_service.actions import announcing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.tools import Unit
from contracts import topics
from contracts.errors import NotFound
from contracts.events.audit import Governed
from contracts.events.automod import AutoModActionExecution, ProfileFlagged
from contracts.events.base import Hearing
from contracts.guild_facts import GuildFacts
from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.audit import AuditAction
from contracts.objects.automod import ActionType, AutoModAction
from contracts.objects.channel import TALKABLE
from contracts.objects.member import Member
from contracts.objects.user import User
from contracts.permissions import NONE
from contracts.wire import JSON

ALERT = 24
"""The type of the message that an alert is."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What an alert says."""

    rule: str
    is_blocked: bool
    text: str
    keyword: str | None
    matched: str | None
    channel_id: int | None = None
    """Where it was said; None: it is a name."""

    def embed(self) -> JSON:
        """As clients know how to show it."""
        fields = {
            "rule_name": self.rule,
            **({} if self.channel_id is None else {"channel_id": self.channel_id}),
            "decision_outcome": "blocked" if self.is_blocked else "flagged",
            "keyword": self.keyword or "",
            "keyword_matched_content": self.matched or "",
        }
        return {
            "type": "auto_moderation_message",
            "description": self.text,
            "fields": [
                {"name": name, "value": str(value), "inline": False}
                for name, value in fields.items()
            ],
        }


def place(
    facts: GuildFacts, action: AutoModAction, user: User, member: Member | None
) -> Venue | None:
    """Where an alert about somebody goes; None if that channel is gone."""
    channel = facts.channels.get(ChannelId(action.channel_id))
    if channel is None or channel.type not in TALKABLE:
        return None
    return Venue(
        channel_id=channel.id,
        guild_id=GuildId(facts.id),
        user=user,
        granted=NONE,
        heard_on=Hearing((topics.guild(facts.id),)),
        member=member,
        channel=channel,
    )


async def write(
    unit: Unit, there: Venue, notice: Notice, signed: Mapping[str, object] | None = None
) -> MessageId:
    """Tell it there; `signed`: how the webhook that it is about signs."""
    said = {"embeds": [notice.embed()], **(signed or {})}
    told = await announcing.announce(unit, there, ALERT, carries=said)
    return MessageId(told.id)


async def place_of_name(chat: Chat, flagged: ProfileFlagged) -> Venue | None:
    """Where it is told that somebody calls themselves what a rule is about."""
    try:
        facts = await chat.facts.guilds.get(flagged.guild_id)
    except NotFound:
        return None
    return place(facts, flagged.action, flagged.user, None)


async def tell_of_name(unit: Unit, there: Venue, flagged: ProfileFlagged) -> None:
    """Tell it there, and that it was told."""
    kinds = {one.type for one in flagged.rule.actions}
    notice = Notice(
        rule=flagged.rule.name,
        is_blocked=ActionType.BLOCK_MEMBER_INTERACTION in kinds,
        text=flagged.content,
        keyword=flagged.matched_keyword,
        matched=flagged.matched_content,
    )
    user_id = UserId(flagged.user.id)
    done = AutoModActionExecution(
        guild_id=flagged.guild_id,
        action=flagged.action,
        rule_id=flagged.rule.id,
        rule_trigger_type=flagged.rule.trigger_type,
        user_id=user_id,
        alert_system_message_id=await write(unit, there, notice),
        content=flagged.content,
        matched_keyword=flagged.matched_keyword,
        matched_content=flagged.matched_content,
    )
    unit.emit(done)
    deed = Governed(
        guild_id=flagged.guild_id,
        actor_id=user_id,
        action=AuditAction.AUTO_MODERATION_FLAG_TO_CHANNEL,
        target_id=Snowflake(user_id),
        options={
            "auto_moderation_rule_name": flagged.rule.name,
            "auto_moderation_rule_trigger_type": str(int(flagged.rule.trigger_type)),
        },
    )
    unit.emit(deed)
