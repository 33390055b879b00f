"""People come, change what they may, and go."""

from __future__ import annotations

from functools import partial

from contracts.errors import Unavailable
from contracts.rpc.media import CloseRoom, Drain, End, LeaveRoom, Manner, OpenParticipant, SetRights
from contracts.rpc.media_news import (
    LossReason,
    ParticipantLost,
    TrackDown,
    WireChanged,
    WireState,
)
from media_sfu.actions import following, listening, offering
from media_sfu.cords import Cord
from media_sfu.rooms import Participant
from media_sfu.tracks import UpTrack
from media_sfu.wire import Wire
from media_sfu.worker import Worker


async def open_participant(worker: Worker, asked: OpenParticipant) -> None:
    """Let somebody in, or change who is in."""
    room = worker.rooms.find(asked.room)
    if room is None and worker.is_draining:
        raise Unavailable(message="this worker takes no new rooms")
    if worker.port.trouble() is not None:
        raise Unavailable(message="this worker holds no port")
    old = room.participants.get(asked.participant) if room else None
    if old is not None and not asked.is_anew and old.manner is asked.manner:
        _change(worker, old, asked)
        return
    if old is not None:
        await remove(worker, old)
    room = worker.rooms.opened(asked.room)
    fresh = Participant(room, asked.participant, asked.manner, since=worker.clock.monotonic())
    room.participants[fresh.name] = fresh
    _change(worker, fresh, asked)
    if fresh.manner is Manner.CORD:
        fresh.cord = Cord(worker.port, fresh.hears)
        room.watchers.append(fresh.cord)
        fresh.cord.settle(room.tracks)
    elif fresh.manner is Manner.TWO:
        offering.begin(worker, fresh, wire_for(worker, fresh, End.DOWN))


def _change(worker: Worker, one: Participant, asked: OpenParticipant) -> None:
    one.subscribes_by_itself = asked.subscribes_by_itself
    one.is_hidden = asked.is_hidden
    one.identity, one.label = asked.identity, asked.name
    one.data = asked.data
    _allow(worker, one, SetRights(room=asked.room, participant=one.name, rights=asked.rights))


async def set_rights(worker: Worker, asked: SetRights) -> None:
    """Change what passes."""
    _allow(worker, worker.rooms.seat(asked.room, asked.participant), asked)


def _allow(worker: Worker, one: Participant, asked: SetRights) -> None:
    one.rights = asked.rights
    for track in tuple(one.published.values()):
        if not one.may_publish(track.spec.source):
            end_track(worker, one, track)
            _tell_down(worker, one, track)
    listening.settle(worker, one)


async def leave(worker: Worker, asked: LeaveRoom) -> None:
    """Somebody goes."""
    await remove(worker, worker.rooms.seat(asked.room, asked.participant))


async def close_room(worker: Worker, asked: CloseRoom) -> None:
    """Everybody goes."""
    room = worker.rooms.room(asked.room)
    for one in tuple(room.participants.values()):
        await remove(worker, one)


async def drain(worker: Worker, asked: Drain) -> None:
    """Take no new rooms, or take them again."""
    worker.is_draining = asked.is_draining


async def close_all(worker: Worker) -> None:
    """The worker ends: everybody needs another one."""
    worker.is_draining = True
    for room in worker.rooms:
        for one in tuple(room.participants.values()):
            await lose(worker, one, LossReason.DRAINED)


async def lose(worker: Worker, one: Participant, reason: LossReason) -> None:
    """Let go of somebody by ourselves."""
    if one.room.participants.get(one.name) is one:
        await remove(worker, one)
        worker.tell(ParticipantLost(room=one.room.name, participant=one.name, reason=reason))


async def remove(worker: Worker, one: Participant) -> None:
    """Let go of a participant: of what others hear from it, and of its wires."""
    room = one.room
    if room.participants.get(one.name) is one:
        del room.participants[one.name]
    for track in tuple(one.published.values()):
        end_track(worker, one, track)
        _tell_down(worker, one, track)
    for down in tuple(one.downs.values()):
        down.end()
    one.downs.clear()
    if one.cord is not None:
        room.watchers.remove(one.cord)
        one.cord.close()
    room.speaking.pop(one.name, None)
    if not room.is_needed:
        worker.rooms.forget(room.name)
    wires = one.wires()
    one.up = one.down = None
    for wire in wires:
        await wire.close()


def end_track(worker: Worker, one: Participant, track: UpTrack) -> None:
    """Nobody hears it any more."""
    one.published.pop(track.name, None)
    one.room.tracks.pop(track.name, None)
    for watcher in one.room.watchers:
        watcher.ended(track)
    if one.cord is not None and track.layers.get("") is one.cord.layer:
        one.cord.layer = None
    if one.up is not None:
        for ssrc, layer in tuple(one.up.layers.items()):
            if layer.track is track:
                del one.up.layers[ssrc]
    for down in tuple(track.downs):
        listener = one.room.participants.get(down.listener)
        if listener is not None:
            listening.drop(listener, down)
            offering.refresh(worker, listener)
    track.layers.clear()


def _tell_down(worker: Worker, one: Participant, track: UpTrack) -> None:
    worker.tell(TrackDown(room=one.room.name, participant=one.name, track=track.name))


def wire_for(worker: Worker, one: Participant, end: End) -> Wire:
    """The wire of this end, made if need be."""
    found = one.down if end is End.DOWN and one.manner is Manner.TWO else one.up
    if found is not None:
        return found
    wire = Wire(worker.crypt(), partial(_changed, worker, one, end))
    if one.manner is Manner.ONE:
        one.up = one.down = wire
    elif end is End.UP:
        one.up = wire
    else:
        one.down = wire
    return wire


def _changed(worker: Worker, one: Participant, end: End, wire: Wire, state: WireState) -> None:
    if one.room.participants.get(one.name) is not one:
        return
    worker.tell(WireChanged(room=one.room.name, participant=one.name, end=end, state=state))
    if state is WireState.CONNECTED:
        one.was_connected = True
        following.connected(worker, one, wire)
    elif state is WireState.FAILED:
        reason = LossReason.HUNG_UP if one.was_connected else LossReason.NEVER_CONNECTED
        worker.tasks.spawn("wire:failed", lose(worker, one, reason))
