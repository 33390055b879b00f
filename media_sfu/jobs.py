"""What a worker does by the clock."""

from __future__ import annotations

import resource
from collections.abc import AsyncIterator, Callable

from chassis.clock import Clock
from chassis.service import Service
from contracts.rpc.media_news import LossReason, WorkerHere
from media_sfu import feedback
from media_sfu.actions import cords, following, hearing, relaying, seating
from media_sfu.rooms import Participant, Room
from media_sfu.settings import Settings
from media_sfu.worker import Worker

LEASE_S = 5.0
TURN_S = 0.0005
_LAPSE_S = 12.0
"""Clients prove themselves every few seconds; who did not for so long has faltered."""


def register(service: Service, worker: Worker, settings: Settings) -> None:
    """Begin to do these things."""
    register_ = Register(worker, settings)
    rooms = service.metrics.gauge("media_rooms", "Rooms with somebody in them")
    people = service.metrics.gauge("media_participants", "Participants in all rooms")
    rooms.set_function(lambda: len(worker.rooms))
    people.set_function(lambda: worker.rooms.people)
    legs = service.metrics.gauge("media_legs", "Ways of rooms to other workers")
    streams = service.metrics.gauge("media_leg_streams", "Layers that are sent to other workers")
    legs.set_function(lambda: sum(len(room.legs) for room in worker.rooms))
    streams.set_function(
        lambda: sum(leg.streams for room in worker.rooms for leg in room.legs.values())
    )
    service.job("feedback", 0.05, _each(worker, feedback.tick))
    service.job("arrivals", 0.1, _each(worker, feedback.tell_arrivals))
    service.job("reports", 1.0, lambda: _report(worker, settings))
    service.job("speakers", 0.1, lambda: hearing.speakers(worker))
    service.job("pauses", 0.1, lambda: cords.rest(worker))
    service.job("layers", 0.3, lambda: _follow(worker))
    service.job("quality", 3.0, lambda: hearing.quality(worker))
    service.job("legs", 0.05, lambda: relaying.look(worker))
    service.job("beats", 1.0, lambda: relaying.beat(worker))
    service.job("register", 1.0, register_.tell)


def _each(worker: Worker, work: Callable[..., None]):  # type: ignore[no-untyped-def]
    async def turn() -> None:
        now = worker.clock.monotonic()
        for room in worker.rooms:
            for one in room.participants.values():
                # Most only listen, and this comes by thirty times a second.
                if one.up is not None and one.up.layers:
                    work(one.up, now)
            for leg in room.legs.values():
                work(leg, now)
        worker.port.flush()

    return turn


async def _follow(worker: Worker) -> None:
    """Layers that began or stopped to flow move those who could or must change."""
    now = worker.clock.monotonic()
    for room in worker.rooms:
        simulcasts = [track for track in room.tracks.values() if track.rids]
        for track in simulcasts:
            following.tell_wanted(worker, room, track, now)
        if not simulcasts:
            continue
        async for one, moment in by_turns(worker.clock, room):
            _narrow(one, moment)
            following.aim(one, moment)
    worker.port.flush()


async def by_turns(clock: Clock, room: Room) -> AsyncIterator[tuple[Participant, float]]:
    """Everybody in a room, and when they are looked at. Packets are let pass in between: a look at
    all the pictures of all in a large room takes longer than any of them should wait.
    """
    since = clock.monotonic()
    for one in tuple(room.participants.values()):
        now = clock.monotonic()
        if now - since > TURN_S:
            await clock.sleep(0)
            since = now = clock.monotonic()
        if room.participants.get(one.name) is one:
            yield one, now


async def _report(worker: Worker, settings: Settings) -> None:
    now = worker.clock.monotonic()
    for room in worker.rooms:
        for track in room.tracks.values():
            for layer in track.layers.values():
                layer.bits.measure(now)
                worker.port.surplus += layer.ration.told() if layer.ration is not None else 0
        for leg in room.legs.values():
            feedback.report(leg, now, settings.video_bits)
        async for one, moment in by_turns(worker.clock, room):
            await _look_after(worker, settings, one, moment)
    worker.port.flush()
    worker.port.count()


async def _look_after(worker: Worker, settings: Settings, one: Participant, now: float) -> None:
    for wire in one.wires():
        feedback.report(wire, now, settings.video_bits)
        worker.port.surplus += sum(ration.told() for ration in wire.rations)
        if wire.state is not None and now - wire.heard_at > _LAPSE_S:
            wire.lapse()
        if wire.state is not None and now - wire.heard_at > settings.lost_seconds:
            await seating.lose(worker, one, LossReason.TIMED_OUT)
            return
    if one.cord is not None:
        worker.port.surplus += one.cord.ration.told()
    if not one.was_connected and now - one.since > settings.connect_seconds:
        await seating.lose(worker, one, LossReason.NEVER_CONNECTED)
        return
    down = one.down
    if down is not None and one.downs:
        sent = one.sent_bits(now)
        for copy in one.downs.values():
            copy.judge()
        if not _narrow(one, now):
            one.budget.judge(now, sent, down.loss, down.estimate)
        following.aim(one, now)


def _narrow(one: Participant, now: float) -> bool:
    """Whether the line of this one is asked for more than it carries; then it gets less."""
    line = one.down.line if one.down is not None else None
    fits = line.fits(now) if line is not None else None
    if fits is None:
        return False
    one.budget.narrow(now, fits)
    return True


class Register:
    """Tells signaling that this worker is here, how loaded, and for how long to believe it."""

    def __init__(self, worker: Worker, settings: Settings) -> None:
        self._worker = worker
        self._address = settings.node_address()
        self._relay = settings.relay_address
        self._at = worker.clock.monotonic()
        self._sent = 0
        self._spent = 0.0

    async def tell(self) -> None:
        """Once more."""
        self.say()

    def say(self) -> None:
        """What changed since the last time, a second."""
        worker, now = self._worker, self._worker.clock.monotonic()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        spent = usage.ru_utime + usage.ru_stime
        past = max(0.001, now - self._at)
        pps = int((worker.port.sent - self._sent) / past)
        busy = round(min(1.0, (spent - self._spent) / past), 3) if self._spent else 0.0
        self._at, self._sent, self._spent = now, worker.port.sent, spent
        worker.tell(
            WorkerHere(
                worker=worker.name,
                epoch=worker.epoch,
                address=self._address,
                media_addresses=tuple(f"{host}:{port}" for host, port in worker.addresses),
                lease_s=LEASE_S,
                is_draining=worker.is_draining,
                rooms=len(worker.rooms),
                participants=worker.rooms.people,
                packets_per_second=pps,
                busy=busy,
                relay=self._relay(worker.port.port),
            )
        )
