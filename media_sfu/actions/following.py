"""What flows to a listener, and in which layer."""

from __future__ import annotations

from contracts.rpc.media import Manner, Quality
from contracts.rpc.media_news import LayersWanted, TrackHeard
from media_sfu.channels import converse
from media_sfu.domain import allocation
from media_sfu.domain.allocation import Want
from media_sfu.rooms import Participant, Room
from media_sfu.tracks import DownTrack, UpTrack
from media_sfu.wire import Wire
from media_sfu.worker import Worker

SPARED_AFTER_S = 5.0
_QUALITIES = (Quality.LOW, Quality.MEDIUM, Quality.HIGH)


def connected(worker: Worker, one: Participant, wire: Wire) -> None:
    """A wire stands (again): listeners of its layers and its own tracks need key frames."""
    now = worker.clock.monotonic()
    converse(worker, one, wire, opens=wire is one.down and one.manner is Manner.TWO)
    if wire is one.down:
        aim(one, now)
        for down in one.downs.values():
            if down.layer is not None:
                down.layer.key_wanted(now)


def flows(worker: Worker, one: Participant, down: DownTrack) -> None:
    """The listener agreed to a track: it is sent from now on."""
    wire = one.down
    if wire is None or down.wire is wire:
        return
    down.flow(wire)
    if not down.source.was_heard:
        down.source.was_heard = True
        worker.tell(
            TrackHeard(
                room=one.room.name,
                participant=down.source.owner,
                track=down.source.name,
                listener=one.name,
            )
        )


def aim(one: Participant, now: float) -> None:
    """Choose the layer of everything that flows to this one."""
    if one.down is not None:
        one.down.repeats.bits = one.budget.spare
    wants = []
    videos: dict[str, DownTrack] = {}
    for name, down in one.downs.items():
        if down.wire is None or down.wire.session is None:
            continue
        ranked = down.source.ranked(now)
        if down.source.spec.kind == "audio":
            down.aim(ranked[0] if ranked else None, now)
        elif ranked:
            videos[name] = down
            rates = tuple(layer.bits.value for layer in ranked)
            hint = one.wishes.get(name)
            most = _most(one, down, len(ranked) - 1)
            wants.append(Want(name, rates, most, hint.priority if hint else 0))
    for name, at in allocation.allocate(wants, one.budget.bits).items():
        down = videos[name]
        down.aim(down.source.ranked(now)[at] if at >= 0 else None, now)


def tell_wanted(worker: Worker, room: Room, track: UpTrack, now: float) -> None:
    """Which layers are of use to anybody: more at once, fewer after a while, for screens change."""
    best = len(track.rids) - 1
    most = max((_wished(room, down, best) for down in track.downs), default=-1)
    for leg in room.legs.values():
        most = max(most, min(best, leg.useful.get(track.name, -1)))
    if track.ears:
        most = best
    if most >= track.wanted:
        track.wanted_at = now
    if most == track.wanted or (most < track.wanted and now - track.wanted_at < SPARED_AFTER_S):
        return
    track.wanted = most
    if track.leg is not None:
        return  # its worker is told, and sums up
    names = tuple(str(quality) for quality in _QUALITIES[: most + 1])
    worker.tell(
        LayersWanted(room=room.name, participant=track.owner, track=track.name, qualities=names)
    )


def _wished(room: Room, down: DownTrack, most: int) -> int:
    listener = room.participants.get(down.listener)
    return -1 if listener is None or down.wire is None else _most(listener, down, most)


def _most(one: Participant, down: DownTrack, most: int) -> int:
    """The highest layer of use to this listener, of those up to `most`."""
    hint = one.wishes.get(down.source.name)
    if hint is None:
        return most
    if hint.is_paused:
        return -1
    if hint.quality is not None:
        most = min(most, _QUALITIES.index(hint.quality))
    if hint.width and hint.height:
        sizes = down.source.sizes()
        if sizes:
            most = min(most, allocation.most_useful(sizes, hint.width, hint.height))
    return most
