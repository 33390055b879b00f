"""People whose accounts are deleted."""

from __future__ import annotations

from contracts.ids import UserId
from contracts.rpc.community import ExportPerson, ForgetPerson, GetMemberships, OwnsGuilds
from tests.service.community_service.house import ALICE, BOB, House


async def test_they_are_owners_or_they_are_forgotten(house: House) -> None:
    for _ in range(12):
        await house.guild(BOB)
    await house.guild(ALICE, owner=BOB)
    calls = await house.running.calls_from("user")
    assert (await calls.ask(OwnsGuilds(user_id=UserId(ALICE)))).count == 12
    assert (await calls.ask(OwnsGuilds(user_id=UserId(BOB)))).count == 1
    done = [(await calls.ask(ForgetPerson(user_id=UserId(BOB)))).is_done for _ in range(2)]
    assert done == [False, True]
    chat = await house.running.calls_from("chat")
    left = (await chat.ask(GetMemberships(user_id=UserId(ALICE)))).memberships
    assert len(left) == 12, "what nobody owns any more has ended"
    assert not (await chat.ask(GetMemberships(user_id=UserId(BOB)))).memberships
    told = [name for name, _ in await house.told(f"user:{BOB}")]
    assert "GuildLeft" in told


async def test_what_is_kept_of_them_is_told_page_by_page(house: House) -> None:
    guilds = [await house.guild() for _ in range(3)]
    await house.guild(owner=BOB)
    calls = await house.running.calls_from("user")
    pages, after = [], ""
    while not pages or after:
        page = await calls.ask(ExportPerson(user_id=UserId(ALICE), after=after))
        pages.append(page)
        after = page.after
    files = {page.file: page.records for page in pages if page.records}
    assert [one["guild_id"] for one in files["members"]] == sorted(guilds)
    assert [one["id"] for one in files["guilds"]] == sorted(guilds)
