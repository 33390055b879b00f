"""Rooms on several workers: legs are laid, kept alike at both ends, and taken away."""

from __future__ import annotations

from functools import partial

from chassis.logs import logger
from contracts.errors import DomainError, ErrorCode, NotFound, Unavailable
from contracts.rpc.media import Manner
from contracts.rpc.media_legs import LEASE_S, FarTrack, LegHeard, Peer, SpanRoom, TellLeg
from media_sfu.actions import listening, seating
from media_sfu.domain.codecs import OURS
from media_sfu.legs import RENEWED_AT, Leg
from media_sfu.port import Address
from media_sfu.rooms import Participant, Room
from media_sfu.tracks import UpTrack
from media_sfu.worker import Worker

log = logger("legs")

_FLOWS_FOR_S = 2.5
"""Rates are told every second; one word may be lost."""


async def span(worker: Worker, asked: SpanRoom) -> None:
    """Lay legs to these workers, and take all others away."""
    room = worker.rooms.room(asked.room)
    if asked.workers and not worker.trunk.secret:
        raise Unavailable(message="this worker's keyring has no key for its like")
    wanted = {peer.worker: peer for peer in asked.workers if peer.worker != worker.name}
    for name, leg in tuple(room.legs.items()):
        if leg.peer != wanted.get(name):
            await take_away(worker, leg)
    for name, peer in wanted.items():
        if name not in room.legs:
            await _lay(worker, room, peer)


async def _lay(worker: Worker, room: Room, peer: Peer) -> None:
    host, _, port = peer.relay.rpartition(":")
    try:
        to = await worker.port.found(host, int(port))
    except (OSError, ValueError) as error:
        log.warning("leg.nowhere", peer=peer.worker, relay=peer.relay, reason=str(error))
        return
    if worker.rooms.find(room.name) is not room or peer.worker in room.legs:
        return
    leg = Leg(worker.crypt(), worker.port, room, peer)
    leg.aim(to)
    room.legs[peer.worker] = leg
    room.watchers.append(leg)
    for one in tuple(room.participants.values()):
        for track in one.published.values():
            leg.appeared(one, track)
    leg.changed = partial(say, worker, leg)
    leg.left = partial(_left, worker, leg)
    log.info("leg.laid", room=room.name, peer=peer.worker)
    say(worker, leg)


async def take_away(worker: Worker, leg: Leg) -> None:
    """The room is on that worker no longer, or on this one."""
    room = leg.room
    if room.legs.get(leg.peer.worker) is leg:
        del room.legs[leg.peer.worker]
        room.watchers.remove(leg)
        log.info("leg.gone", room=room.name, peer=leg.peer.worker)
    _match(worker, leg, ())
    await leg.close()
    worker.tasks.spawn("leg:goodbye", _part(worker, leg))
    if not room.is_needed and worker.rooms.find(room.name) is room:
        worker.rooms.forget(room.name)


def _left(worker: Worker, leg: Leg) -> None:
    worker.tasks.spawn("leg:end", take_away(worker, leg))


# What is said.


def say(worker: Worker, leg: Leg) -> None:
    """Tell the other end how things are: after what is being told, if need be."""
    leg.is_due = True
    if not leg.is_speaking and not leg.is_closed:
        leg.is_speaking = True
        worker.tasks.spawn("leg:say", _speak(worker, leg))


async def _speak(worker: Worker, leg: Leg) -> None:
    try:
        while leg.is_due and not leg.is_closed:
            leg.is_due = False
            await _tell(worker, leg)
    finally:
        leg.is_speaking = False


async def _tell(worker: Worker, leg: Leg) -> None:
    leg.said_wants = leg.wants()
    call = TellLeg(
        room=leg.room.name,
        worker=worker.name,
        nonce=leg.nonce,
        own=leg.own,
        version=leg.version,
        tracks=None
        if leg.told == leg.version
        else tuple(shown.told for shown in leg.shown.values()),
        flows=leg.flows(worker.clock.monotonic()),
        wants=leg.said_wants,
        useful=leg.wanted_layers(),
    )
    try:
        heard = await worker.trunk.ask(_at(leg), call)
    except DomainError as error:
        log.debug("leg.untold", peer=leg.peer.worker, reason=error.message)
        leg.told = 0
        return
    if not leg.is_closed:
        leg.word_at = worker.clock.monotonic()
        leg.told = heard.version
        _agree(worker, leg, heard.nonce)


async def _part(worker: Worker, leg: Leg) -> None:
    call = TellLeg(
        room=leg.room.name,
        worker=worker.name,
        nonce=leg.nonce,
        own=leg.own,
        version=0,
        is_over=True,
    )
    try:
        await worker.trunk.ask(_at(leg), call)
    except DomainError as error:
        log.debug("leg.untold", peer=leg.peer.worker, reason=error.message)


def _at(leg: Leg) -> Address:
    host, _, port = leg.peer.address.rpartition(":")
    return host, int(port)


# What is heard.


async def hear(worker: Worker, asked: TellLeg) -> LegHeard:
    """The other end tells how things are there."""
    leg = worker.rooms.room(asked.room).legs.get(asked.worker)
    if leg is None:
        raise NotFound(ErrorCode.UNKNOWN_USER)
    now = worker.clock.monotonic()
    if asked.is_over:
        if asked.nonce == leg.their_nonce:
            await _parted(worker, leg)
        return LegHeard(nonce=leg.nonce, version=leg.heard)
    leg.word_at = now
    _agree(worker, leg, asked.nonce)
    leg.hear_from(asked.own)
    if asked.tracks is not None:
        _match(worker, leg, asked.tracks)
        leg.heard = asked.version
    leg.flowing(asked.flows, now + _FLOWS_FOR_S)
    leg.useful = asked.useful
    leg.asked(asked.wants, now)
    worker.port.flush()
    if leg.told != leg.version:
        say(worker, leg)
    return LegHeard(nonce=leg.nonce, version=leg.heard)


def _agree(worker: Worker, leg: Leg, nonce: str) -> None:
    if nonce != leg.their_nonce:
        leg.agree(worker.trunk.secret, worker.name, nonce)
        leg.told = 0


async def _parted(worker: Worker, leg: Leg) -> None:
    """The other end is gone; if it comes back, it is another one."""
    if not leg.room.participants:
        await take_away(worker, leg)
        return
    _match(worker, leg, ())
    leg.asked((), worker.clock.monotonic())
    leg.useful, leg.heard, leg.told = {}, 0, 0


def _match(worker: Worker, leg: Leg, told: tuple[FarTrack, ...]) -> None:
    """Bring what is known of their tracks to what they are."""
    theirs = {one.spec.track: one for one in told if _is_sound(one)}
    for name, track in tuple(leg.tracks.items()):
        known = tuple(layer.ssrc for layer in track.layers.values())
        if name not in theirs or theirs[name].streams != known:
            _end(worker, leg, track)
    for name, one in theirs.items():
        # A stay that moved over is heard once: where it was, it ends in a moment.
        if name not in leg.tracks and name not in leg.room.tracks:
            _add(worker, leg, one)


def _is_sound(told: FarTrack) -> bool:
    return told.codec in OURS and len(told.streams) == len(told.rids or ("",))


def _add(worker: Worker, leg: Leg, told: FarTrack) -> None:
    room = leg.room
    one = leg.people.get(told.participant)
    if one is None:
        one = Participant(room, told.participant, Manner.TWO, up=leg)
    one.identity, one.label = told.identity, told.name
    track = room.tracks[told.spec.track] = leg.add(told, one)
    listening.appeared(worker, room, track)
    for watcher in tuple(room.watchers):
        watcher.appeared(one, track)


def _end(worker: Worker, leg: Leg, track: UpTrack) -> None:
    one = leg.people[track.owner]
    leg.forget(track)
    seating.end_track(worker, one, track)


# By the clock.


async def look(worker: Worker) -> None:
    """Often: what is wanted here and not there yet, and layers that began to flow."""
    now = worker.clock.monotonic()
    for room in worker.rooms:
        for leg in room.legs.values():
            leg.serve(now)
            if leg.wants() != leg.said_wants:
                say(worker, leg)
    worker.port.flush()


async def beat(worker: Worker) -> None:
    """Every second: say it all again, and give up who said nothing for long."""
    now = worker.clock.monotonic()
    for room in worker.rooms:
        for leg in tuple(room.legs.values()):
            if now - leg.word_at > LEASE_S:
                await take_away(worker, leg)
                continue
            if len(leg.senders) >= RENEWED_AT:
                leg.renew(worker.trunk.secret, worker.name)
            say(worker, leg)
