"""Who is in voice for nothing: alone in a call, or silent for long in a community that has a
channel for those who are away. And calls that nobody takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from chassis.logs import logger
from contracts.errors import DomainError
from contracts.guild_facts import GuildFacts
from signaling_service.actions import calling, telling
from signaling_service.domain.stays import Stay
from signaling_service.tools import Tools

log = logger("idling")


class Idling:
    """Looks at everybody on this node, and remembers since when they are alone."""

    def __init__(
        self, tools: Tools, *, alone_s: float, alone_in_guild_s: float, ring_s: float
    ) -> None:
        self._tools = tools
        self._alone_s = alone_s
        self._alone_in_guild_s = alone_in_guild_s
        self._ring_s = ring_s
        self._alone: dict[str, int] = {}
        """By ticket: the moment since when."""

    async def look(self, spoke: Mapping[str, int]) -> None:
        """`spoke`: when each connection was heard last, by ticket."""
        now = self._tools.clock.now_ms()
        rooms: defaultdict[int, list[Stay]] = defaultdict(list)
        for stay in await self._tools.stays.on(self._tools.node):
            rooms[stay.channel_id].append(stay)
        alone = [stays[0] for stays in rooms.values() if len(stays) == 1]
        self._alone = {one.ticket: self._alone.get(one.ticket, now) for one in alone}
        for stay in alone:
            limit = self._alone_s if stay.guild_id is None else self._alone_in_guild_s
            if limit and now - self._alone[stay.ticket] >= limit * 1000:
                await self._end(stay)
        for channel_id, stays in rooms.items():
            if stays[0].guild_id is None:
                await self._hush(channel_id, now)
            else:
                await self._rest([one for one in stays if one.ticket in spoke], spoke, now)

    async def _end(self, stay: Stay) -> None:
        async with self._tools.stays.turn(stay.user_id):
            now = await self._tools.stays.one(stay.place_id, stay.user_id)
            if now is not None and now.ticket == stay.ticket:
                await telling.end(self._tools, now, "alone")

    async def _hush(self, channel_id: int, now: int) -> None:
        call = await self._tools.ongoing.one(channel_id)
        if call is not None and call.ringing and now - call.rang_ms >= self._ring_s * 1000:
            await calling.forget_ringing(self._tools, call)

    async def _rest(self, stays: list[Stay], spoke: Mapping[str, int], now: int) -> None:
        """Bring those who said nothing for long where a community wants them."""
        for stay in stays:
            assert stay.guild_id is not None
            try:
                standing = await self._tools.facts.standing(
                    stay.guild_id, stay.channel_id, stay.user_id
                )
                if _is_away(standing.facts, stay, now - spoke[stay.ticket]):
                    await self._bring(stay, int(standing.facts.afk_channel_id or 0))
            except DomainError as error:
                log.info("idling.unsure", user=stay.user_id, reason=str(error))

    async def _bring(self, stay: Stay, channel_id: int) -> None:
        async with self._tools.stays.turn(stay.user_id):
            now = await self._tools.stays.one(stay.place_id, stay.user_id)
            node = await self._tools.nodes.place(channel_id)
            if now is None or now.ticket != stay.ticket or node is None:
                return
            after = replace(
                telling.awaited(self._tools, now),
                channel_id=channel_id,
                node=node.name,
                ticket=self._tools.new_ticket(),
                was_moved=True,
            )
            await telling.change(self._tools, now, after)
            await telling.invite(self._tools, after)


def _is_away(facts: GuildFacts, stay: Stay, silent_ms: int) -> bool:
    """Whether somebody belongs into the channel for those who are away. Bots play music there."""
    if facts.afk_channel_id is None or stay.channel_id == facts.afk_channel_id or stay.is_bot:
        return False
    is_busy = stay.has_camera or stay.has_screen
    return not is_busy and silent_ms >= facts.afk_timeout * 1000
