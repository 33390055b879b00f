"""How many are here: a number worth having, and not worth failing for."""

from __future__ import annotations

from collections.abc import Iterable

from community_service.tools import Tools
from contracts.errors import Unavailable
from contracts.ids import UserId
from contracts.rpc.presence import GetPresences


async def present(tools: Tools, user_ids: Iterable[int]) -> frozenset[int]:
    """Those of them who are not offline."""
    call = GetPresences(user_ids=tuple(UserId(one) for one in user_ids))
    found = (await tools.calls.ask(call)).presences
    return frozenset(int(one.user.id) for one in found)


async def glimpsed(tools: Tools, user_ids: Iterable[int]) -> frozenset[int]:
    """The same; nobody while presence_service is away."""
    try:
        return await present(tools, user_ids)
    except Unavailable:
        return frozenset()


async def count_present(tools: Tools, user_ids: Iterable[int]) -> int:
    """How many of them are not offline; 0 while presence_service is away."""
    return len(await glimpsed(tools, user_ids))
