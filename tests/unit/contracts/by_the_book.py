"""The permission rules once more, written apart from the real function and the other way round.

The real one adds and takes whole sets of bits, stage by stage, from the bottom up. This one asks
about a single bit at a time and looks from the top down for the last word about it. Slow and plain.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from random import Random

from contracts.permissions import Facts, Overwrite, Permission, Where


def _bits(*names: str) -> frozenset[int]:
    return frozenset(int(Permission[name]) for name in names)


(_ADMINISTRATOR,) = _bits("ADMINISTRATOR")
(_VIEW,) = _bits("VIEW_CHANNEL")
(_SEND,) = _bits("SEND_MESSAGES")
(_SEND_IN_THREADS,) = _bits("SEND_MESSAGES_IN_THREADS")
(_CONNECT,) = _bits("CONNECT")
_NEEDS = {
    **dict.fromkeys(
        _bits("MENTION_EVERYONE", "SEND_TTS_MESSAGES", "ATTACH_FILES", "EMBED_LINKS"), _SEND
    ),
    **dict.fromkeys(
        _bits(
            "SPEAK",
            "STREAM",
            "USE_VAD",
            "PRIORITY_SPEAKER",
            "MUTE_MEMBERS",
            "DEAFEN_MEMBERS",
            "MOVE_MEMBERS",
            "REQUEST_TO_SPEAK",
            "USE_SOUNDBOARD",
            "USE_EXTERNAL_SOUNDS",
            "SET_VOICE_CHANNEL_STATUS",
        ),
        _CONNECT,
    ),
}
"""Bits that are worth nothing in a channel without another one."""
_LEFT_TO_THE_TIMED_OUT = _bits("VIEW_CHANNEL", "READ_MESSAGE_HISTORY")
_LEFT_TO_THE_QUARANTINED = _LEFT_TO_THE_TIMED_OUT | _bits("CHANGE_NICKNAME")

_GOVERNING = _bits(
    "KICK_MEMBERS",
    "BAN_MEMBERS",
    "ADMINISTRATOR",
    "MANAGE_CHANNELS",
    "MANAGE_GUILD",
    "MANAGE_MESSAGES",
    "MANAGE_ROLES",
    "MANAGE_WEBHOOKS",
    "MANAGE_GUILD_EXPRESSIONS",
    "MANAGE_THREADS",
)


def may(facts: Facts, bit: int) -> bool:
    """Whether the member may do what this bit means."""
    if not facts.is_member or (facts.is_held_back and bit in _GOVERNING):
        return False
    if facts.is_owner or _in_guild(facts, _ADMINISTRATOR):
        return True
    if facts.where is Where.GUILD:
        return _last_word(facts, bit)
    wanted = {bit, _VIEW, _NEEDS.get(bit, bit)}
    if facts.where is Where.THREAD and _SEND in wanted:
        wanted = wanted - {_SEND} | {_SEND_IN_THREADS}
    return all(_last_word(facts, one) for one in wanted)


def spoken_of(facts: Facts) -> int:
    """The bits that anything in this world says something about; all others are in one case.
    Sending is never silent: a thread says it by another bit.
    """
    rules = (facts.member_overwrite, facts.everyone_overwrite, *facts.role_overwrites.values())
    said = [facts.everyone, *facts.roles.values()]
    said += [bits for rule in rules if rule for bits in (rule.allow, rule.deny)]
    return reduce(or_, said, _SEND | (sum(_GOVERNING) if facts.is_held_back else 0))


def _in_guild(facts: Facts, bit: int) -> bool:
    return any(bits & bit for bits in (facts.everyone, *facts.roles.values()))


def _last_word(facts: Facts, bit: int) -> bool:
    if bit == _ADMINISTRATOR or (facts.is_timed_out and bit not in _LEFT_TO_THE_TIMED_OUT):
        return False
    if facts.is_quarantined and bit not in _LEFT_TO_THE_QUARANTINED:
        return False
    for layer in (
        [facts.member_overwrite],
        facts.role_overwrites.values(),
        [facts.everyone_overwrite],
    ):
        rules = [rule for rule in layer if rule]
        if any(rule.allow & bit for rule in rules):
            return True
        if any(rule.deny & bit for rule in rules):
            return False
    return _in_guild(facts, bit)


class Worlds:
    """Random worlds, mostly of bits that matter to each other."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        common = _bits("READ_MESSAGE_HISTORY", "ADD_REACTIONS", "ATTACH_FILES", "SPEAK")
        self._common = sorted(common | {_VIEW, _SEND, _SEND_IN_THREADS, _CONNECT})

    def choose(self, among: int) -> int:
        return self._dice.randrange(among)

    def bits(self, likely: float) -> int:
        chosen = 0
        for bit in self._common:
            if self._dice.random() < likely:
                chosen |= bit
        return chosen | (1 << self._dice.randrange(63) if self._dice.random() < 0.3 else 0)

    def overwrite(self) -> Overwrite:
        return Overwrite(self.bits(0.2), self.bits(0.2))

    def maybe(self) -> Overwrite | None:
        return self.overwrite() if self._dice.random() < 0.5 else None

    def next(self) -> Facts:
        dice = self._dice
        held = dice.sample(range(1, 20), dice.randrange(4))
        return Facts(
            is_member=dice.random() < 0.97,
            is_owner=dice.random() < 0.03,
            is_timed_out=dice.random() < 0.1,
            is_quarantined=dice.random() < 0.05,
            everyone=self.bits(0.6),
            roles={role: self.bits(0.3) for role in held},
            everyone_overwrite=self.maybe(),
            role_overwrites={role: self.overwrite() for role in held if dice.random() < 0.6},
            member_overwrite=self.maybe(),
            where=dice.choice(list(Where)),
            is_held_back=dice.random() < 0.1,
        )
