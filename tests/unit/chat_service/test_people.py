"""Faces of people, remembered for a minute."""

from __future__ import annotations

from chat_service.people import People
from contracts import topics
from contracts.events.user import FaceChanged
from contracts.ids import UserId
from contracts.objects.user import User
from contracts.rpc.users import GetUsers, Users
from tests.fixtures.clock import ManualClock


class Calls:
    """user_service, as far as faces go."""

    def __init__(self) -> None:
        self.name = "mina"
        self.asked = 0

    async def ask(self, call: GetUsers, /) -> Users:
        self.asked += 1
        return Users(users=tuple(User(id=one, username=self.name) for one in call.user_ids))


async def test_a_face_is_asked_for_once_and_again_when_it_changes() -> None:
    calls = Calls()
    people = People(calls, ManualClock())  # type: ignore[arg-type]
    for _ in range(2):
        assert (await people.faces([1, 2]))[1].username == "mina"
    assert calls.asked == 1
    calls.name = "minah"
    record = FaceChanged(user=User(id=UserId(1), username="minah")).record(1)
    people.deliver(topics.FACES, 1, 1, record)
    faces = await people.faces([1, 2])
    assert (faces[1].username, faces[2].username) == ("minah", "mina")
    people.lost(topics.FACES)
    assert (await people.faces([2]))[2].username == "minah"
