"""Communities that strangers find, over HTTP, on a real database."""

from __future__ import annotations

from typing import Any

from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, CAROL, MALLORY, House


async def _listed(house: House, *members: int, name: str, **about: Any) -> str:
    guild = await house.guild(*members)
    form = {"name": name, "features": ["DISCOVERABLE", "VERIFIED", None], **about.pop("guild", {})}
    changed = await house.does(ALICE, "PATCH", f"/guilds/{guild}", json=form)
    assert changed["features"] == ["DISCOVERABLE"]
    await house.does(ALICE, "PATCH", f"/guilds/{guild}/discovery-metadata", json=about)
    return guild


async def _found(house: House, **asked: Any) -> list[str]:
    found = await house.does(MALLORY, "GET", "/discoverable-guilds", params=asked)
    assert found["total"] == len(found["discoverable_guilds"])
    return [guild["name"] for guild in found["discoverable_guilds"]]


async def test_strangers_find_what_wants_to_be_found(house: House) -> None:
    await house.guild()
    korean = {"description": "100% 한국 소설", "preferred_locale": "ko"}
    await _listed(house, BOB, name="책 모임", guild=korean, primary_category_id=7)
    await _listed(house, name="Chess", primary_category_id=1, keywords=[" board  games ", ""])
    await house.running.job("listings")
    assert await _found(house) == ["책 모임", "Chess"]
    assert await _found(house, query="소설") == ["책 모임"]
    assert await _found(house, query="BOARD g") == ["Chess"]
    assert await _found(house, query="%") == ["책 모임"]
    assert await _found(house, query="_") == []
    assert await _found(house, locale="ko") == ["책 모임"]
    assert await _found(house, categories=[1, 2]) == ["Chess"]
    page = await house.does(MALLORY, "GET", "/discoverable-guilds", params={"limit": 1})
    assert (page["total"], len(page["discoverable_guilds"])) == (2, 1)
    assert page["discoverable_guilds"][0]["approximate_member_count"] == 2


async def test_a_stranger_enters_what_is_listed_and_nothing_else(house: House) -> None:
    listed, hidden = await _listed(house, name="Open"), await house.guild()
    assert (await house.does(MALLORY, "PUT", f"/guilds/{listed}/members/@me"))["id"] == listed
    assert (await house.does(MALLORY, "PUT", f"/guilds/{listed}/members/@me"))["id"] == listed
    assert await house.refused(MALLORY, "PUT", f"/guilds/{hidden}/members/@me") == (404, 10004)
    await house.does(ALICE, "PATCH", f"/guilds/{listed}", json={"features": []})
    assert await house.refused(CAROL, "PUT", f"/guilds/{listed}/members/@me") == (404, 10004)
    assert await _found(house) == []


async def test_only_administrators_show_a_guild_to_strangers(house: House) -> None:
    guild = await house.guild(BOB)
    path, shown = f"/guilds/{guild}", {"features": ["DISCOVERABLE"]}
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD))
    assert await house.refused(BOB, "PATCH", path, json=shown) == (403, 50013)
    await house.does(BOB, "PATCH", path, json={"features": ["NEWS"]})
    about = f"{path}/discovery-metadata"
    assert await house.refused(BOB, "PATCH", about, json={"keywords": ["x"]}) == (404, 10069)
    await house.does(ALICE, "PATCH", path, json=shown)
    wrong = {"primary_category_id": 999}
    assert await house.refused(BOB, "PATCH", about, json=wrong) == (400, 50035)
    said = await house.does(BOB, "PATCH", about, json={"keywords": ["x", "x"]})
    assert said == await house.does(BOB, "GET", about)
    assert said["keywords"] == ["x"]
    assert await house.refused(MALLORY, "GET", about) == (404, 10004)


async def test_categories_are_named_in_both_languages(house: House) -> None:
    korean = (await house.running.nobody.get("/discovery/categories?locale=ko")).json()
    english = (await house.running.nobody.get("/discovery/categories?locale=fr")).json()
    assert {"id": 7, "name": "책"} in korean
    assert {"id": 7, "name": "Books"} in english


async def test_only_the_owner_hands_a_guild_on_to_a_person_who_is_in_it(house: House) -> None:
    guild, robot = await house.guild(BOB, CAROL), 77
    path = f"/guilds/{guild}"
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.ADMINISTRATOR))
    assert await house.refused(BOB, "PATCH", path, json={"owner_id": str(BOB)}) == (403, 50013)
    gone = {"owner_id": str(robot)}
    assert await house.refused(ALICE, "PATCH", path, json=gone) == (404, 10007)
    handed = await house.does(ALICE, "PATCH", path, json={"owner_id": str(BOB)})
    assert handed["owner_id"] == str(BOB)
    assert (await house.names(guild))[-1] == "GuildUpdate"
    assert await house.refused(ALICE, "DELETE", path) == (403, 50013)
    await house.does(BOB, "DELETE", path)
