"""Rules of automatic moderation are gone by before anything is stored: what they stop was never
said. Guilds without rules do not come here.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat_service.actions import alerting
from chat_service.actions.alerting import Notice
from chat_service.actions.chat import Chat
from chat_service.actions.venues import Venue
from chat_service.domain import content, wording
from chat_service.domain.moderation import Said, Verdict
from chat_service.tools import Unit
from contracts.errors import DomainError, ErrorCode
from contracts.events.audit import Governed
from contracts.events.automod import AutoModActionExecution
from contracts.guild_facts import GuildFacts
from contracts.identity import Identity
from contracts.ids import MessageId, Snowflake, UserId
from contracts.objects.audit import AuditAction
from contracts.objects.automod import ActionType, AutoModAction
from contracts.permissions import Permission
from contracts.wire import JSON

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
            there = alerting.place(facts, action, venue.user, venue.member)
            if there is None:
                continue
            alert_id = await alerting.write(unit, there, _notice(case), case.signed)
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


def _notice(case: _Case) -> Notice:
    verdict = case.verdict
    return Notice(
        rule=verdict.rule.name,
        is_blocked=verdict.blocks is not None,
        text=case.text,
        keyword=verdict.keyword,
        matched=verdict.matched,
        channel_id=int(case.venue.channel_id),
    )


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
