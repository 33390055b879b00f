"""Whether a rule of automatic moderation stops what somebody is about to say. Pure: the rules come
with the facts about a guild, the clock with the question.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from chat_service.domain.wordlists import WORDS
from contracts.guild_facts import GuildFacts
from contracts.lookalikes import forms
from contracts.objects.automod import ActionType, AutoModAction, AutoModRule, Preset, Trigger
from contracts.words import Words

K = TypeVar("K")
V = TypeVar("V")

_MOST = 20_000
_REPEATED, _REPEATED_S = 3, 60.0
"""So often the same within this time is spam."""
_SHORT = 6
"""What is shorter is said twice without harm."""
_LINKS = 6
_INVITES = 3
_RAID_MENTIONS, _RAID_MESSAGES, _RAID_PEOPLE, _RAID_S = 3, 10, 3, 60.0
"""So many messages with so many mentions, from so many people, in this time are a raid."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody is about to say, and as whom."""

    text: str
    guild_id: int
    author_id: int
    mentioned: int
    """Different people and roles."""
    places: frozenset[int]
    """The channel, the one that it hangs from, and their category."""
    roles: frozenset[int]
    at: float
    is_new: bool = True
    is_person: bool = True
    """Not a webhook, which repeats itself and is full of links by its nature."""


class Verdict(NamedTuple):
    """A rule that was met, and by what."""

    rule: AutoModRule
    keyword: str | None = None
    matched: str | None = None

    @property
    def blocks(self) -> AutoModAction | None:
        """The action that stops the message, if there is one."""
        actions = (one for one in self.rule.actions if one.type is ActionType.BLOCK_MESSAGE)
        return next(actions, None)


class Lately:
    """What was said in the last minute, as far as spam and raids are told by it."""

    def __init__(self) -> None:
        self._texts: dict[tuple[int, int], deque[tuple[str, float]]] = {}
        self._calls: dict[int, deque[tuple[int, float]]] = {}

    def repeats(self, said: Said, text: str) -> bool:
        """Whether its author says the same again and again; notes that it was said."""
        key = (said.guild_id, said.author_id)
        texts = _held(self._texts, key, _REPEATED * 2)
        same = sum(one == text and said.at - at < _REPEATED_S for one, at in texts)
        if said.is_new:
            texts.append((text, said.at))
        return len(text) >= _SHORT and same >= _REPEATED

    def is_raid(self, said: Said) -> bool:
        """Whether many people mention many at once; notes that it was said."""
        if said.mentioned < _RAID_MENTIONS:
            return False
        calls = _held(self._calls, said.guild_id, _RAID_MESSAGES)
        calls.append((said.author_id, said.at))
        recent = [who for who, at in calls if said.at - at < _RAID_S]
        return len(recent) >= _RAID_MESSAGES and len(set(recent)) >= _RAID_PEOPLE


def _held(kept: dict[K, deque[V]], key: K, most: int) -> deque[V]:
    if key not in kept and len(kept) >= _MOST:
        kept.clear()
    return kept.setdefault(key, deque(maxlen=most))


Test = Callable[[Said, Sequence[str]], tuple[str | None, str | None] | None]


class Rulebook:
    """The rules of one guild, made ready."""

    def __init__(self, facts: GuildFacts, lately: Lately) -> None:
        self.facts = facts
        self._lately = lately
        self._tests = [(rule, self._test(rule)) for rule in facts.rules if rule.is_about_messages]

    def verdicts(self, said: Said) -> list[Verdict]:
        """Every rule that is met, each once."""
        shown = forms(said.text)
        found = []
        for rule, test in self._tests:
            if said.places & set(rule.exempt_channels) or said.roles & set(rule.exempt_roles):
                continue
            if (met := test(said, shown)) is not None:
                found.append(Verdict(rule, *met))
        return found

    def _test(self, rule: AutoModRule) -> Test:
        metadata = rule.trigger_metadata
        match rule.trigger_type:
            case Trigger.MENTION_SPAM:
                raids = bool(metadata.get("mention_raid_protection_enabled"))
                return self._mentions(int(metadata["mention_total_limit"]), raids=raids)
            case Trigger.SPAM:
                return self._spam
            case Trigger.KEYWORD_PRESET:
                presets = [WORDS[Preset(one)] for one in metadata["presets"]]
                words = [word for preset in presets for word in preset]
                return _found(Words(words, metadata["allow_list"]))
            case _:
                words, allowed = metadata["keyword_filter"], metadata["allow_list"]
                return _found(Words(words, allowed, metadata["regex_patterns"]))

    def _mentions(self, limit: int, *, raids: bool) -> Test:
        def test(said: Said, shown: Sequence[str]) -> tuple[str | None, str | None] | None:
            del shown
            is_raid = raids and self._lately.is_raid(said)
            return (None, None) if said.mentioned > limit or is_raid else None

        return test

    def _spam(self, said: Said, shown: Sequence[str]) -> tuple[str | None, str | None] | None:
        text = shown[0]
        if not said.is_person:
            return None
        is_spam = (
            self._lately.repeats(said, text)
            or text.count("://") >= _LINKS
            or text.count("/invite/") + text.count("discord.gg/") >= _INVITES
        )
        return (None, None) if is_spam else None


def _found(words: Words) -> Test:
    def test(said: Said, shown: Sequence[str]) -> tuple[str | None, str | None] | None:
        return words.met(said.text, shown)

    return test


@dataclass(slots=True)
class Watch:
    """The rulebooks of guilds, each as long as the facts that it was made from stand."""

    lately: Lately = field(default_factory=Lately)
    _books: dict[int, Rulebook] = field(default_factory=dict)

    def book(self, facts: GuildFacts) -> Rulebook:
        """The rules that stand now."""
        book = self._books.get(facts.id)
        if book is None or book.facts is not facts:
            if len(self._books) >= _MOST:
                self._books.clear()
            book = self._books[facts.id] = Rulebook(facts, self.lately)
        return book
