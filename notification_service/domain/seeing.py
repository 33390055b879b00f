"""Who of many members may see a channel now: the permission function, asked once for all who hold
the same roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from contracts.guild_facts import GuildFacts, permissions_in
from contracts.objects.channel import OverwriteType
from contracts.objects.member import MemberFace
from contracts.permissions import Permission


class Sight:
    """Decisions about one channel, or (none) the guild at large, at one moment."""

    def __init__(self, facts: GuildFacts, channel_id: int | None, now: datetime) -> None:
        self._facts = facts
        self._channel_id = channel_id
        self._now = now
        channel = facts.channels.get(channel_id)  # type: ignore[call-overload]
        overwrites = channel.permission_overwrites if channel is not None else ()
        self._alone = {int(one.id) for one in overwrites if one.type is OverwriteType.MEMBER} | {
            int(facts.owner_id)
        }
        """Those for whom more counts than their roles."""
        self._known: dict[tuple[frozenset[int], bool], bool] = {}

    def of(self, user_id: int, member: MemberFace) -> bool:
        """Whether this member sees it."""
        if user_id in self._alone:
            return self._asked(user_id, member)
        key = (frozenset(member.roles), member.is_timed_out(self._now))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._asked(user_id, member)
        return known

    def among(self, members: Mapping[int, MemberFace], asked: Iterable[int]) -> list[int]:
        """Those of the asked who are members and see it."""
        return [one for one in asked if one in members and self.of(one, members[one])]

    def _asked(self, user_id: int, member: MemberFace) -> bool:
        granted = permissions_in(
            self._facts, user_id, member, self._now, channel_id=self._channel_id
        )
        return bool(granted & Permission.VIEW_CHANNEL)
