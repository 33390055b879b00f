"""Announcements: what others were told last is compared with what is so now, the difference is
published, and only then is it noted as told. Failing in between means announcing again, never
silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

from redis.exceptions import RedisError

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.logs import logger
from contracts import topics
from contracts.errors import DomainError, Unavailable
from contracts.events.base import Event
from contracts.ids import GuildId, UserId
from contracts.topics import Topic
from presence_service import views
from presence_service.audience import Audience
from presence_service.domain import Visible, fold
from presence_service.store import CLAIM_MS, Claim, Leases

log = logger("presence")

_AT_ONCE = 32


class Announcer:
    """Tells the guilds of a person, their friends, and their own devices."""

    def __init__(
        self,
        leases: Leases,
        audience: Audience,
        bus: Bus,
        *,
        new_id: Callable[[], int],
        clock: Clock,
    ) -> None:
        self._leases = leases
        self._audience = audience
        self._bus = bus
        self._new_id = new_id
        self._clock = clock

    async def announce(self, claims: Sequence[Claim]) -> dict[UserId, int]:
        """Carry out claims. Whose could not be, and when to look at them again."""
        failed: dict[UserId, int] = {}
        for start in range(0, len(claims), _AT_ONCE):
            some = claims[start : start + _AT_ONCE]
            carried = await asyncio.gather(*(self._carry_out(claim) for claim in some))
            again = self._clock.now_ms() + CLAIM_MS
            failed |= {
                claim.user_id: again
                for claim, is_done in zip(some, carried, strict=True)
                if not is_done
            }
        if failed:
            log.warning("announcements.postponed", people=len(failed))
        return failed

    async def introduce(self, one: UserId, other: UserId) -> None:
        """These two are friends now: each sees how present the other is."""
        try:
            found = await self._leases.read((one, other))
        except (RedisError, OSError) as error:
            log.warning("introduction.failed", error=repr(error))
            return
        now = self._clock.now_ms()
        for user_id, to in ((one, other), (other, one)):
            visible = fold(found.get(user_id, ()), now)
            if not visible.is_offline:
                self._publish(views.update(user_id, visible, None), topics.user(to))

    async def _carry_out(self, claim: Claim) -> bool:
        try:
            left: Claim | None = claim
            while left is not None:
                now = self._clock.now_ms()
                visible = fold(left.leases, now)
                if visible != left.told:
                    await self._tell(left, visible)
                await self._tell_devices(left, now)
                left = await self._leases.settle(left, visible, now)
        except (DomainError, RedisError, OSError) as error:
            # The claim lapses, and the next sweep after that takes it up.
            log.debug("announcement.failed", error=repr(error))
            return False
        return True

    async def _tell(self, claim: Claim, visible: Visible) -> None:
        # Who comes or goes may have joined a guild since; a mere change of status does not wait for
        # an answer, and makes good afterwards whom it left out.
        user_id = claim.user_id
        is_fresh = visible.is_offline or claim.told.is_offline
        guilds, friends = await self._audience.of(user_id, is_fresh=is_fresh)
        await self._tell_these(user_id, visible, guilds, (user_id, *friends))
        if is_fresh:
            self._audience.tell_seen(user_id, is_here=not visible.is_offline)
            return
        now_guilds, now_friends = await self._audience.of(user_id, is_fresh=True)
        more = [guild for guild in now_guilds if guild not in guilds]
        also = [friend for friend in now_friends if friend not in friends]
        await self._tell_these(user_id, visible, more, also)

    async def _tell_these(
        self,
        user_id: UserId,
        visible: Visible,
        guilds: Iterable[GuildId],
        people: Iterable[UserId],
    ) -> None:
        alone = views.update(user_id, visible, None)
        published = [
            self._publish(views.update(user_id, visible, guild_id), topics.guild(guild_id))
            for guild_id in guilds
        ]
        published += [self._publish(alone, topics.user(one)) for one in people]
        if not all(await asyncio.gather(*published)):
            raise Unavailable

    async def _tell_devices(self, claim: Claim, now: int) -> None:
        """Who has several devices sees all of them."""
        if len(claim.leases) > 1:
            event = views.sessions(claim.user_id, claim.leases, now)
            if not await self._publish(event, topics.user(claim.user_id)):
                raise Unavailable

    def _publish(self, event: Event, topic: Topic) -> asyncio.Future[bool]:
        published: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        event_id = self._new_id()
        self._bus.publish(
            topic,
            event.record(event_id),
            event_id,
            done=lambda is_published: _settle(published, is_published),
            ephemeral=True,
        )
        return published


def _settle(published: asyncio.Future[bool], is_published: bool) -> None:  # noqa: FBT001
    if not published.done():
        published.set_result(is_published)
