"""What signaling asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.rpc import RpcServer
from contracts.rpc.base import Call, Done
from contracts.rpc.media import (
    AddCandidate,
    Answer,
    Answered,
    CloseRoom,
    Drain,
    LeaveRoom,
    MuteTrack,
    Offer,
    Opened,
    OpenParticipant,
    Publish,
    RestartIce,
    SendData,
    SetRights,
    Subscribe,
    Unpublish,
    WishLayers,
)
from contracts.rpc.media_cords import CordKeyed, CordLaid, KeyCord, LayCord
from contracts.rpc.media_legs import LegHeard, SpanRoom, TellLeg
from contracts.rpc.media_recording import StartRecording, StopRecording
from contracts.rpc.media_stats import GetRoom, ListRooms, RoomNames, RoomStats
from media_sfu.actions import (
    answering,
    cords,
    listening,
    looking,
    offering,
    publishing,
    relaying,
    seating,
    talking,
)
from media_sfu.actions.recording import Recording
from media_sfu.relay import Turn
from media_sfu.worker import Worker

A = TypeVar("A", bound=Call[Done])

_DONE = Done()


def register(rpc: RpcServer, worker: Worker, turn: Turn, recording: Recording) -> None:
    """Let this worker be asked."""

    def does(call: type[A], action: Callable[[Worker, A], Awaitable[None]]) -> None:
        async def act(asked: A) -> Done:
            await action(worker, asked)
            worker.port.flush()
            return _DONE

        rpc.handle(call, act)

    does(SetRights, seating.set_rights)
    does(LeaveRoom, seating.leave)
    does(CloseRoom, seating.close_room)
    does(Answer, offering.answer)
    does(RestartIce, offering.restart)
    does(AddCandidate, offering.candidate)
    does(Publish, publishing.publish)
    does(Unpublish, publishing.unpublish)
    does(MuteTrack, publishing.mute)
    does(Subscribe, listening.subscribe)
    does(WishLayers, listening.wish)
    does(SendData, talking.send)
    does(StartRecording, recording.start)
    does(StopRecording, recording.stop)
    does(Drain, seating.drain)
    does(SpanRoom, relaying.span)
    _answer(rpc, worker, turn, recording)


def _answer(rpc: RpcServer, worker: Worker, turn: Turn, recording: Recording) -> None:
    async def opened(asked: OpenParticipant) -> Opened:
        await seating.open_participant(worker, asked)
        servers = turn.servers(asked.participant, worker.clock.now_ms() // 1000)
        return Opened(
            worker=worker.name,
            epoch=worker.epoch,
            recording=recording.of(asked.room),
            ice_servers=servers,
        )

    async def offer(asked: Offer) -> Answered:
        return await answering.offer(worker, asked)

    async def room(asked: GetRoom) -> RoomStats:
        return await looking.room(worker, asked)

    async def rooms(asked: ListRooms) -> RoomNames:
        del asked
        return await looking.rooms(worker)

    async def laid(asked: LayCord) -> CordLaid:
        return await cords.lay(worker, asked)

    async def keyed(asked: KeyCord) -> CordKeyed:
        return await cords.key(worker, asked)

    async def told(asked: TellLeg) -> LegHeard:
        return await relaying.hear(worker, asked)

    rpc.handle(TellLeg, told)
    rpc.handle(OpenParticipant, opened)
    rpc.handle(LayCord, laid)
    rpc.handle(KeyCord, keyed)
    rpc.handle(Offer, offer)
    rpc.handle(GetRoom, room)
    rpc.handle(ListRooms, rooms)
