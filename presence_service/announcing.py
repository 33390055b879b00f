"""Announcements: what others were told last is compared with what is so now, the difference is
published, and only then is it noted as told. Failing in between means announcing again, never
silence.

Others hear of a change at once. The devices of a person hear of each other at once, too, but while
they keep coming, once in a pace: twenty that come together would else be told of twenty times each.
Until then the claim is held, so that the order of announcements stays one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from operator import itemgetter

from redis.exceptions import RedisError

from chassis.bus import Bus
from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts import topics
from contracts.errors import DomainError, Unavailable
from contracts.events.base import Event
from contracts.events.presence import SessionsReplace
from contracts.ids import GuildId, UserId
from contracts.topics import Topic
from presence_service import views
from presence_service.audience import Around, Audience
from presence_service.domain import Visible, fold
from presence_service.store import CLAIM_MS, Claim, Leases

log = logger("presence")

_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class _Devices:
    """What the devices of a person were told of each other, and when."""

    said: SessionsReplace
    at: float


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
        tasks: Tasks,
        pace_s: float,
    ) -> None:
        """`pace_s`: so often the devices of one person are told of each other at most."""
        self._leases = leases
        self._audience = audience
        self._bus = bus
        self._new_id = new_id
        self._clock = clock
        self._tasks = tasks
        self._pace_s = pace_s
        self._lately: dict[UserId, _Devices] = {}
        """Whose devices were told within the last pace."""
        self._held: dict[UserId, Claim] = {}
        """Of which only the devices are still to be told."""
        self._is_pacing = False
        self._said: list[tuple[Topic, Event, asyncio.Future[bool]]] = []
        """Of this turn."""

    async def announce(self, claims: Sequence[Claim]) -> dict[UserId, int]:
        """Carry out claims. Whose were not carried out by now, and when to look at them again."""
        left, later = list(claims), set[UserId]()
        while left:
            some, left = left[:_AT_ONCE], left[_AT_ONCE:]
            now = self._clock.now_ms()
            folded = [(claim, fold(claim.leases, now)) for claim in some]
            moving = [each for each in folded if _comes_or_goes(*each)]
            others = [each for each in folded if not _comes_or_goes(*each)]
            # Who comes or goes may have joined a guild since; a mere change of status does not
            # wait for an answer.
            for more in await asyncio.gather(
                self._carry_out(moving, later, is_fresh=True),
                self._carry_out(others, later, is_fresh=False),
            ):
                left += more
        if failed := later - self._held.keys():
            log.warning("announcements.postponed", people=len(failed))
        again = self._clock.now_ms() + CLAIM_MS
        return dict.fromkeys(later, again)

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

    async def _carry_out(
        self, folded: Sequence[tuple[Claim, Visible]], later: set[UserId], *, is_fresh: bool
    ) -> list[Claim]:
        """Tell, and note what was told. What changed meanwhile is claimed already."""
        changed = [claim.user_id for claim, seen in folded if seen != claim.told]
        around: dict[UserId, Around] = {}
        with suppress(DomainError):
            around = await self._audience.of(changed, is_fresh=is_fresh)
        # Published in one turn, so that gateways hear of all of them in one turn, too, and write
        # to each of their sessions once.
        told = await asyncio.gather(
            *(self._told(claim, seen, around.get(claim.user_id)) for claim, seen in folded)
        )
        done = [each for each, is_told in zip(folded, told, strict=True) if is_told]
        later |= {claim.user_id for claim, _ in folded} - {claim.user_id for claim, _ in done}
        try:
            return await self._leases.settle(done, self._clock.now_ms()) if done else []
        except (RedisError, OSError) as error:
            log.debug("announcement.failed", error=repr(error))
            later |= {claim.user_id for claim, _ in done}
            return []

    async def _told(self, claim: Claim, visible: Visible, around: Around | None) -> bool:
        """Whether all of it is told now."""
        try:
            if visible != claim.told:
                await self._tell(claim, visible, around)
            return await self._tell_devices(claim, visible)
        except (DomainError, RedisError, OSError) as error:
            # The claim lapses, and the next sweep after that takes it up.
            log.debug("announcement.failed", error=repr(error))
            return False

    async def _tell(self, claim: Claim, visible: Visible, around: Around | None) -> None:
        if around is None:
            raise Unavailable
        user_id = claim.user_id
        await self._tell_these(user_id, visible, around.guilds, (user_id, *around.friends))
        if _comes_or_goes(claim, visible):
            self._audience.tell_seen(user_id, is_here=not visible.is_offline)
            return
        # A mere change makes good afterwards whom it left out.
        now = (await self._audience.of((user_id,), is_fresh=True)).get(user_id, around)
        more = [guild for guild in now.guilds if guild not in around.guilds]
        also = [friend for friend in now.friends if friend not in around.friends]
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

    async def _tell_devices(self, claim: Claim, visible: Visible) -> bool:
        """Who has several devices sees all of them. False if they were told just now: then the
        claim is held.
        """
        user_id = claim.user_id
        if len(claim.leases) < 2:
            return True
        event = views.sessions(user_id, claim.leases, self._clock.now_ms())
        last = self._lately.get(user_id)
        if last is not None and last.said == event:
            return True
        moment = self._clock.monotonic()
        if last is not None and moment - last.at < self._pace_s:
            # What others see of it is told by now.
            self._held[user_id] = replace(claim, told=visible)
            return False
        if not await self._publish(event, topics.user(user_id)):
            raise Unavailable
        if self._pace_s:
            self._lately[user_id] = _Devices(event, moment)
            if not self._is_pacing:
                self._is_pacing = True
                self._tasks.spawn("presence:devices", self._pace())
        return True

    async def _pace(self) -> None:
        """Carry out what is held once in a pace, as things stand by then."""
        try:
            while self._lately or self._held:
                await self._clock.sleep(self._pace_s)
                before = self._clock.monotonic() - self._pace_s
                held, self._held = self._held, {}
                self._lately = {
                    who: each
                    for who, each in self._lately.items()
                    if each.at > before and who not in held
                }
                try:
                    found = await self._leases.read(tuple(held))
                except (RedisError, OSError) as error:
                    log.warning("announcements.postponed", people=len(held), error=repr(error))
                    continue
                await self.announce([replace(held[who], leases=found[who]) for who in held])
        finally:
            self._is_pacing = False

    def _publish(self, event: Event, topic: Topic) -> asyncio.Future[bool]:
        loop = asyncio.get_running_loop()
        if not self._said:
            loop.call_soon(self._speak)
        published: asyncio.Future[bool] = loop.create_future()
        self._said.append((topic, event, published))
        return published

    def _speak(self) -> None:
        # What is for one guild side by side: to each session there it is then a single write.
        said, self._said = self._said, []
        for topic, event, published in sorted(said, key=itemgetter(0)):
            event_id = self._new_id()
            self._bus.publish(
                topic,
                event.record(event_id),
                event_id,
                done=partial(_settle, published),
                ephemeral=True,
            )


def _comes_or_goes(claim: Claim, visible: Visible) -> bool:
    return visible.is_offline or claim.told.is_offline


def _settle(published: asyncio.Future[bool], is_published: bool) -> None:  # noqa: FBT001
    if not published.done():
        published.set_result(is_published)
