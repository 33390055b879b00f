"""Rules of automatic moderation: which there can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from contracts import limits
from contracts.errors import DomainError, ErrorCode, Forbidden, Invalid
from contracts.objects.automod import ActionType, Trigger
from contracts.patterns import is_pattern
from contracts.permissions import Permission, holds
from contracts.wire import JSON
from contracts.words import Words

TIMEOUTS = frozenset({Trigger.KEYWORD, Trigger.MENTION_SPAM})
"""What somebody may be silenced for."""
_METADATA: Mapping[Trigger, JSON] = {
    Trigger.KEYWORD: {"keyword_filter": [], "regex_patterns": [], "allow_list": []},
    Trigger.MEMBER_PROFILE: {"keyword_filter": [], "regex_patterns": [], "allow_list": []},
    Trigger.SPAM: {},
    Trigger.KEYWORD_PRESET: {"presets": [], "allow_list": []},
    Trigger.MENTION_SPAM: {
        "mention_total_limit": 20,
        "mention_raid_protection_enabled": False,
    },
}
_WORDED = frozenset({Trigger.KEYWORD, Trigger.MEMBER_PROFILE})
_OF_MESSAGES = frozenset({ActionType.BLOCK_MESSAGE, ActionType.TIMEOUT})
"""What is done about a message, and means nothing about a name."""


def usual(trigger: Trigger) -> JSON:
    """What a rule does that says nothing of it."""
    is_about_names = trigger is Trigger.MEMBER_PROFILE
    kind = ActionType.BLOCK_MEMBER_INTERACTION if is_about_names else ActionType.BLOCK_MESSAGE
    return {"type": int(kind), "metadata": {}}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a guild; `metadata` and `actions` as they are shown."""

    id: int
    guild_id: int
    creator_id: int
    name: str
    trigger: Trigger
    metadata: JSON
    actions: tuple[JSON, ...]
    enabled: bool = False
    exempt_roles: tuple[int, ...] = ()
    exempt_channels: tuple[int, ...] = ()

    @property
    def alerts(self) -> list[int]:
        """Channels that it writes into."""
        return [
            int(one["metadata"]["channel_id"])
            for one in self.actions
            if one["type"] == ActionType.SEND_ALERT_MESSAGE
        ]


class Offence(NamedTuple):
    """A name that set a rule off, and by what."""

    name: str
    keyword: str
    matched: str


def complete(trigger: Trigger, given: Mapping[str, object]) -> JSON:
    """What triggers it: what was said of it, and of the rest what goes without saying."""
    said = {name: value for name, value in given.items() if value is not None}
    return {name: said.get(name, usual) for name, usual in _METADATA[trigger].items()}


def can_add(trigger: Trigger, present: Sequence[Rule]) -> DomainError | None:
    """Whether a guild with these rules can have another of this kind."""
    if sum(one.trigger is trigger for one in present) < limits.AUTOMOD_RULES[trigger]:
        return None
    code = "AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED"
    text = "Max number of rules of this type exceeded."
    return Invalid({"trigger_type": (code, text)})


def can_be(rule: Rule, granted: Permission) -> DomainError | None:
    """Whether there can be such a rule, made by somebody with these permissions."""
    return _wrong_trigger(rule) or _wrong_actions(rule, granted)


def _wrong_trigger(rule: Rule) -> DomainError | None:
    for number, pattern in enumerate(rule.metadata.get("regex_patterns", ())):
        if not is_pattern(pattern):
            path = f"trigger_metadata.regex_patterns.{number}"
            text = "Not a regular expression, or one that takes too much."
            return Invalid({path: ("AUTO_MODERATION_INVALID_REGEX", text)})
    if rule.trigger in _WORDED and not _has_words(rule):
        text = "At least one keyword or pattern is required."
        return Invalid({"trigger_metadata": ("AUTO_MODERATION_RULE_EMPTY", text)})
    if len(orjson.dumps(rule.metadata)) > limits.AUTOMOD_RULE_BYTES:
        text = f"Must be {limits.AUTOMOD_RULE_BYTES} or fewer bytes as JSON."
        return Invalid({"trigger_metadata": ("BASE_TYPE_MAX_LENGTH", text)})
    return None


def _wrong_actions(rule: Rule, granted: Permission) -> DomainError | None:
    kinds = [one["type"] for one in rule.actions]
    if len(set(kinds)) < len(kinds):
        return Invalid({"actions": ("AUTO_MODERATION_ACTION_TWICE", "Each action once.")})
    is_about_names = rule.trigger is Trigger.MEMBER_PROFILE
    if (ActionType.BLOCK_MEMBER_INTERACTION in kinds) and not is_about_names:
        text = "Only a rule about names blocks interactions."
        return Invalid({"actions": ("AUTO_MODERATION_INVALID_ACTION", text)})
    if is_about_names and _OF_MESSAGES & set(kinds):
        text = "A rule about names stops no messages."
        return Invalid({"actions": ("AUTO_MODERATION_INVALID_ACTION", text)})
    if ActionType.TIMEOUT in kinds and rule.trigger not in TIMEOUTS:
        text = "Nobody is silenced by a rule of this kind."
        return Invalid({"actions": ("AUTO_MODERATION_INVALID_ACTION", text)})
    if ActionType.TIMEOUT in kinds and not holds(granted, Permission.MODERATE_MEMBERS):
        return Forbidden(ErrorCode.MISSING_PERMISSIONS)
    return None


def _has_words(rule: Rule) -> bool:
    return bool(rule.metadata["keyword_filter"] or rule.metadata["regex_patterns"])


def offence(rule: Rule, names: Iterable[str | None]) -> Offence | None:
    """What of these names a rule is about."""
    metadata = rule.metadata
    words = Words(metadata["keyword_filter"], metadata["allow_list"], metadata["regex_patterns"])
    for name in names:
        if name and (met := words.met(name)) is not None:
            return Offence(name, *met)
    return None
