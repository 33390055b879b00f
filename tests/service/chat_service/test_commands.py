"""Applications offer commands, and guilds say who may use them."""

from __future__ import annotations

from typing import Any

from contracts.events.guild import GuildDeleted
from contracts.ids import GuildId
from tests.fixtures.patience import until
from tests.service.chat_service.house import ALICE, BOB, OWNER, House, refusal

PING = {"name": "ping", "description": "Answers"}


async def _does(house: House, bot: int, method: str, path: str, form: Any = None) -> Any:
    answer = await house.asks_as_bot(bot, method, f"/applications/{bot}{path}", json=form)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def test_a_command_lives_from_being_offered_to_being_taken_back(house: House) -> None:
    bot = house.bot()
    answer = await house.asks_as_bot(bot, "POST", f"/applications/{bot}/commands", json=PING)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["type"], made["name"], made["application_id"]) == (1, "ping", str(bot))
    assert "guild_id" not in made
    again = await house.asks_as_bot(bot, "POST", f"/applications/{bot}/commands", json=PING)
    assert (again.status_code, again.json()) == (200, made)
    path = f"/commands/{made['id']}"
    form = {"description": "Answers soon", "options": [{**PING, "name": "how", "type": 3}]}
    changed = await _does(house, bot, "PATCH", path, form)
    assert changed["description"] == "Answers soon"
    assert changed["options"] == [{"type": 3, "name": "how", "description": "Answers"}]
    assert int(changed["version"]) > int(made["version"])
    assert await _does(house, bot, "GET", path) == changed
    assert await _does(house, bot, "GET", "/commands") == [changed]
    await _does(house, bot, "DELETE", path)
    gone = await house.asks_as_bot(bot, "GET", f"/applications/{bot}{path}")
    assert refusal(gone) == (404, 10063)


async def test_all_are_overwritten_at_once_and_keep_their_ids(house: House) -> None:
    guild = house.guild()
    bot = house.bot(guild)
    path = f"/guilds/{guild}/commands"
    first = await _does(house, bot, "PUT", path, [PING, {**PING, "name": "pong"}])
    ids = {one["name"]: one["id"] for one in first}
    swapped = [{**PING, "id": ids["ping"], "name": "pong"}, {**PING, "name": "third"}]
    second = await _does(house, bot, "PUT", path, swapped)
    assert [(one["name"], one["guild_id"]) for one in second] == [
        ("pong", str(guild)),
        ("third", str(guild)),
    ]
    assert second[0]["id"] == ids["ping"]
    assert await _does(house, bot, "GET", path) == second
    assert await _does(house, bot, "PUT", path, second) == second
    assert await _does(house, bot, "GET", "/commands") == []
    names = [name for name, _ in await house.told(guild)]
    assert names == ["CommandIndexUpdate"] * 2, "the same again is no news"
    twice = await house.asks_as_bot(
        bot, "PUT", f"/applications/{bot}{path}", json=[PING, {**PING, "id": ids["ping"]}]
    )
    assert refusal(twice) == (400, 50035)


async def test_names_and_numbers_have_their_bounds(house: House) -> None:
    bot = house.bot()
    path = f"/applications/{bot}/commands"
    many = [{**PING, "name": f"c{n}"} for n in range(100)]
    made = await _does(house, bot, "PUT", "/commands", many)
    more = await house.asks_as_bot(bot, "POST", path, json=PING)
    assert refusal(more) == (400, 30032)
    taken = await house.asks_as_bot(bot, "PATCH", f"{path}/{made[0]['id']}", json={"name": "c5"})
    assert refusal(taken) == (400, 40041)
    menu = [{"name": f"Menu {n}", "type": 2} for n in range(16)]
    assert refusal(await house.asks_as_bot(bot, "PUT", path, json=menu)) == (400, 30032)
    wrong = {**PING, "options": [{"type": 3, "name": "No", "description": "x"}]}
    assert refusal(await house.asks_as_bot(bot, "POST", path, json=wrong)) == (400, 50035)


async def test_only_the_application_itself_offers_and_only_where_it_is(house: House) -> None:
    guild = house.guild()
    bot, other = house.bot(), house.bot(guild)
    path = f"/applications/{bot}/commands"
    assert refusal(await house.asks_as_bot(other, "POST", path, json=PING)) == (403, 20012)
    assert refusal(await house.asks(ALICE, "POST", path, json=PING)) == (403, 20012)
    assert refusal(await house.running.nobody.post(path, json=PING)) == (401, 0)
    in_guild = f"/applications/{bot}/guilds/{guild}/commands"
    assert refusal(await house.asks_as_bot(bot, "POST", in_guild, json=PING)) == (403, 50001)
    sly = await house.asks_as_bot(bot, "POST", f"{path}?guild_id={guild}", json=PING)
    assert "guild_id" not in sly.json()
    foreign = f"/applications/{other}/guilds/{guild}/commands/{sly.json()['id']}"
    assert refusal(await house.asks_as_bot(other, "DELETE", foreign)) == (404, 10063)


async def test_who_governs_a_guild_says_who_may_use_a_command(house: House) -> None:
    guild = house.guild()
    bot = house.bot(guild)
    command = await _does(house, bot, "POST", "/commands", PING)
    base = f"/applications/{bot}/guilds/{guild}/commands"
    path, form = (
        f"{base}/{command['id']}/permissions",
        {"permissions": [{"id": str(BOB), "type": 2, "permission": False}]},
    )
    assert refusal(await house.asks(ALICE, "PUT", path, json=form)) == (403, 50013)
    assert refusal(await house.asks_as_bot(bot, "PUT", path, json=form)) == (403, 20001)
    assert refusal(await house.asks(ALICE, "GET", path)) == (404, 10066)
    said = (await house.asks(OWNER, "PUT", path, json=form)).json()
    assert said == {
        "id": command["id"],
        "application_id": str(bot),
        "guild_id": str(guild),
        **form,
    }
    assert (await house.asks_as_bot(bot, "GET", path)).json() == said
    assert (await house.asks(ALICE, "GET", f"{base}/permissions")).json() == [said]
    index = ("CommandIndexUpdate", {"guild_id": str(guild)})
    assert await house.told(guild) == [index, ("CommandPermissionsUpdate", said)]
    unknown = {"permissions": [{"id": "5", "type": 1, "permission": True}]}
    assert refusal(await house.asks(OWNER, "PUT", path, json=unknown)) == (404, 10011)
    nothing = f"{base}/5/permissions"
    assert refusal(await house.asks(OWNER, "PUT", nothing, json=form)) == (404, 10063)


async def test_what_is_offered_everywhere_is_told_wherever_the_bot_is(house: House) -> None:
    guilds = [house.guild(), house.guild()]
    bot = house.bot(*guilds)
    command = await _does(house, bot, "POST", "/commands", PING)
    await _does(house, bot, "PUT", "/commands", [PING])
    other = {"description": "something else"}
    await _does(house, bot, "PATCH", f"/commands/{command['id']}", other)
    await _does(house, bot, "DELETE", f"/commands/{command['id']}")
    for guild in guilds:
        told = [name for name, _ in await house.told(guild)]
        assert told == ["CommandIndexUpdate"] * 3


async def test_what_was_offered_in_a_guild_goes_with_it(house: House) -> None:
    guild = house.guild()
    bot = house.bot(guild)
    await _does(house, bot, "PUT", f"/guilds/{guild}/commands", [PING])
    house.tell(GuildDeleted(guild_id=GuildId(guild)))
    left = "SELECT count(*) FROM chat.commands WHERE guild_id = $1"
    await until(lambda: house.admin.fetchval(left, guild), lambda count: not count)
