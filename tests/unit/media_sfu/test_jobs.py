"""What a worker does by the clock lets packets pass."""

from __future__ import annotations

from contracts.rpc.media import Manner
from media_sfu.jobs import TURN_S, by_turns
from media_sfu.rooms import Participant, Room
from tests.fixtures.clock import ManualClock


class Door(ManualClock):
    """Somebody leaves as soon as others may do something."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room

    async def sleep(self, seconds: float) -> None:
        """Now."""
        self._room.participants.pop("person 2", None)
        await super().sleep(seconds)


async def test_a_look_at_a_large_room_gives_way_and_passes_over_those_who_left_meanwhile() -> None:
    room = Room("large")
    clock = Door(room)
    for number in range(4):
        one = Participant(room, f"person {number}", Manner.TWO, since=0.0)
        room.participants[one.name] = one
    seen = []
    async for one, now in by_turns(clock, room):
        assert now == clock.monotonic()
        seen.append(one.name)
        clock.advance(2 * TURN_S)
    assert seen == ["person 0", "person 1", "person 3"]
