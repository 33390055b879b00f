"""Rules of automatic moderation are gone by before anything is stored: what they stop was never
said. Guilds without rules do not come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chat_service.actions import announcing
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain import content, wording
from chat_service.domain.moderation import Said, Verdict
from chat_service.tools import Unit
from contracts import topics
from contracts.errors import DomainError, ErrorCode
from contracts.events.audit import Governed
from contracts.events.automod import AutoModActionExecution
from contracts.events.base import Hearing
from contracts.guild_facts import GuildFacts
from contracts.identity import Identity
from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.audit import AuditAction
from contracts.objects.automod import ActionType, AutoModAction
from contracts.objects.channel import TALKABLE
from contracts.permissions import NONE, Permission
from contracts.wire import JSON

ALERT = 24
"""The type of the message that an alert is."""
_SIGNED = frozenset({"webhook_id", "author"})
_DEEDS = {
    ActionType.BLOCK_MESSAGE: AuditAction.AUTO_MODERATION_BLOCK_MESSAGE,
    ActionType.SEND_ALERT_MESSAGE: AuditAction.AUTO_MODERATION_FLAG_TO_CHANNEL,
    ActionType.TIMEOUT: AuditAction.AUTO_MODERATION_USER_COMM_DISABLED,
}


async def examine(
    chat: Chat,
    actor: Identity,
    venue: Venue,
    text: str,
    *,
    extras: JSON | None = None,
    message_id: int | None = None,
    is_title: bool = False,
) -> None:
    """Let the guild's rules judge what somebody is about to say, and do what they are for. Raise if
    one stops it. `extras`: what is kept beside the text; `message_id` of an edit; a title is a
    thread's name.
    """
    if venue.guild_id is None or not _is_judged(actor, venue, extras or {}):
        return
    facts = await chat.facts.guilds.get(venue.guild_id)
    if not facts.rules:
        return
    said = _said(chat, venue, text, extras, is_new=message_id is None and not is_title)
    verdicts = chat.watch.book(facts).verdicts(said) if said.text else []
    if not verdicts:
        return
    signed = {name: value for name, value in (extras or {}).items() if name in _SIGNED}
    async with chat.units.open(actor) as unit:
        for verdict in verdicts:
            case = _Case(venue, facts, verdict, said.text, message_id, signed)
            await _carry_out(unit, case)
    blocked = [action for one in verdicts if (action := one.blocks) is not None]
    if blocked:
        code = ErrorCode.BLOCKED_TITLE if is_title else ErrorCode.BLOCKED_MESSAGE
        custom = (action.custom_message for action in blocked)
        raise DomainError(code, next(filter(None, custom), None))


@dataclass(frozen=True, slots=True)
class _Case:
    """A verdict, and all that is told of it."""

    venue: Venue
    facts: GuildFacts
    verdict: Verdict
    text: str
    message_id: int | None
    signed: JSON
    """How a webhook signed."""


def _is_judged(actor: Identity, venue: Venue, extras: JSON) -> bool:
    """Applications are exempt in all that they say, their webhooks and answers included, and who
    manages the guild (decision 17).
    """
    if actor.is_bot or "application_id" in extras:
        return False
    return not venue.may(Permission.MANAGE_GUILD)


def _said(chat: Chat, venue: Venue, text: str, extras: JSON | None, *, is_new: bool) -> Said:
    assert venue.guild_id is not None
    mentioned = {*content.mentioned_users(text), *content.mentioned_roles(text)}
    above = () if venue.channel is None else (venue.channel.id, venue.channel.parent_id or 0)
    return Said(
        text="\n".join(filter(None, (text, *wording.beside(extras)))),
        guild_id=int(venue.guild_id),
        author_id=int(venue.user.id),
        mentioned=len(mentioned),
        places=frozenset(map(int, (venue.channel_id, *above))),
        roles=frozenset(map(int, venue.member.roles if venue.member is not None else ())),
        at=chat.clock.monotonic(),
        is_new=is_new,
        is_person=venue.member is not None,
    )


async def _carry_out(unit: Unit, case: _Case) -> None:
    venue, facts, verdict, message_id = case.venue, case.facts, case.verdict, case.message_id
    for action in verdict.rule.actions:
        alert_id = None
        if action.type is ActionType.TIMEOUT and venue.member is None:
            continue  # a webhook can not be silenced
        if action.type is ActionType.SEND_ALERT_MESSAGE:
            alert_id = await _alert(unit, case, action)
            if alert_id is None:
                continue
        unit.emit(
            AutoModActionExecution(
                guild_id=facts.id,
                action=action,
                rule_id=verdict.rule.id,
                rule_trigger_type=verdict.rule.trigger_type,
                user_id=UserId(venue.user.id),
                channel_id=venue.channel_id,
                message_id=None if message_id is None else MessageId(message_id),
                alert_system_message_id=alert_id,
                content=case.text,
                matched_keyword=verdict.keyword,
                matched_content=verdict.matched,
            )
        )
        unit.emit(_deed(venue, facts, verdict, action))


def _deed(venue: Venue, facts: GuildFacts, verdict: Verdict, action: AutoModAction) -> Governed:
    return Governed(
        guild_id=facts.id,
        actor_id=UserId(venue.user.id),
        action=_DEEDS[action.type],
        target_id=Snowflake(venue.user.id),
        options={
            "auto_moderation_rule_name": verdict.rule.name,
            "auto_moderation_rule_trigger_type": str(int(verdict.rule.trigger_type)),
            "channel_id": str(venue.channel_id),
        },
        silence_s=action.seconds if action.type is ActionType.TIMEOUT else 0,
    )


async def _alert(unit: Unit, case: _Case, action: AutoModAction) -> MessageId | None:
    """Tell it where the rule says; None if that channel is gone."""
    venue, facts = case.venue, case.facts
    channel = facts.channels.get(ChannelId(action.channel_id))
    if channel is None or channel.type not in TALKABLE:
        return None
    there = Venue(
        channel_id=channel.id,
        guild_id=GuildId(facts.id),
        user=venue.user,
        granted=NONE,
        heard_on=Hearing((topics.guild(facts.id),)),
        member=venue.member,
        channel=channel,
    )
    said = {"embeds": [_embed(venue, case.verdict, case.text)], **case.signed}
    told = await announcing.announce(unit, there, ALERT, carries=said)
    return MessageId(told.id)


def _embed(venue: Venue, verdict: Verdict, text: str) -> JSON:
    """As clients know how to show it."""
    fields: Sequence[tuple[str, object]] = (
        ("rule_name", verdict.rule.name),
        ("channel_id", venue.channel_id),
        ("decision_outcome", "flagged" if verdict.blocks is None else "blocked"),
        ("keyword", verdict.keyword or ""),
        ("keyword_matched_content", verdict.matched or ""),
    )
    return {
        "type": "auto_moderation_message",
        "description": text,
        "fields": [{"name": name, "value": str(value), "inline": False} for name, value in fields],
    }
