"""What the clock finds out about rooms: who speaks, how good the connections are."""

from __future__ import annotations

from contracts.rpc.media_news import QualityRated, Rated, Rating, Speaker, SpeakersHeard, WireState
from media_sfu.domain.rating import score
from media_sfu.rooms import Participant, Room
from media_sfu.worker import Worker

VOLUME_STEP = 0.15
"""A change of volume that is worth telling."""


async def speakers(worker: Worker) -> None:
    """Tell who began, ended, or grew louder."""
    now = worker.clock.monotonic()
    for room in worker.rooms:
        changed = [said for one in room.participants.values() for said in _heard(room, one, now)]
        if changed:
            worker.tell(SpeakersHeard(room=room.name, speakers=tuple(changed)))


def _heard(room: Room, one: Participant, now: float) -> list[Speaker]:
    if one.is_hidden:
        return []
    best, track_name = 0.0, ""
    for track in one.published.values():
        if track.spec.kind == "audio" and not track.is_silent and track.loudness.judge(now):
            volume = max(0.05, track.loudness.volume(now))
            if volume > best:
                best, track_name = volume, track.name
    before = room.speaking.get(one.name)
    if best:
        if before is not None and abs(before - best) < VOLUME_STEP:
            return []
        room.speaking[one.name] = best
    elif room.speaking.pop(one.name, None) is None:
        return []
    said = Speaker(participant=one.name, track=track_name, level=best, is_active=bool(best))
    return [said]


async def quality(worker: Worker) -> None:
    """Tell of connections that are rated otherwise than before."""
    for room in worker.rooms:
        changed = []
        for one in room.participants.values():
            rated = _rated(one)
            if rated is not None and not one.is_hidden and rated.rating is not one.rating:
                one.rating = rated.rating
                changed.append(rated)
        if changed:
            worker.tell(QualityRated(room=room.name, ratings=tuple(changed)))


def _rated(one: Participant) -> Rated | None:
    wires = [wire for wire in one.wires() if wire.state is not None]
    if not wires:
        return None
    if any(wire.state is not WireState.CONNECTED for wire in wires):
        return Rated(participant=one.name, rating=Rating.LOST, score=0.0)
    up = max(
        (layer.intake.lost_share for t in one.published.values() for layer in t.layers.values()),
        default=0.0,
    )
    loss = max(up, *(wire.loss for wire in wires))
    found = score(loss, max(wire.rtt for wire in wires))
    rating = Rating.EXCELLENT if found >= 0.8 else Rating.GOOD if found >= 0.5 else Rating.POOR
    return Rated(participant=one.name, rating=rating, score=found)
