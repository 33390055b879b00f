"""Faces of people by id, remembered for a minute: names in history may be that old."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.clock import Clock
from chassis.rpc.client import Calls
from contracts.events.base import name_of, unpack
from contracts.events.user import FaceChanged
from contracts.ids import UserId
from contracts.objects.user import User
from contracts.rpc.users import GetUsers
from contracts.topics import Topic

_FRESH_S = 60.0
_MOST = 20_000


class People:
    """A bounded memory in front of GetUsers; a page asks at most once. A face that changes is
    forgotten at once: it listens to that.
    """

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._known: dict[int, tuple[float, User]] = {}

    async def faces(self, user_ids: Iterable[int]) -> dict[int, User]:
        """Those who exist, by id."""
        now = self._clock.monotonic()
        wanted = set(user_ids)
        found = {
            user: entry[1]
            for user in wanted
            if (entry := self._known.get(user)) and now - entry[0] < _FRESH_S
        }
        missing = wanted - found.keys()
        if missing:
            if len(self._known) + len(missing) > _MOST:
                self._known.clear()
            call = GetUsers(user_ids=tuple(UserId(user) for user in missing))
            for user in (await self._calls.ask(call)).users:
                self._known[user.id] = (now, user)
                found[user.id] = user
        return found

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """Somebody looks otherwise from now on."""
        del topic, n, stamp
        if name_of(record) == FaceChanged.__name__:
            header, _ = unpack(record)
            self._known.pop(header.route.user_id or 0, None)

    def lost(self, topic: Topic) -> None:
        """Anybody may look otherwise."""
        del topic
        self._known.clear()


def gone(user_id: int) -> User:
    """The face of somebody whose account is no more."""
    return User(id=UserId(user_id), username=f"deleted_user_{user_id % 10**6:06d}")
