"""What somebody wrote is told to them, and only that."""

from __future__ import annotations

from contracts.ids import UserId
from contracts.rpc.chat import ExportPerson
from tests.service.chat_service.house import ALICE, BOB, House


async def test_it_comes_in_pages_that_fit_a_reply(house: House) -> None:
    await house.admin.execute("DELETE FROM chat.messages")
    rooms = [house.room() for _ in range(2)]
    sent = [one["id"] for room in rooms for one in await house.sends(ALICE, room, 50)]
    await house.sends(BOB, rooms[0], 3)
    calls = await house.running.calls_from("user")
    found: list[str] = []
    after, pages = "", 0
    while after or not pages:
        page = await calls.ask(ExportPerson(user_id=UserId(ALICE), after=after))
        found += [record["id"] for record in page.records if page.file == "messages"]
        after, pages = page.after, pages + 1
    assert sorted(found) == sorted(sent)
    assert pages >= 4
