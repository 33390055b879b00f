"""Whom this process watches, and where they are members: what a decision about a message needs
without asking anybody. Kept true by the events that it hears; what was missed is asked anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable

from chassis.bus import Bus, Listener
from chassis.clock import Clock
from chassis.replica import Replica
from chassis.rpc import Calls
from contracts import topics
from contracts.errors import Forbidden, NotFound
from contracts.guild_facts import STALE_ON, GuildFacts
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.member import Member, MemberFace
from contracts.objects.settings import GuildNotifications, NotifyLevel
from contracts.rpc.chat import GetPrivateChannel, GetThreadFollowers
from contracts.rpc.community import GetGuildFacts, GetInterested, GetMembers, GetMemberships
from contracts.rpc.users import GetStandings, GetWishes
from contracts.topics import Topic
from notification_service.domain.concerns import Room
from notification_service.domain.people import Person
from notification_service.domain.wishes import level_in_thread

AT_ONCE = 500
"""People in one question."""
_AUTHORS = 2_000
_NAMES = 20_000
_THREADS = 1_000


class Crowd:
    """Everybody who is watched."""

    def __init__(self, calls: Calls, bus: Bus, clock: Clock) -> None:
        self._calls = calls
        self._bus = bus
        self.people: dict[int, Person] = {}
        self.rooms: dict[int, Room] = {}
        self._topics: set[Topic] = set()
        self._guilds: dict[int, set[int]] = {}
        """Where each is a member."""
        self._private: dict[int, GuildNotifications | None] = {}
        self._cuts: OrderedDict[int, dict[int, bool]] = OrderedDict()
        """By author: who of the watched has nothing to do with them."""
        self._names: OrderedDict[int, str] = OrderedDict()
        self._followers: OrderedDict[int, dict[int, NotifyLevel]] = OrderedDict()
        self.facts: Replica[int, GuildFacts] = Replica(
            "guild_facts",
            fetch=self._fetch_facts,
            bus=bus,
            topic_of=topics.facts,
            stale_on=STALE_ON,
            clock=clock,
            max_age=3_600.0,
        )

    # Who is watched.

    async def watch(self, person: Person, listener: Listener) -> None:
        """Hear everything of this person from now on."""
        user_id = int(person.user_id)
        if user_id not in self.people:
            await self._hear(topics.user(user_id), listener)
            await self.place(user_id, listener)
        self.people[user_id] = person

    async def unwatch(self, user_id: int, listener: Listener) -> None:
        """This person is gone."""
        if self.people.pop(user_id, None) is None:
            return
        self._ignore(topics.user(user_id), listener)
        for guild_id in tuple(self._guilds.pop(user_id, ())):
            self._take_out(guild_id, user_id, listener)
        self._private.pop(user_id, None)

    async def place(self, user_id: int, listener: Listener) -> None:
        """Find out anew where somebody is a member."""
        found = await self._calls.ask(GetMemberships(user_id=UserId(user_id)))
        here = {int(each.guild_id): each.member for each in found.memberships}
        for guild_id in tuple(self._guilds.get(user_id, ())):
            if guild_id not in here:
                self.leave(user_id, guild_id, listener)
        for guild_id, member in here.items():
            await self._let_in(guild_id, member, listener)
        self._private.pop(user_id, None)

    async def join(self, user_id: int, guild_id: int, listener: Listener) -> None:
        """Somebody became a member."""
        if user_id not in self.people:
            return
        asked = GetMembers(guild_id=GuildId(guild_id), user_ids=(UserId(user_id),))
        for member in (await self._calls.ask(asked)).members:
            await self._let_in(guild_id, member, listener)

    def leave(self, user_id: int, guild_id: int, listener: Listener) -> None:
        """Somebody is a member no longer."""
        self._guilds.get(user_id, set()).discard(guild_id)
        self._take_out(guild_id, user_id, listener)

    async def renew(self, guild_id: int, listener: Listener) -> None:
        """Ask anew for everybody in a guild: events of it were missed."""
        room = self.rooms.get(guild_id)
        if room is None:
            return
        room.wishes = None
        for some in _pieces(tuple(room.members)):
            asked = GetMembers(
                guild_id=GuildId(guild_id), user_ids=tuple(UserId(one) for one in some)
            )
            found = {int(each.user.id): each for each in (await self._calls.ask(asked)).members}
            for user_id in some:
                if user_id in found:
                    room.members[user_id] = found[user_id].face()
                else:
                    self.leave(user_id, guild_id, listener)
        room.stir()

    def end(self, guild_id: int, listener: Listener) -> None:
        """A guild is gone."""
        room = self.rooms.get(guild_id)
        for user_id in tuple(room.members) if room is not None else ():
            self.leave(user_id, guild_id, listener)

    async def mend(self, topic: Topic, listener: Listener) -> None:
        """Events of this topic were missed: what is known of it is asked anew."""
        kind, _, number = topic.partition(":")
        if kind == "guild":
            await self.renew(int(number), listener)
        elif kind == "user" and int(number) in self.people:
            await self.place(int(number), listener)
            self._cuts.clear()

    def topics(self) -> list[Topic]:
        """All that is listened to."""
        return sorted(self._topics)

    def memberships(self, user_id: int) -> dict[int, MemberFace]:
        """Somebody in all their communities."""
        here = self._guilds.get(user_id, ())
        return {guild_id: self.rooms[guild_id].members[user_id] for guild_id in here}

    # What changes.

    def is_like(self, guild_id: int, member: Member) -> None:
        """A member changed."""
        room = self.rooms.get(guild_id)
        if room is not None and int(member.user.id) in room.members:
            room.members[int(member.user.id)] = member.face()

    def wishes(self, user_id: int, wish: GuildNotifications) -> None:
        """Somebody wishes otherwise from now on."""
        if wish.guild_id is None:
            self._private[user_id] = wish
            return
        room = self.rooms.get(int(wish.guild_id))
        if room is not None and room.wishes is not None and user_id in room.members:
            room.wishes[user_id] = wish
            room.stir()

    def stands_otherwise(self, user_id: int, other_id: int) -> None:
        """Something changed between these two."""
        self._cuts.get(other_id, {}).pop(user_id, None)
        self._cuts.get(user_id, {}).pop(other_id, None)

    def renames(self, channel_id: int) -> None:
        """A conversation or a thread changed."""
        self._names.pop(channel_id, None)

    def follows_otherwise(self, thread_id: int) -> None:
        """Somebody came into a thread, left it, or wants something else of it."""
        self._followers.pop(thread_id, None)

    # What is asked.

    async def room(self, guild_id: int) -> Room | None:
        """A guild with the wishes of those in it; None where nobody is watched."""
        room = self.rooms.get(guild_id)
        if room is not None and room.wishes is None:
            found = [
                await self._calls.ask(GetWishes(user_ids=_ids(some), guild_id=GuildId(guild_id)))
                for some in _pieces(tuple(room.members))
            ]
            room.wishes = {int(w.user_id): w.settings for each in found for w in each.wishes}
            room.stir()
        return room

    async def private_wish(self, user_id: int) -> GuildNotifications | None:
        """How somebody wishes to be told of private conversations."""
        if user_id not in self._private:
            found = await self._calls.ask(GetWishes(user_ids=(UserId(user_id),)))
            self._private[user_id] = next((each.settings for each in found.wishes), None)
        return self._private[user_id]

    async def name_of(self, user_id: int, channel_id: int) -> str:
        """What a group or a thread is called; between two people it has no name."""
        if channel_id not in self._names:
            asked = GetPrivateChannel(user_id=UserId(user_id), channel_id=ChannelId(channel_id))
            try:
                found = await self._calls.ask(asked)
                named = found.thread or found.channel
                self._names[channel_id] = (named.name if named is not None else None) or ""
            except (NotFound, Forbidden):
                self._names[channel_id] = ""
            if len(self._names) > _NAMES:
                self._names.popitem(last=False)
        return self._names[channel_id]

    async def followers(self, thread_id: int) -> dict[int, NotifyLevel]:
        """Who is in a thread, and what each wants of it."""
        known = self._followers.get(thread_id)
        if known is None:
            asked = GetThreadFollowers(thread_id=ChannelId(thread_id))
            members = (await self._calls.ask(asked)).members
            known = {int(one.user_id): level_in_thread(one) for one in members}
            self._followers[thread_id] = known
            if len(self._followers) > _THREADS:
                self._followers.popitem(last=False)
        return known

    async def interested(self, event_id: int) -> list[int]:
        """Everybody, watched or not, who is interested in a scheduled event."""
        found: list[int] = []
        while True:
            after = UserId(found[-1] if found else 0)
            asked = GetInterested(event_id=Snowflake(event_id), after=after, limit=AT_ONCE)
            page = (await self._calls.ask(asked)).user_ids
            found += map(int, page)
            if len(page) < AT_ONCE:
                return found

    async def cut(self, author_id: int, others: Collection[int]) -> set[int]:
        """Who of these has blocked the author, or is blocked by them."""
        known = self._cuts.setdefault(author_id, {})
        self._cuts.move_to_end(author_id)
        if len(self._cuts) > _AUTHORS:
            self._cuts.popitem(last=False)
        for some in _pieces([one for one in others if one not in known]):
            asked = GetStandings(user_id=UserId(author_id), other_ids=_ids(some))
            for standing in (await self._calls.ask(asked)).standings:
                known[int(standing.user_id)] = standing.is_cut
        return {one for one in others if known.get(one)}

    async def _hear(self, topic: Topic, listener: Listener) -> None:
        """Once, however often somebody failed half way."""
        if topic not in self._topics:
            self._topics.add(topic)
            await self._bus.subscribe(topic, listener)

    def _ignore(self, topic: Topic, listener: Listener) -> None:
        if topic in self._topics:
            self._topics.remove(topic)
            self._bus.unsubscribe(topic, listener)

    async def _fetch_facts(self, guild_id: int) -> GuildFacts:
        found = await self._calls.ask(GetGuildFacts(guild_id=GuildId(guild_id)))
        if found.facts is None:
            raise NotFound
        return found.facts

    async def _let_in(self, guild_id: int, member: Member, listener: Listener) -> None:
        user_id = int(member.user.id)
        room = self.rooms.get(guild_id)
        if room is None:
            await self._hear(topics.guild(guild_id), listener)
            room = self.rooms.setdefault(guild_id, Room())
        self._guilds.setdefault(user_id, set()).add(guild_id)
        room.members[user_id] = member.face()
        if room.wishes is not None:
            asked = GetWishes(user_ids=(UserId(user_id),), guild_id=GuildId(guild_id))
            found = (await self._calls.ask(asked)).wishes
            room.wishes |= {int(one.user_id): one.settings for one in found}
        room.stir()

    def _take_out(self, guild_id: int, user_id: int, listener: Listener) -> None:
        room = self.rooms.get(guild_id)
        if room is None:
            return
        room.members.pop(user_id, None)
        room.stir()
        if not room.members:
            del self.rooms[guild_id]
            self._ignore(topics.guild(guild_id), listener)


def _ids(some: Iterable[int]) -> tuple[UserId, ...]:
    return tuple(UserId(one) for one in some)


def _pieces(ids: Collection[int]) -> list[list[int]]:
    every = list(ids)
    return [every[start : start + AT_ONCE] for start in range(0, len(every), AT_ONCE)]
