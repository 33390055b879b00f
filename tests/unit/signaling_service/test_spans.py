"""A room on several workers, as signaling sees it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from contracts.errors import NotFound
from contracts.rpc import media
from contracts.rpc.base import Call, Done
from contracts.rpc.media import Manner
from contracts.rpc.media_legs import SpanRoom
from contracts.rpc.media_news import WorkerHere
from signaling_service.domain.seats import Enough
from signaling_service.hall.hall import Hall
from signaling_service.hall.rooms import Guest, Room, Why
from signaling_service.hall.workers import Workers
from signaling_service.ws.absent import Absent
from tests.fixtures.clock import ManualClock

ENOUGH = Enough(people=2, packets=1_000)


class Ended(Absent):
    """Notes why it is over, and who was told to have gone."""

    def __init__(self) -> None:
        self.why: Why | None = None
        self.gone: list[str] = []

    def ended(self, why: Why) -> None:
        self.why = why

    def changed(self, guests: Any) -> None:
        self.gone += [one.identity for one in guests if one.is_gone]


class House:
    """Workers a, b and c that write down what they are asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Call[Any]]] = []
        self.empty: set[str] = set()
        """Workers that know of no room."""
        workers = Workers(cast(Any, self), ManualClock())
        self.hall = Hall(workers, ManualClock(), ENOUGH)
        for number, name in enumerate("abc"):
            self.here(name, number + 1)

    def here(self, name: str, epoch: int) -> None:
        said = WorkerHere(
            worker=name,
            epoch=epoch,
            address=f"{name}:1",
            media_addresses=(),
            lease_s=5,
            is_draining=False,
            rooms=0,
            participants=0,
            packets_per_second=0,
            busy=0,
            relay=f"{name}:2",
        )
        self.hall.workers.hear(said)

    async def ask_at(self, address: tuple[str, int], call: Call[Any], **_: Any) -> Any:
        self.asked.append((address[0], call))
        if isinstance(call, SpanRoom) and address[0] in self.empty:
            raise NotFound
        return (
            media.Opened(worker="", epoch=1) if isinstance(call, media.OpenParticipant) else Done()
        )

    async def comes(self, *names: str) -> list[Guest]:
        """These come into the room."""
        guests = [Guest(f"PA_{name}", name, Ended(), Manner.TWO) for name in names]
        for guest in guests:
            await self.hall.enter("room", guest)
        return guests

    def spans(self) -> dict[str, list[str]]:
        """Of whom each worker was told last, by its name; then forget."""
        spans = [(name, call) for name, call in self.asked if isinstance(call, SpanRoom)]
        self.asked.clear()
        return {name: [peer.worker for peer in call.workers] for name, call in spans}

    @property
    def room(self) -> Room:
        return self.hall.rooms["room"]


@pytest.fixture
def house() -> House:
    return House()


async def test_workers_hear_of_each_other_when_a_room_goes_on_elsewhere(house: House) -> None:
    await house.comes("one", "two")
    assert not house.spans()
    guests = await house.comes("three", "four", "five")
    assert [guest.worker for guest in guests] == ["b", "b", "c"]
    assert house.spans() == {"a": ["b", "c"], "b": ["a", "c"], "c": ["a", "b"]}
    await house.hall.span()
    assert not house.spans()
    await house.hall.span(again=True)
    assert len(house.spans()) == 3
    await house.hall.leave(guests[2], Why.LEFT)
    await house.hall.span()
    assert house.spans() == {"a": ["b"], "b": ["a"]}


async def test_bytes_go_to_the_workers_of_those_they_are_meant_for(house: House) -> None:
    await house.comes("one", "two", "three")
    for to, workers in ((None, {"a", "b"}), (("PA_three", "PA_gone"), {"b"})):
        house.asked.clear()
        await house.hall.hand_out(house.room, media.SendData(room="room", payload="", to=to))
        assert {name for name, _ in house.asked} == workers


@pytest.mark.parametrize("dead", ["a", "b"])
async def test_a_dead_worker_takes_only_those_along_who_sat_there(house: House, dead: str) -> None:
    guests = await house.comes("one", "two", "three")
    await house.hall.record(house.room, 5)
    house.hall.workers._workers.pop(dead)
    house.spans()
    house.hall.lost([dead])
    gone = {guest.identity for guest in guests if cast(Ended, guest.door).why is Why.MEDIA_LOST}
    assert gone == {"a": {"one", "two"}, "b": {"three"}}[dead]
    stayed = [guest for guest in guests if guest.identity not in gone]
    assert all(set(cast(Ended, guest.door).gone) == gone for guest in stayed)
    assert (house.room.worker, house.room.recording) == {"a": ("b", 0), "b": ("a", 5)}[dead]
    await house.hall.span()
    assert house.spans() == {house.room.worker: []}


async def test_a_worker_that_began_anew_is_told_again(house: House) -> None:
    await house.comes("one", "two", "three")
    house.spans()
    house.hall.lost(["b"])
    house.here("b", 9)
    house.empty.add("b")
    await house.comes("three")
    assert house.spans() == {"a": ["b"], "b": ["a"]}
    house.empty.clear()
    await house.hall.span()
    assert house.spans() == {"a": ["b"], "b": ["a"]}


async def test_a_recording_keeps_the_room_at_home_when_all_sit_elsewhere(house: House) -> None:
    first, second, _ = await house.comes("one", "two", "three")
    await house.hall.record(house.room, 5)
    for guest in (first, second):
        await house.hall.leave(guest, Why.LEFT)
    assert (house.room.worker, house.room.workers()) == ("a", {"a", "b"})
    await house.hall.unrecord(house.room, 5, is_unwanted=False)
    assert (house.room.worker, house.room.workers()) == ("b", {"b"})
