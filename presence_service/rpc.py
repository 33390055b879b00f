"""What the edge tells and neighbours ask."""

from __future__ import annotations

from chassis.rpc.server import RpcServer
from contracts.rpc.presence import (
    Agreement,
    Attentions,
    GetAttention,
    GetPresences,
    PresenceDelta,
    PresenceDigest,
    Presences,
    PresenceSnapshot,
)
from presence_service import actions
from presence_service.actions import Tools


def register(rpc: RpcServer, tools: Tools) -> None:
    """Let this service be told and asked."""

    async def compare(said: PresenceDigest) -> Agreement:
        return Agreement(agrees=actions.compare(tools, said))

    async def presences(call: GetPresences) -> Presences:
        return Presences(presences=await actions.presences_of(tools, call.user_ids))

    async def attentions(call: GetAttention) -> Attentions:
        return Attentions(attentions=await actions.attentions_of(tools, call.user_ids))

    rpc.hear(PresenceSnapshot, lambda said, link: actions.hear_snapshot(tools, said))
    rpc.hear(PresenceDelta, lambda said, link: actions.hear_delta(tools, said))
    rpc.handle(PresenceDigest, compare)
    rpc.handle(GetPresences, presences)
    rpc.handle(GetAttention, attentions)
