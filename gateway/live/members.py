"""REQUEST GUILD MEMBERS answered in chunks. Who may ask is decided by being in the guild."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from chassis.clock import Clock
from chassis.logs import logger
from contracts.errors import DomainError
from contracts.ids import GuildId, UserId
from contracts.objects.member import Member
from contracts.rpc.community import GetGuild, GetMembers
from contracts.rpc.presence import GetPresences
from contracts.wire import JSON
from gateway.live import telling
from gateway.live.hub import Hub
from gateway.live.payloads import MembersRequest
from gateway.live.seams import Asks
from gateway.live.viewer import Viewer

log = logger("members")

_CHUNK = 1_000
_PATIENCE_S = 0.05


class Chunks:
    """Answers opcode 8."""

    def __init__(self, hub: Hub, calls: Asks, clock: Clock) -> None:
        self._hub = hub
        self._calls = calls
        self._clock = clock

    async def answer(self, viewer: Viewer, request: MembersRequest) -> None:
        """GUILD_MEMBERS_CHUNK, one or more; nothing for a guild the session is not in."""
        if request.guild_id not in viewer.guilds:
            return
        try:
            members = await self._find(request)
            presences = await self._presences(members) if request.presences else []
        except DomainError as error:
            log.warning("members.unavailable", guild=request.guild_id, reason=str(error))
            return
        while viewer.is_behind:
            await self._clock.sleep(_PATIENCE_S)
        if self._hub.is_live(viewer):
            self._tell(viewer, request, members, presences)

    async def _find(self, request: MembersRequest) -> list[Member]:
        guild_id = GuildId(request.guild_id)
        if request.query is None:
            ids = tuple(map(UserId, request.user_ids))
            found = await self._calls.ask(GetMembers(guild_id=guild_id, user_ids=ids))
            return list(found.members)
        guild = await self._calls.ask(GetGuild(guild_id=guild_id))
        members: Iterable[Member] = guild.snapshot.members if guild.snapshot else ()
        prefix = request.query.casefold()
        matching = [member for member in members if _is_called(member, prefix)]
        return matching[: request.limit] if request.limit else matching

    async def _presences(self, members: list[Member]) -> list[JSON]:
        ids = tuple(UserId(member.user.id) for member in members)
        found = await self._calls.ask(GetPresences(user_ids=ids))
        return [presence.dump() for presence in found.presences]

    def _tell(
        self, viewer: Viewer, request: MembersRequest, members: list[Member], presences: list[JSON]
    ) -> None:
        known = {int(member.user.id) for member in members}
        chunks = [members[i : i + _CHUNK] for i in range(0, len(members), _CHUNK)] or [[]]
        for index, chunk in enumerate(chunks):
            d: JSON = {
                "guild_id": str(int(request.guild_id)),
                "members": [member.dump() for member in chunk],
                "chunk_index": index,
                "chunk_count": len(chunks),
                "not_found": [str(int(i)) for i in request.user_ids if i not in known],
            }
            if request.presences:
                d["presences"] = presences if index == 0 else []
            if request.nonce is not None:
                d["nonce"] = request.nonce
            self._push(viewer, orjson.dumps(d))

    def _push(self, viewer: Viewer, d: bytes) -> None:
        s = self._hub.s

        def push() -> None:
            telling.tell(viewer, s, "GUILD_MEMBERS_CHUNK", d)

        self._hub.fanout.then(viewer, push)


def _is_called(member: Member, prefix: str) -> bool:
    names = (member.nick, member.user.global_name, member.user.username)
    return any(name.casefold().startswith(prefix) for name in names if name)
