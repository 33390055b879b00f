"""Whom a message in a community may concern, by what is known without asking anybody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contracts.objects.member import MemberFace
from contracts.objects.settings import GuildNotifications, NotifyLevel
from notification_service.domain.deciding import Listener, Reason, Said, reason_for
from notification_service.domain.wishes import level_of


class Room:
    """A guild, as far as watched people are in it."""

    def __init__(self) -> None:
        self.members: dict[int, MemberFace] = {}
        self.wishes: dict[int, GuildNotifications] | None = None
        """Of those who set anything; None until they were asked for."""
        self._eager: dict[tuple[int | None, ...], frozenset[int]] = {}
        self._eager_by: NotifyLevel | None = None

    def eager(self, default: NotifyLevel, places: tuple[int | None, ...]) -> frozenset[int]:
        """Who wants to hear of every message in these places: found once, until something stirs."""
        if self._eager_by is not default:
            self._eager, self._eager_by = {}, default
        known = self._eager.get(places)
        if known is None:
            known = self._eager[places] = frozenset(self._wanting_all(default, places))
        return known

    def stir(self) -> None:
        """Somebody came, went, or wishes otherwise."""
        self._eager.clear()

    def concerned(self, said: Said) -> frozenset[int]:
        """Who may be meant, before it is looked at closely: never everybody without need."""
        if said.everyone or said.roles:
            return frozenset(self.members)
        named = said.mentions & self.members.keys()
        if said.followers is not None:
            return frozenset(named | (said.followers.keys() & self.members.keys()))
        return frozenset(named | self.eager(said.default, said.places))

    def listeners(self, said: Said, seeing: Iterable[int]) -> list[tuple[Listener, Reason]]:
        """Those of the members who see it to whom it is told, and why."""
        found = []
        for user_id in seeing:
            listener = self.listener(user_id)
            reason = reason_for(said, listener)
            if reason is not None:
                found.append((listener, reason))
        return found

    def listener(self, user_id: int) -> Listener:
        """A member, as far as it is decided about them."""
        return Listener(user_id, self.members[user_id].roles, self._wish(user_id))

    def keeps_from_phones(self) -> frozenset[int]:
        """Who wishes no pushes to their phones from here."""
        return frozenset(one for one, wish in self._wishes.items() if not wish.mobile_push)

    @property
    def _wishes(self) -> Mapping[int, GuildNotifications]:
        return self.wishes or {}

    def _wish(self, user_id: int) -> GuildNotifications | None:
        return self._wishes.get(user_id)

    def _wanting_all(self, default: NotifyLevel, places: tuple[int | None, ...]) -> Iterable[int]:
        for one in self.members:
            if level_of(self._wish(one), default, *places) is NotifyLevel.ALL:
                yield one
