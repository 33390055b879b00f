"""What neighbours may ask of signaling_service, and what media workers tell it."""

from __future__ import annotations

from chassis.rpc import RpcServer
from contracts.rpc import media_news
from contracts.rpc.base import Done
from contracts.rpc.signaling import (
    GetCalls,
    GetVoiceStates,
    GovernVoice,
    ListRegions,
    Located,
    LocateNode,
    OngoingCalls,
    PlaceStream,
    Regions,
    UpdateVoiceState,
    VoiceStates,
)
from signaling_service.actions import governing, joining, listing
from signaling_service.hall.news import News
from signaling_service.tools import Tools


def register(rpc: RpcServer, tools: Tools, news: News) -> None:
    """Answer these calls, and hear the workers."""

    async def states(call: GetVoiceStates) -> VoiceStates:
        """Who is in voice, for GUILD_CREATE."""
        states = await listing.states(tools, call.guild_id)
        return VoiceStates(states=states, stages=await listing.stages(tools, call.guild_id))

    async def update(call: UpdateVoiceState) -> Done:
        """Opcode 4."""
        await joining.update(tools, call)
        return Done()

    async def regions(call: ListRegions) -> Regions:
        """Where a channel may be spoken: there is one place."""
        del call
        return Regions(ids=(tools.region,))

    async def govern(call: GovernVoice) -> Done:
        """Something is done to somebody."""
        await governing.govern(tools, call)
        return Done()

    async def calls(call: GetCalls) -> OngoingCalls:
        """Calls under way, for READY."""
        return OngoingCalls(calls=await listing.calls(tools, call.channel_ids))

    rpc.handle(GetVoiceStates, states)
    rpc.handle(GetCalls, calls)
    rpc.handle(UpdateVoiceState, update)
    rpc.handle(GovernVoice, govern)
    rpc.handle(ListRegions, regions)
    _locate(rpc, tools)
    _hear(rpc, news)


def _locate(rpc: RpcServer, tools: Tools) -> None:
    async def locate(call: LocateNode) -> Located:
        """Where a node is."""
        return await listing.locate(tools, call.node)

    async def place(call: PlaceStream) -> Located:
        """Where somebody goes live."""
        return await listing.place(tools, call.channel_id)

    rpc.handle(LocateNode, locate)
    rpc.handle(PlaceStream, place)


def _hear(rpc: RpcServer, news: News) -> None:
    rpc.on_gone(news.gone)
    rpc.hear(media_news.WorkerHere, news.here)
    rpc.hear(media_news.WireChanged, news.wire)
    rpc.hear(media_news.Offered, news.offered)
    rpc.hear(media_news.SectionsWanted, news.sections)
    rpc.hear(media_news.TrackUp, news.up)
    rpc.hear(media_news.TrackDown, news.down)
    rpc.hear(media_news.TrackHeard, news.heard)
    rpc.hear(media_news.SpeakersHeard, news.speakers)
    rpc.hear(media_news.QualityRated, news.rated)
    rpc.hear(media_news.LayersWanted, news.layers)
    rpc.hear(media_news.DataHeard, news.data)
    rpc.hear(media_news.ParticipantLost, news.lost)
    rpc.hear(media_news.RecordingEnded, news.recorded)
