"""What neighbours know of people who arrive and of guilds that are entered, asked for many at once.
What is said of it in READY is not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chassis.tasks import Tasks
from contracts.errors import Unanswered, Unavailable
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.limits import ACTIVE_THREADS_OF_GUILDS, ARRIVALS_ASKED
from contracts.rpc import chat, community, users
from contracts.rpc.presence import GetPresences
from contracts.rpc.signaling import GetCalls
from contracts.wire import JSON
from gateway.live.seams import Asks
from gateway.together import Together


class Reader(NamedTuple):
    """Whom chat_service is asked about: a person is mentioned by these names, each since when."""

    user_id: int
    is_person: bool
    aliases: tuple[tuple[Snowflake, int], ...] = ()


_PAGES_MOST = 10
Ids = tuple[int, ...]


class Inquiry:
    """Everybody who arrives asks here."""

    def __init__(self, calls: Asks, tasks: Tasks) -> None:
        self._calls = calls
        most = ARRIVALS_ASKED
        self.accounts = Together("arrivals:user", self._accounts, tasks, most=most)
        self.memberships = Together("arrivals:community", self._memberships, tasks, most=most)
        self.talk = Together("arrivals:chat", self._talk, tasks, most=most)
        self.presences = Together("arrivals:presence", self._presences, tasks, most=most)
        self.ongoing = Together("arrivals:signaling", self._ongoing, tasks, most=most)
        self.threads = Together("threads", self._threads, tasks, most=ACTIVE_THREADS_OF_GUILDS)

    async def further(self, me: users.Arriving) -> list[JSON]:
        """The rest of a long list of friends and blocked ones."""
        found: list[JSON] = []
        after = me.relationships[-1]["id"]
        for _ in range(_PAGES_MOST):
            asked = users.GetRelationships(user_id=me.user_id, after=UserId(int(after)))
            page = await self._calls.ask(asked)
            found += (one.dump() for one in page.relationships)
            if not page.is_more or not page.relationships:
                break
            after = found[-1]["id"]
        return found

    async def _accounts(self, ids: Ids) -> Mapping[int, users.Arriving]:
        found = await self._calls.ask(users.GetArrivals(user_ids=_of_people(ids)))
        return {int(one.user_id): one for one in found.people}

    async def _memberships(self, ids: Ids) -> Mapping[int, Mapping[GuildId, JSON]]:
        found = await self._calls.ask(community.GetArrivals(user_ids=_of_people(ids)))
        return {int(one.user_id): one.guilds for one in found.people}

    async def _talk(self, readers: tuple[Reader, ...]) -> Mapping[Reader, chat.Arriving]:
        # The same person under different names would be two answers to one question.
        asked = {reader.user_id: reader for reader in readers}
        call = chat.GetArrivals(readers=tuple(map(_reader, asked.values())))
        found = {asked[int(one.user_id)]: one for one in (await self._calls.ask(call)).people}
        rest = tuple(reader for reader in readers if reader not in asked.values())
        return found if not rest else {**found, **await self._talk(rest)}

    async def _presences(self, circles: tuple[Ids, ...]) -> Mapping[Ids, Mapping[int, JSON]]:
        """Of the friends of each."""
        everybody = tuple({one: None for circle in circles for one in circle})
        asked = GetPresences(user_ids=_of_people(everybody))
        here = {int(p.user.id): p.dump() for p in (await self._calls.ask(asked)).presences}
        return {circle: {one: here[one] for one in circle if one in here} for circle in circles}

    async def _ongoing(self, lists: tuple[Ids, ...]) -> Mapping[Ids, Sequence[JSON]]:
        """Calls in the conversations of each. Nobody waits for voice: while it is away, no call
        can be taken anyway.
        """
        everywhere = tuple({one: None for ids in lists for one in ids})
        try:
            asked = GetCalls(channel_ids=tuple(map(ChannelId, everywhere)))
            calls = {
                int(one.channel_id): one.dump() for one in (await self._calls.ask(asked)).calls
            }
        except (Unanswered, Unavailable):
            return {}
        return {ids: [calls[one] for one in ids if one in calls] for ids in lists}

    async def _threads(self, guilds: Ids) -> Mapping[int, Sequence[chat.ActiveThread]]:
        """What is active in each guild."""
        found: dict[int, list[chat.ActiveThread]] = defaultdict(list)
        asked = chat.GetActiveThreads(guild_ids=tuple(map(GuildId, guilds)))
        for one in (await self._calls.ask(asked)).threads:
            found[int(one.thread.guild_id)].append(one)
        return found


def _of_people(ids: Ids) -> tuple[UserId, ...]:
    return tuple(map(UserId, ids))


def _reader(reader: Reader) -> chat.Reader:
    # Of what was validated when it came; there are many of them, with many names each.
    return chat.Reader.model_construct(
        user_id=UserId(reader.user_id), is_person=reader.is_person, mentioned_as=reader.aliases
    )
