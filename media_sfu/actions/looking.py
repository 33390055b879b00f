"""What operators and signaling may see of a worker."""

from __future__ import annotations

from contracts.rpc.media_stats import (
    GetRoom,
    LegStats,
    ParticipantStats,
    RoomNames,
    RoomStats,
    TrackStats,
)
from media_sfu.legs import Leg
from media_sfu.rooms import Participant
from media_sfu.tracks import UpTrack
from media_sfu.worker import Worker


async def room(worker: Worker, asked: GetRoom) -> RoomStats:
    """One room."""
    found = worker.rooms.room(asked.room)
    return RoomStats(
        room=found.name,
        participants=tuple(_participant(one) for one in found.participants.values()),
        legs=tuple(_leg(worker, leg) for leg in found.legs.values()),
    )


async def rooms(worker: Worker) -> RoomNames:
    """All of them, by name."""
    return RoomNames(
        worker=worker.name,
        epoch=worker.epoch,
        rooms={found.name: tuple(found.participants) for found in worker.rooms},
    )


def _participant(one: Participant) -> ParticipantStats:
    wires = {"up": one.up} | ({"down": one.down} if one.down is not one.up else {})
    ends = {end: str(wire.state or "new") for end, wire in wires.items() if wire is not None}
    if one.cord is not None:
        ends["cord"] = "connected" if one.cord.to is not None else "new"
    up, down = one.up, one.down
    lost = [down_track.lost_share for down_track in one.downs.values()]
    return ParticipantStats(
        participant=one.name,
        wires=ends,
        rtt_ms=round(1000 * max((wire.rtt for wire in (up, down) if wire), default=0.0), 1),
        loss_up=_loss_up(one),
        loss_down=round(max(lost, default=0.0), 3),
        budget=one.budget.bits,
        forwarded=sum(each.sent.packets for each in one.downs.values()),
        quality=str(one.rating or ""),
        tracks=tuple(_track(track) for track in one.published.values()),
    )


def _leg(worker: Worker, leg: Leg) -> LegStats:
    copies, layers = leg.downs.values(), leg.layers.values()
    return LegStats(
        worker=worker.name,
        peer=leg.peer.worker,
        is_keyed=leg.session is not None,
        rtt_ms=round(1000 * leg.rtt, 1),
        loss=round(leg.loss, 3),
        shown=len(leg.shown),
        sending=leg.streams,
        sent=sum(copy.sent.packets for copy in copies),
        heard=len(leg.tracks),
        receiving=len(leg.wants()),
        received=sum(layer.intake.received for layer in layers),
    )


def _loss_up(one: Participant) -> float:
    layers = [layer for track in one.published.values() for layer in track.layers.values()]
    return round(max((layer.intake.lost_share for layer in layers), default=0.0), 3)


def _track(track: UpTrack) -> TrackStats:
    layers = list(track.layers.values())
    return TrackStats(
        track=track.name,
        kind=track.spec.kind,
        codec=track.codec.name,
        is_muted=track.is_silent,
        bitrate=sum(layer.bits.value for layer in layers),
        packets=sum(layer.intake.received for layer in layers),
        lost=sum(max(0, layer.intake.lost) for layer in layers),
        jitter_ms=round(
            max((layer.intake.jitter for layer in layers), default=0.0) * 1000 / track.codec.clock,
            2,
        ),
        listeners=sum(1 for down in track.downs if down.listener),
        layers={layer.rid or "-": layer.bits.value for layer in layers},
    )
