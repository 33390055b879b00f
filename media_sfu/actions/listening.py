"""Who hears what: subscriptions and wishes, brought to what is sent."""

from __future__ import annotations

from contracts.rpc.media import Subscribe, WishLayers
from media_sfu.actions import following, offering
from media_sfu.rooms import Participant, Room
from media_sfu.tracks import DownTrack, UpTrack
from media_sfu.worker import Worker

WANTED_MOST = 2_000


async def subscribe(worker: Worker, asked: Subscribe) -> None:
    """Hear tracks, or no longer."""
    one = worker.rooms.seat(asked.room, asked.participant)
    for track in asked.tracks:
        one.wanted[track] = asked.is_wanted
    while len(one.wanted) > WANTED_MOST:
        del one.wanted[next(iter(one.wanted))]
    settle(worker, one)


async def wish(worker: Worker, asked: WishLayers) -> None:
    """What a screen has room for."""
    one = worker.rooms.seat(asked.room, asked.participant)
    for each in asked.wishes:
        one.wishes[each.track] = each
    while len(one.wishes) > WANTED_MOST:
        del one.wishes[next(iter(one.wishes))]
    following.aim(one, worker.clock.monotonic())


def settle(worker: Worker, one: Participant) -> None:
    """Bring what this one is sent to what it shall be sent."""
    if one.cord is not None:
        one.cord.settle(one.room.tracks)
        return
    for down in tuple(one.downs.values()):
        track = one.room.tracks.get(down.source.name)
        if track is not down.source or not one.hears(track):
            drop(one, down)
    for track in one.room.tracks.values():
        if track.name not in one.downs and one.hears(track):
            _add(worker, one, track)
    offering.refresh(worker, one)


def appeared(worker: Worker, room: Room, track: UpTrack) -> None:
    """A track is there: whoever shall hear it gets it. Cords watch the room by themselves."""
    for one in tuple(room.participants.values()):
        if one.cord is None and track.name not in one.downs and one.hears(track):
            _add(worker, one, track)
            offering.refresh(worker, one)


def _add(worker: Worker, one: Participant, track: UpTrack) -> None:
    down = DownTrack(track, one.name, worker.crypt())
    one.downs[track.name] = down
    track.downs.append(down)


def drop(one: Participant, down: DownTrack) -> None:
    """Send a track no longer."""
    down.end()
    one.downs.pop(down.source.name, None)
    one.places.remove(down)
    if down.wire is not None:
        down.wire.downs.pop(down.ssrc, None)
