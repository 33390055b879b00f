"""Connections and stays are compared while people come."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from chassis.tasks import Tasks
from contracts.rpc.media import Manner
from signaling_service.attending import Attending
from signaling_service.domain.seats import Enough
from signaling_service.domain.stays import Stay
from signaling_service.hall.hall import Hall
from signaling_service.hall.rooms import Guest, Room
from signaling_service.hall.workers import Workers
from signaling_service.tools import Tools
from signaling_service.ws.absent import Absent
from tests.fixtures.clock import ManualClock


def guest(name: str) -> Guest:
    stay = Stay(1, None, 5, "s", ticket=name, node="n", since_ms=0)
    return Guest(f"PA_{name}", name, Absent(), Manner.ONE, stay=stay)


async def test_who_comes_while_stays_are_read_is_not_put_out() -> None:
    """Their stay is one that was not read; who was here before and has none has to go."""
    clock = ManualClock()
    hall = Hall(Workers(cast(Any, None), clock), clock, Enough(people=10, packets=1_000))
    early, late = guest("early"), guest("late")
    room = hall.rooms["5"] = Room("5", "RM_1", "worker", 0, guests={early.sid: early})

    async def on(node: str) -> list[Stay]:
        del node
        room.guests[late.sid] = late
        return []

    bus = SimpleNamespace(epoch="1")
    tools = SimpleNamespace(stays=SimpleNamespace(on=on), node="n", bus=bus)
    attending = Attending(cast(Tools, tools), hall, clock=clock, tasks=Tasks())
    await attending.compare()
    assert list(room.guests.values()) == [late]
    assert (early.is_gone, late.is_gone) == (True, False)
