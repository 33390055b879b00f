"""REQUEST GUILD MEMBERS answered in chunks. Who may ask is decided by being in the guild, and how
much by the intents of the session. A small guild is answered from what is known here, a large one
page by page.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace

import orjson

from chassis.clock import Clock
from chassis.logs import logger
from contracts.errors import DomainError
from contracts.ids import GuildId, UserId
from contracts.intents import Intent
from contracts.objects.member import Member
from contracts.rpc.community import GetMembers, ListMembers, SearchMembers
from contracts.rpc.presence import GetPresences
from contracts.wire import JSON
from gateway.live import telling
from gateway.live.guild_view import GuildView
from gateway.live.hub import Hub
from gateway.live.payloads import MembersRequest
from gateway.live.seams import Asks
from gateway.live.viewer import Viewer

log = logger("members")

CHUNK = 1_000
_SEARCH_MOST = 100
"""So many at most are found by a name, and by those who may not have all."""
_AT_ONCE = 8
_PATIENCE_S = 0.05

Page = Sequence[JSON]


class Chunks:
    """Answers opcode 8."""

    def __init__(self, hub: Hub, calls: Asks, clock: Clock) -> None:
        self._hub = hub
        self._calls = calls
        self._clock = clock
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting: dict[Viewer, deque[MembersRequest]] = {}
        """What sessions ask for beyond what they are being told."""

    async def answer(self, viewer: Viewer, request: MembersRequest) -> None:
        """GUILD_MEMBERS_CHUNK, one or more; nothing for a guild the session is not in."""
        if request.guild_id not in viewer.guilds:
            return
        if (waiting := self._waiting.get(viewer)) is not None:
            waiting.append(request)
            return
        waiting = self._waiting[viewer] = deque([request])
        try:
            while waiting and self._hub.is_live(viewer):
                await self._try(viewer, allowed(viewer.intents, waiting.popleft()))
        finally:
            del self._waiting[viewer]

    async def _try(self, viewer: Viewer, request: MembersRequest) -> None:
        try:
            await self._answer(viewer, request)
        except DomainError as error:
            log.warning("members.unavailable", guild=request.guild_id, reason=str(error))

    async def _answer(self, viewer: Viewer, request: MembersRequest) -> None:
        guild = self._hub.atlas.guild_at(request.guild_id)
        if guild is None or guild.view is None:
            return
        async with self._turns:
            pages, count = await self._find(guild.view, request)
        for index in range(count):
            # Who asks for fifty thousand and reads none of them is not kept a copy.
            while viewer.outlet.stalled and self._hub.is_live(viewer):
                await self._clock.sleep(_PATIENCE_S)
            async with self._turns:
                page = await anext(pages)
                presences = await self._presences(page) if request.presences else None
            while viewer.is_behind:
                await self._clock.sleep(_PATIENCE_S)
            if not self._hub.is_live(viewer):
                return
            self._push(viewer, _chunk(request, page, presences, index, count))

    async def _find(
        self, view: GuildView, request: MembersRequest
    ) -> tuple[AsyncIterator[Page], int]:
        """The pages, and how many there are: that has to be said with the first one."""
        guild_id = GuildId(request.guild_id)
        if view.members is not None:
            found = _matching(view.members, request)
        elif request.query is None:
            ids = tuple(map(UserId, request.user_ids))
            found = _dumped(await self._ask(GetMembers(guild_id=guild_id, user_ids=ids)))
        elif request.query or request.limit:
            query, most = request.query, min(request.limit or _SEARCH_MOST, _SEARCH_MOST)
            search = SearchMembers(guild_id=guild_id, query=query, limit=most)
            found = _dumped(await self._ask(search))
        else:
            return self._all(guild_id, view.count), _pages(view.count)
        cut = [found[i : i + CHUNK] for i in range(0, len(found), CHUNK)] or [[]]
        return _each(cut), len(cut)

    async def _all(self, guild_id: GuildId, count: int) -> AsyncIterator[Page]:
        # Who comes or goes meanwhile is told by events; so there may be less than was said.
        after = UserId(0)
        for _ in range(_pages(count)):
            found = await self._ask(ListMembers(guild_id=guild_id, after=after, limit=CHUNK))
            after = UserId(found[-1].user.id) if found else after
            yield _dumped(found)

    async def _ask(self, call: GetMembers | SearchMembers | ListMembers) -> Sequence[Member]:
        return (await self._calls.ask(call)).members

    async def _presences(self, page: Page) -> list[JSON]:
        ids = tuple(UserId(int(member["user"]["id"])) for member in page)
        found = await self._calls.ask(GetPresences(user_ids=ids))
        return [presence.dump() for presence in found.presences]

    def _push(self, viewer: Viewer, d: bytes) -> None:
        s = self._hub.s

        def push() -> None:
            telling.tell(viewer, s, "GUILD_MEMBERS_CHUNK", d)

        self._hub.fanout.then(viewer, push)


def allowed(intents: int, request: MembersRequest) -> MembersRequest:
    """As much of what is asked as a session with these intents may have."""
    if request.presences and not intents & Intent.GUILD_PRESENCES:
        request = replace(request, presences=False)
    is_all = request.query == "" and not request.limit
    if is_all and not intents & Intent.GUILD_MEMBERS:
        request = replace(request, limit=_SEARCH_MOST)
    if request.query:
        request = replace(request, limit=min(request.limit or _SEARCH_MOST, _SEARCH_MOST))
    return request


def _chunk(
    request: MembersRequest, page: Page, presences: list[JSON] | None, index: int, count: int
) -> bytes:
    known = {member["user"]["id"] for member in page} if request.user_ids else set()
    d: JSON = {
        "guild_id": str(int(request.guild_id)),
        "members": page,
        "chunk_index": index,
        "chunk_count": count,
        "not_found": [str(int(i)) for i in request.user_ids if str(int(i)) not in known],
    }
    if presences is not None:
        d["presences"] = presences
    if request.nonce is not None:
        d["nonce"] = request.nonce
    return orjson.dumps(d)


def _matching(members: Iterable[bytes], request: MembersRequest) -> list[JSON]:
    if request.query is None:
        wanted = {str(int(user_id)) for user_id in request.user_ids}
        return [one for one in map(orjson.loads, members) if one["user"]["id"] in wanted]
    prefix = _folded(request.query)
    found = [one for one in map(orjson.loads, members) if not prefix or _is_called(one, prefix)]
    return found[: request.limit] if request.limit else found


def _is_called(member: JSON, prefix: str) -> bool:
    names = (member["nick"], member["user"]["global_name"], member["user"]["username"])
    return any(_folded(name).startswith(prefix) for name in names if name)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _dumped(members: Iterable[Member]) -> list[JSON]:
    return [member.dump() for member in members]


def _pages(count: int) -> int:
    return max(1, -(-count // CHUNK))


async def _each(pages: Iterable[Page]) -> AsyncIterator[Page]:
    for page in pages:
        yield page
