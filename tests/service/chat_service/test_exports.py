"""What somebody wrote is told to them, and only that."""

from __future__ import annotations

from chat_service.store.exports import SHELVES, WITHHELD
from chat_service.tables import metadata
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


async def test_what_they_left_under_the_words_of_others_is_told_whole(house: House) -> None:
    mina = house.newcomer()
    await house.admin.execute(
        "INSERT INTO chat.reactions SELECT 1, n / 2, n % 2, $1 FROM generate_series(1, 150) n", mina
    )
    calls = await house.running.calls_from("user")
    found: list[tuple[str, str]] = []
    after, pages = "", 0
    while (after or not pages) and not after.startswith("messages:"):
        page = await calls.ask(ExportPerson(user_id=UserId(mina), after=after))
        found += [(one["message_id"], one["emoji"]) for one in page.records]
        after, pages = page.after, pages + 1
    assert len(set(found)) == len(found) == 150
    await house.admin.execute("DELETE FROM chat.reactions WHERE user_id = $1", mina)


def test_every_table_about_people_is_told_of_or_withheld() -> None:
    about = {
        table.name
        for table in metadata.tables.values()
        if {"user_id", "owner_id", "author_id"} & set(table.c.keys())
    }
    assert about - WITHHELD == {shelf.file for shelf in SHELVES} | {"messages"}
