"""Somebody arrives: who they are, which guilds they are in, all of it heard before it was asked.

gather() asks; is_current() says, at the very moment of going live, whether what was asked still
holds: what the process heard since is folded in, and what can not be folded is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Self

from contracts import topics
from contracts.errors import ErrorCode, NotFound, Unavailable
from contracts.events.base import open_as
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.presence import PresenceUpdate
from contracts.events.role import RoleDelete
from contracts.events.session import LoginEnded
from contracts.events.thread import ThreadMembersUpdate
from contracts.identity import Identity
from contracts.ids import GuildId, Snowflake
from contracts.rpc import chat, users
from contracts.topics import Topic
from contracts.wire import JSON
from gateway.live import threads
from gateway.live.atlas import Unloadable
from gateway.live.hub import Hub, ends
from gateway.live.inquiry import Reader
from gateway.live.lately import Answered
from gateway.live.oneself import Oneself
from gateway.live.people import UserPlace
from gateway.live.personal import Personal
from gateway.live.places import GuildPlace, Place
from gateway.live.replay import Entry

ROUNDS = 6
"""So often what was asked may turn out stale; then the client is asked to come again."""

_SEEN = PresenceUpdate.__name__
_IN_THREADS = ThreadMembersUpdate.__name__
_MEMBER_EVENTS = frozenset({MemberAdd.__name__, MemberUpdate.__name__})


class Arrival:
    """One person on the way in. Places stay pinned while the `with` block lasts."""

    def __init__(
        self,
        hub: Hub,
        identity: Identity,
        *,
        wants_guild: Callable[[int], bool],
        since: int,
        spares: Callable[[int], bool] = lambda guild_id: False,
    ) -> None:
        """`spares`: which guilds may be missing if nobody can show them now."""
        self.me: users.Arriving
        self.personal: Personal | None = None
        """What READY says to a person beside guilds."""
        self.members: dict[int, Oneself] = {}
        """Oneself in each guild."""
        self.guilds: dict[int, GuildPlace] = {}
        self.unavailable: set[int] = set()
        """Guilds that can not be shown."""
        self.joined: dict[int, JSON] = {}
        """Oneself in each active thread."""
        self._hub = hub
        self._identity = identity
        self._wants_guild = wants_guild
        self._spares = spares
        self._since = since
        """The mark before the token was looked at."""
        self._person: UserPlace | None = None
        self._mark = self._changes = 0
        self._is_fresh = False
        self._is_first = True
        self._is_dead = False
        self._topics: frozenset[Topic] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        del kind, error, trace
        pinned: list[Place] = [*self.guilds.values()]
        if self._person is not None:
            pinned.append(self._person)
        for place in pinned:
            self._hub.atlas.unpin(place)
        self.guilds, self._person = {}, None

    @property
    def is_dead(self) -> bool:
        """Whether the login ended on the way in."""
        return self._is_dead

    @property
    def topics(self) -> frozenset[Topic]:
        """Everything that concerns this person."""
        if self._topics is None:
            places = [place.topic for place in self.guilds.values()]
            self._topics = frozenset([topics.user(self._identity.user_id), *places])
        return self._topics

    async def gather(self, *, with_self: bool = True) -> None:
        """Ask for everything, once; is_current() says whether that was enough."""
        atlas, user_id = self._hub.atlas, self._identity.user_id
        if self._person is None or not atlas.holds(self._person):
            self._leave_person()
            self._person = await atlas.person(user_id, self._hub)
        self._topics = None
        known = self._known(self._person) if with_self else None
        if known is None:
            known = await self._ask(self._person, with_self=with_self)
        self._mark, self._changes = known.mark, known.changes
        self.members = self._wanted(known.guilds)
        self.joined = {int(one["id"]): one for one in known.talk.threads}
        if with_self:
            await self._know(known)
        await self._enter()
        # What was not heard before oneself there was asked for may have said more meanwhile.
        self._is_fresh = all(place.heard_as <= known.heard for place in self.guilds.values())

    def is_current(self) -> bool:
        """Whether all of it holds now: go live before anything else can happen."""
        hub, person = self._hub, self._person
        oldest = min(self._mark, self._since)
        if person is None or not self._is_fresh or not hub.ring.holds(oldest):
            return False
        self._look_for_end()
        if self._is_dead:
            return True
        places: list[Place] = [person, *self.guilds.values()]
        if person.changes != self._changes or not all(map(hub.atlas.holds, places)):
            return False
        for entry in hub.ring.after(self._mark, self.topics):
            if entry.header.name == _SEEN and entry.header.route.guild_id is not None:
                continue  # in a storm nearly all of them: the guild's view has it
            if not self._can_fold(entry):
                return False
            route = entry.header.route
            if route.user_id == self._identity.user_id:
                self._fold(entry)
            elif self._user_id in route.mentions and entry.header.name == _IN_THREADS:
                threads.moved(self.joined, self._user_id, route.channel_id or 0, entry.body)
        self._mark = hub.ring.mark
        return True

    def stamps(self) -> list[int]:
        """Up to where each of the topics had been heard when it was entered."""
        return [self._hub.bus.live_since(topic) or 0 for topic in self.topics]

    @property
    def _user_id(self) -> int:
        return int(self._identity.user_id)

    def _look_for_end(self) -> None:
        # A login that ended before the token was looked at would not have been let in.
        if self._hub.ended <= self._since:
            return
        for entry in self._hub.ring.after(self._since, {topics.IDENTITY}):
            if entry.header.name == LoginEnded.__name__:
                ended = open_as(LoginEnded, entry.body)
                if ends(ended, self._identity.user_id, self._identity.session_id):
                    self._is_dead = True

    def _can_fold(self, entry: Entry) -> bool:
        if entry.header.name == RoleDelete.__name__:
            return False  # who held it holds it no more, and that is said of nobody by name
        return self.personal is None or self.personal.fold(entry, self._user_id)

    def _fold(self, entry: Entry) -> None:
        guild_id = entry.header.route.guild_id or 0
        if entry.header.name in _MEMBER_EVENTS:
            self.members[guild_id] = Oneself.heard(entry.body)
        elif entry.header.name == MemberRemove.__name__:
            self.members.pop(guild_id, None)

    def _known(self, person: UserPlace) -> Answered | None:
        """What was answered lately; once, as it may turn out stale. A bot's application may change
        without a word.
        """
        is_first, self._is_first = self._is_first, False
        if not is_first or self._identity.is_bot:
            return None
        return self._hub.atlas.lately.of(person, self._hub.ring.mark)

    async def _ask(self, person: UserPlace, *, with_self: bool) -> Answered:
        atlas = self._hub.atlas
        mark, changes, heard = self._hub.ring.mark, person.changes, atlas.heard
        at = atlas.lately.moment()
        asked = atlas.inquiry.accounts.of(self._user_id) if with_self else None
        guilds = await atlas.inquiry.memberships.of(self._user_id) or {}
        members = self._wanted(guilds)
        is_person = with_self and not self._identity.is_bot
        talk = await self._ask_chat(members, is_person=is_person)
        me = await asked if asked is not None else None
        answered = Answered(person, at, mark, changes, heard, guilds, talk, me)
        if me is not None and is_person and len(members) == len(guilds):
            atlas.lately.keep(answered)
        return answered

    def _wanted(self, guilds: Mapping[GuildId, JSON]) -> dict[int, Oneself]:
        return {
            int(guild_id): Oneself.of(member)
            for guild_id, member in guilds.items()
            if self._wants_guild(guild_id)
        }

    async def _ask_chat(self, members: Mapping[int, Oneself], *, is_person: bool) -> chat.Arriving:
        aliases: list[tuple[Snowflake, int]] = []
        for guild_id, member in members.items() if is_person else ():
            since = int(datetime.fromisoformat(member.joined_at).timestamp() * 1000)
            names = (guild_id, *member.standing.roles)
            aliases += ((Snowflake(name), since) for name in names)
        reader = Reader(self._user_id, is_person, tuple(aliases))
        found = await self._hub.atlas.inquiry.talk.of(reader)
        if found is None:
            raise Unavailable(message="chat_service did not answer about everybody")
        return found

    async def _know(self, known: Answered) -> None:
        me = known.me
        if me is None:
            raise NotFound(ErrorCode.UNKNOWN_USER)
        self.me = me
        if me.settings is not None:
            self.personal = await Personal.of(self._hub.atlas.inquiry, me, known.talk)

    async def _enter(self) -> None:
        atlas = self._hub.atlas
        self.unavailable.clear()
        for guild_id, place in tuple(self.guilds.items()):
            if guild_id not in self.members or not atlas.holds(place):
                atlas.unpin(self.guilds.pop(guild_id))
        missing = [guild_id for guild_id in self.members if guild_id not in self.guilds]
        cold = [guild_id for guild_id in missing if not self._pin(guild_id)]
        if cold:
            outcomes = await asyncio.gather(*map(self._enter_cold, cold), return_exceptions=True)
            for outcome in outcomes:
                if outcome is not None:
                    raise outcome

    async def _enter_cold(self, guild_id: int) -> None:
        try:
            place = await self._hub.atlas.guild(guild_id, self._hub)
        except Unloadable:
            if not self._spares(guild_id):
                raise
            self.unavailable.add(guild_id)
            return
        if place is None:
            del self.members[guild_id]
        else:
            self.guilds[guild_id] = place

    def _pin(self, guild_id: int) -> bool:
        place = self._hub.atlas.guild_at(guild_id)
        if place is None:
            return False
        place.pins += 1
        self.guilds[guild_id] = place
        return True

    def _leave_person(self) -> None:
        if self._person is not None:
            self._hub.atlas.unpin(self._person)
            self._person = None


class Restless(Unavailable):
    """Everything changed all the time: come again."""
