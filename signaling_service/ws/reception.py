"""Who shows a token is let in: to the stay that it names, or, signed by an operator's program, into
the room that it names. One way for all doors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.clock import Clock
from chassis.logs import logger
from chassis.tasks import Tasks
from contracts.errors import DomainError, Forbidden, Unauthorized
from contracts.rpc.media import Manner, Source
from signaling_service.actions import keeping
from signaling_service.domain.rights import Rights, granted
from signaling_service.domain.stays import Stay
from signaling_service.domain.tokens import Claims, read
from signaling_service.hall.hall import Hall, sid
from signaling_service.hall.rooms import Door, Guest, Room, Why
from signaling_service.tools import Tools
from signaling_service.ws.absent import Absent

log = logger("reception")

_SOURCES = {
    "microphone": Source.MICROPHONE,
    "camera": Source.CAMERA,
    "screen_share": Source.SCREEN,
    "screen_share_audio": Source.SCREEN_AUDIO,
}


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who may come in, and where."""

    claims: Claims
    stay: Stay | None
    rights: Rights
    room: str
    capacity: int = 0


class Reception:
    """Everything that doors share."""

    def __init__(
        self,
        tools: Tools,
        hall: Hall,
        *,
        trusts_operators: bool,
        tasks: Tasks,
        heartbeat_s: float,
    ) -> None:
        self.hall = hall
        self.tasks = tasks
        self.heartbeat_s = heartbeat_s
        """How often bots say that they live."""
        self.node = tools.node
        self.region = tools.region
        self._tools = tools
        self._trusts_operators = trusts_operators

    @property
    def tools(self) -> Tools:
        """What actions work with."""
        return self._tools

    @property
    def clock(self) -> Clock:
        """Of the house."""
        return self._tools.clock

    async def admit(self, token: str) -> Admitted:
        """Who shows this; Unauthorized or Forbidden otherwise."""
        keys = {self._tools.issuer: self._tools.secret}
        claims = read(token, keys, self._tools.clock.now_ms() / 1000)
        if claims is None or not claims.identity:
            raise Unauthorized
        if not claims.room or not claims.has("roomJoin"):
            raise Forbidden
        if claims.ticket:
            return await self._staying(claims)
        if not self._trusts_operators:
            raise Unauthorized
        return Admitted(claims, None, _granted(claims), claims.room)

    def operator(self, token: str) -> Claims:
        """An operator's program; Unauthorized for anybody else."""
        keys = {self._tools.issuer: self._tools.secret}
        claims = read(token, keys, self._tools.clock.now_ms() / 1000)
        if claims is None or claims.ticket or not self._trusts_operators:
            raise Unauthorized
        return claims

    async def enter(self, admitted: Admitted, door: Door, manner: Manner, **how: Any) -> Guest:
        """Let somebody in who was admitted."""
        claims = admitted.claims
        guest = Guest(
            sid=sid("PA"),
            identity=claims.identity,
            door=door,
            manner=manner,
            name=claims.name,
            metadata=claims.metadata,
            attributes=dict(claims.attributes),
            rights=admitted.rights,
            stay=admitted.stay,
            is_hidden=claims.has("hidden"),
            may_send_data=claims.has("canPublishData", unless_said=True),
            visit_id=self._tools.new_id() if admitted.stay is not None else 0,
            **how,
        )
        guest.rights = guest.heeded(admitted.rights)
        await self.hall.enter(admitted.room, guest)
        stay = admitted.stay
        if stay is not None:
            named = (self._tools, stay.place_id, stay.user_id, stay.ticket)
            if await keeping.connected(*named) is None:
                await self.hall.leave(guest, Why.REMOVED)
                raise Unauthorized
        return guest

    def room_of(self, guest: Guest) -> Room | None:
        """The room that somebody is in."""
        return self.hall.rooms.get(self.hall.name_of(guest))

    def linger(self, guest: Guest, door: Door | None = None) -> None:
        """The socket of somebody broke: they may be back soon. Until then their `door` keeps what
        they are told, or nobody does.
        """
        if guest.is_gone:
            return
        absent = guest.door = door or Absent()
        self.tasks.spawn("reception:linger", self._let_go(guest, absent))

    async def _let_go(self, guest: Guest, absent: Door) -> None:
        await self._tools.clock.sleep(self._tools.spans.pending_s)
        if guest.door is absent and not guest.is_gone:
            await self.hall.leave(guest, Why.LEFT)

    async def _staying(self, claims: Claims) -> Admitted:
        if not claims.identity.isdigit():
            raise Unauthorized
        stay = await self._tools.stays.one(claims.place_id, int(claims.identity))
        if stay is None or stay.ticket != claims.ticket or stay.node != self._tools.node:
            raise Unauthorized
        try:
            rights = await keeping.rights_of(self._tools, stay)
        except DomainError as error:
            log.info("rights.unknown", user=stay.user_id, reason=str(error))
            raise
        return Admitted(claims, stay, rights, str(stay.channel_id))


def _granted(claims: Claims) -> Rights:
    """What an operator's token lets its bearer do."""
    named = claims.grants.get("canPublishSources")
    named = named if isinstance(named, list) else []
    sources = [_SOURCES[one] for one in named if isinstance(one, str) and one in _SOURCES]
    return granted(
        may_publish=claims.has("canPublish", unless_said=True) and bool(sources or not named),
        sources=sources,
        may_listen=claims.has("canSubscribe", unless_said=True),
    )
