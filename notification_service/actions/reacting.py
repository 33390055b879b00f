"""What events do: they change what is known of people and places, tell somebody something, or say
that it was read. One batch at a time; what it tells is written before what it says was read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from chassis.bus import Listener
from chassis.logs import logger
from chassis.metrics import Metrics
from contracts.errors import DomainError, Unavailable
from contracts.events.base import Header, Route, open_as, unpack
from contracts.events.guild import GuildDeleted, GuildJoined, GuildLeft
from contracts.events.member import MemberRemove, MemberUpdate
from contracts.events.message import MessageCreate, MessageDelete, MessageDeleteBulk
from contracts.events.notification import PersonWatched
from contracts.events.private import PrivateChannelUpdate
from contracts.events.reading import MessageAck
from contracts.events.relationship import RelationshipAdd, RelationshipRemove
from contracts.events.scheduled_event import ScheduledEventDelete, ScheduledEventUpdate
from contracts.events.session import LoginEnded
from contracts.events.settings import StatusChosen, UserGuildSettingsUpdate, UserSettingsUpdate
from contracts.events.thread import ThreadMembersUpdate, ThreadMemberUpdate, ThreadUpdate
from contracts.events.user import UserDeleted
from contracts.events.voice import CallCreate, CallDelete, CallUpdate
from contracts.identity import NOBODY
from contracts.ids import UserId
from contracts.objects.presence import Status
from contracts.objects.scheduled_event import EventStatus
from contracts.topics import Topic
from notification_service.actions import concerning, devices, people, reading, telling
from notification_service.actions.reading import Mark
from notification_service.actions.telling import Concern
from notification_service.crowd import Crowd
from notification_service.domain import notices
from notification_service.tools import Units

log = logger("reacting")

Reaction = Callable[["Batch", Topic, Header, bytes], Awaitable[None]]


class Batch:
    """What some events come to."""

    def __init__(self) -> None:
        self.concerns: list[Concern] = []
        self.marks: list[Mark] = []
        self.unsaid: list[tuple[str, tuple[int, ...]]] = []

    def left(self) -> list[Concern]:
        """What was not unsaid in the same breath."""
        gone = {(subject, one) for subject, ids in self.unsaid for one in ids}
        return [one for one in self.concerns if (one.news.subject, one.news.about_id) not in gone]


class Reactions:
    """One function for each event that means anything here."""

    def __init__(
        self,
        units: Units,
        crowd: Crowd,
        listener: Listener,
        *,
        metrics: Metrics,
        nudge: Callable[[], None],
        turn: asyncio.Lock,
    ) -> None:
        self._units = units
        self._crowd = crowd
        self._listener = listener
        self._nudge = nudge
        self._turn = turn
        self._decided = metrics.counter(
            "push_decisions", "People told of something", ("reason", "way")
        )
        self._ringing: set[tuple[int, int]] = set()
        """For whom which call rings, as far as it was told here."""
        self._table = self._reactions()
        self.known = frozenset(self._table)

    def _reactions(self) -> dict[str, Reaction]:
        return {
            MessageCreate.__name__: self._message,
            MessageDelete.__name__: self._deleted,
            MessageDeleteBulk.__name__: self._deleted,
            MessageAck.__name__: self._read,
            CallCreate.__name__: self._rings,
            CallUpdate.__name__: self._rings,
            CallDelete.__name__: self._hangs_up,
            RelationshipAdd.__name__: self._related,
            RelationshipRemove.__name__: self._unrelated,
            GuildJoined.__name__: self._joined,
            GuildLeft.__name__: self._left,
            GuildDeleted.__name__: self._ended,
            MemberUpdate.__name__: self._member,
            MemberRemove.__name__: self._removed,
            UserGuildSettingsUpdate.__name__: self._wishes,
            UserSettingsUpdate.__name__: self._settings,
            StatusChosen.__name__: self._status,
            ScheduledEventUpdate.__name__: self._begins,
            ScheduledEventDelete.__name__: self._called_off,
            PrivateChannelUpdate.__name__: self._renamed,
            ThreadUpdate.__name__: self._renamed,
            ThreadMemberUpdate.__name__: self._follows,
            ThreadMembersUpdate.__name__: self._follows,
            PersonWatched.__name__: self._watched,
            LoginEnded.__name__: self._login_ended,
            UserDeleted.__name__: self._gone,
        }

    async def take_in(self, events: Sequence[tuple[Topic, bytes]]) -> None:
        """Let them have their effect."""
        batch = Batch()
        for topic, record in events:
            await self._one(batch, topic, record)
        for subject, about_ids in batch.unsaid:
            async with self._units.open(NOBODY) as unit:
                await reading.unsay(unit, subject, about_ids)
        await self._tell(batch.left())
        if batch.marks:
            async with self._units.open(NOBODY) as unit:
                await reading.read(unit, reading.folded(batch.marks))

    async def _one(self, batch: Batch, topic: Topic, record: bytes) -> None:
        header, body = unpack(record)
        try:
            await self._table[header.name](batch, topic, header, body)
        except Unavailable:
            raise
        except (DomainError, ValueError, KeyError) as error:
            # Of another release, or about what is no more: the others must not wait behind it.
            log.error("event.passed_over", name=header.name, topic=topic, error=repr(error))

    async def _tell(self, concerns: Sequence[Concern]) -> None:
        if not concerns:
            return
        pieces = await telling.settled(self._units.tools, self._crowd, concerns)
        async with self._turn:
            for piece in pieces:
                async with self._units.open(NOBODY) as unit:
                    await telling.tell(unit, piece)
                for entry in piece:
                    self._decided.labels(str(entry.reason), entry.way.name.lower()).inc()
        if pieces:
            self._nudge()

    # What is said and read.

    async def _message(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        route, author = header.route, header.route.author_id or 0
        if author in self._crowd.people:
            # Who writes somewhere has read what was there.
            message = open_as(MessageCreate, body)
            subject = notices.of_channel(int(message.channel_id))
            batch.marks.append((author, subject, int(message.id)))
        if route.guild_id is not None:
            if not self._may_concern(route):
                return
            message = open_as(MessageCreate, body)
            concern = await concerning.of_guild(self._units.tools, self._crowd, message, route)
        else:
            hearer = _person_of(topic)
            if hearer == author:
                return
            message = open_as(MessageCreate, body)
            concern = await concerning.of_private(self._units.tools, self._crowd, message, hearer)
        if concern is not None:
            batch.concerns.append(concern)

    def _may_concern(self, route: Route) -> bool:
        room = self._crowd.rooms.get(route.guild_id or 0)
        return room is not None and bool(room.members.keys() - {route.author_id})

    async def _read(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        read = open_as(MessageAck, body)
        subject = notices.of_channel(int(read.channel_id))
        batch.marks.append((int(read.user_id), subject, int(read.message_id)))

    async def _deleted(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        if header.name == MessageDelete.__name__:
            one = open_as(MessageDelete, body)
            gone: tuple[int, ...] = (int(one.id),)
            channel_id = int(one.channel_id)
        else:
            many = open_as(MessageDeleteBulk, body)
            gone, channel_id = tuple(map(int, many.ids)), int(many.channel_id)
        batch.unsaid.append((notices.of_channel(channel_id), gone))

    # Between people.

    async def _related(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(RelationshipAdd, body)
        self._crowd.stands_otherwise(int(event.user_id), int(event.id))
        concern = concerning.of_relationship(self._units.tools, event, header.event_id)
        if concern is not None:
            batch.concerns.append(concern)

    async def _unrelated(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(RelationshipRemove, body)
        self._crowd.stands_otherwise(int(event.user_id), int(event.id))

    async def _rings(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event, hearer = open_as(CallUpdate, body), _person_of(topic)
        call = (hearer, int(event.channel_id))
        if hearer not in map(int, event.ringing):
            self._stop_ringing(batch, call, header)
        elif call not in self._ringing:
            self._ringing.add(call)
            tools = self._units.tools
            concern = await concerning.of_call(tools, event, hearer, header.event_id)
            if concern is not None:
                batch.concerns.append(concern)

    async def _hangs_up(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(CallDelete, body)
        self._stop_ringing(batch, (_person_of(topic), int(event.channel_id)), header)

    def _stop_ringing(self, batch: Batch, call: tuple[int, int], header: Header) -> None:
        self._ringing.discard(call)
        hearer, channel_id = call
        batch.marks.append((hearer, notices.of_call(channel_id), header.event_id))

    async def _begins(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(ScheduledEventUpdate, body)
        if event.status is not EventStatus.ACTIVE:
            return
        concern = await concerning.of_event(self._units.tools, self._crowd, event)
        if concern is not None and concern.listeners:
            batch.concerns.append(concern)

    async def _called_off(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(ScheduledEventDelete, body)
        began = int(event.scheduled_start_time.timestamp())
        batch.unsaid.append((notices.of_event(int(event.id)), (began,)))

    # Where people are.

    async def _joined(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(GuildJoined, body)
        await self._crowd.join(int(event.user_id), int(event.guild_id), self._listener)

    async def _left(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(GuildLeft, body)
        self._crowd.leave(int(event.user_id), int(event.id), self._listener)

    async def _ended(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(GuildDeleted, body)
        self._crowd.end(int(event.guild_id), self._listener)

    async def _member(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        if (header.route.user_id or 0) in self._crowd.people:
            event = open_as(MemberUpdate, body)
            self._crowd.is_like(int(event.guild_id), event)

    async def _removed(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        user_id, guild_id = header.route.user_id or 0, header.route.guild_id or 0
        if user_id in self._crowd.people:
            self._crowd.leave(user_id, guild_id, self._listener)

    async def _follows(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        self._crowd.follows_otherwise(header.route.channel_id or 0)

    async def _renamed(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        self._crowd.renames(header.route.channel_id or 0)

    # How people wish to be told.

    async def _wishes(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(UserGuildSettingsUpdate, body)
        self._crowd.wishes(int(event.user_id), event)

    async def _settings(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event: Any = open_as(UserSettingsUpdate, body)
        locale = (event.model_extra or {}).get("locale")
        await self._set(event.user_id, locale=locale, is_dnd=None)

    async def _status(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        event = open_as(StatusChosen, body)
        await self._set(event.user_id, locale=None, is_dnd=event.status is Status.DND)

    async def _set(self, user_id: UserId, *, locale: str | None, is_dnd: bool | None) -> None:
        if int(user_id) not in self._crowd.people or (locale is None and is_dnd is None):
            return
        async with self._units.open(NOBODY) as unit:
            await people.is_set(unit, user_id, locale=locale, is_dnd=is_dnd)
            self._crowd.people |= {
                int(one.user_id): one for one in await people.those(unit, [user_id])
            }

    # Who is watched.

    async def _watched(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        user_id = header.route.user_id or 0
        async with self._units.reading(NOBODY) as unit:
            found = await people.those(unit, [user_id])
        for person in found:
            await self._crowd.watch(person, self._listener)

    async def _login_ended(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        async with self._units.open(NOBODY) as unit:
            await devices.end_login(unit, open_as(LoginEnded, body))

    async def _gone(self, batch: Batch, topic: Topic, header: Header, body: bytes) -> None:
        user_id = open_as(UserDeleted, body).user_id
        async with self._units.open(NOBODY) as unit:
            await people.forget(unit, user_id)
        await self._crowd.unwatch(int(user_id), self._listener)


def _person_of(topic: Topic) -> int:
    """Whose topic it is."""
    return int(topic.rpartition(":")[2])
