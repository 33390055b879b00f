"""Custom emojis and pictures of guilds over HTTP, on a real database and a real folder."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

from PIL import Image

from chassis.blobs import Blobs
from contracts import limits, topics
from contracts.assets import EMOJIS, ICONS
from contracts.permissions import EVERYONE_DEFAULT, Permission
from tests.service.community_service.house import ALICE, BOB, MALLORY, House

MANY = """
INSERT INTO emojis (id, guild_id, name, is_animated, creator_id, roles)
SELECT n, $1, 'e' || n, false, 11, '{}' FROM generate_series(1, $2::bigint) n
"""


def _picture(side: int = 300, *, moves: bool = False) -> str:
    still, out = Image.new("RGB", (side, side), "teal"), BytesIO()
    more = {"append_images": [Image.new("RGB", (side, side), "red")], "save_all": True}
    still.save(out, "GIF" if moves else "PNG", **(more if moves else {}))
    return f"data:image/{'gif' if moves else 'png'};base64,{b64encode(out.getvalue()).decode()}"


def _blobs(house: House) -> Blobs:
    return Blobs(house.running.service.settings)  # type: ignore[arg-type]


async def _made(house: House, guild: str, *, by: int = ALICE, **how: Any) -> dict[str, Any]:
    form = {"name": "wave", "image": _picture(), "roles": [], **how}
    made: dict[str, Any] = await house.does(by, "POST", f"/guilds/{guild}/emojis", json=form)
    return made


async def test_an_emoji_lives_from_being_made_to_being_deleted(house: House) -> None:
    guild = await house.guild()
    made = await _made(house, guild)
    assert (made["name"], made["animated"], made["user"]["id"]) == ("wave", False, str(ALICE))
    kept = await _blobs(house).get(EMOJIS.key(made["id"]))
    assert kept is not None
    assert Image.open(BytesIO(kept)).size == (128, 128)
    moving = await _made(house, guild, name="party", image=_picture(moves=True))
    assert moving["animated"]
    path = f"/guilds/{guild}/emojis"
    assert await house.does(ALICE, "GET", path) == [made, moving]
    changed = await house.does(ALICE, "PATCH", f"{path}/{made['id']}", json={"name": "hello"})
    assert await house.does(ALICE, "GET", f"{path}/{made['id']}") == changed
    shown = (await house.does(ALICE, "GET", f"/guilds/{guild}"))["emojis"]
    assert [emoji["name"] for emoji in shown] == ["hello", "party"]
    await house.does(ALICE, "DELETE", f"{path}/{made['id']}")
    assert await _blobs(house).get(EMOJIS.key(made["id"])) is None
    assert await house.refused(ALICE, "GET", f"{path}/{made['id']}") == (404, 10014)
    told = await house.told(topics.guild(int(guild)))
    names = [
        [emoji["name"] for emoji in body["emojis"]]
        for name, body in told
        if name == "GuildEmojisUpdate"
    ]
    assert names == [["wave"], ["wave", "party"], ["hello", "party"], ["party"]]


async def test_a_deleted_role_is_named_by_no_emoji_of_others(house: House) -> None:
    guild = await house.guild()
    roles = sorted([await house.role(guild, "first"), await house.role(guild, "second")], key=int)
    await _made(house, guild, roles=roles)
    free = await _made(house, guild, name="free")
    await house.does(ALICE, "DELETE", f"/guilds/{guild}/roles/{roles[0]}")
    bound, other = await house.does(ALICE, "GET", f"/guilds/{guild}/emojis")
    assert (bound["roles"], other) == ([roles[1]], free)
    last = (await house.told(topics.guild(int(guild))))[-2:]
    assert sorted(name for name, _ in last) == ["GuildEmojisUpdate", "RoleDelete"]


async def test_what_only_a_deleted_role_could_use_is_not_everybodys(house: House) -> None:
    guild = await house.guild()
    role = await house.role(guild, "patrons")
    made = await _made(house, guild, roles=[role])
    await house.does(ALICE, "DELETE", f"/guilds/{guild}/roles/{role}")
    path = f"/guilds/{guild}/emojis"
    assert (await house.does(ALICE, "GET", path))[0]["roles"] == [role]
    renamed = await house.does(ALICE, "PATCH", f"{path}/{made['id']}", json={"name": "still"})
    assert renamed["roles"] == [role]
    form: dict[str, Any] = {"roles": []}
    freed = await house.does(ALICE, "PATCH", f"{path}/{made['id']}", json=form)
    assert freed["roles"] == []


async def test_makers_manage_their_own_and_managers_all(house: House) -> None:
    guild = await house.guild(BOB)
    path, form = f"/guilds/{guild}/emojis", {"name": "mine", "image": _picture()}
    await house.grant(guild, int(EVERYONE_DEFAULT & ~Permission.CREATE_GUILD_EXPRESSIONS))
    alices = (await _made(house, guild))["id"]
    assert await house.refused(BOB, "POST", path, json=form) == (403, 50013)
    assert "user" not in (await house.does(BOB, "GET", path))[0]
    assert await house.refused(MALLORY, "GET", path) == (404, 10004)
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.CREATE_GUILD_EXPRESSIONS))
    bobs = (await house.does(BOB, "POST", path, json=form))["id"]
    await house.does(BOB, "PATCH", f"{path}/{bobs}", json={"name": "ours"})
    assert await house.refused(BOB, "DELETE", f"{path}/{alices}") == (403, 50013)
    await house.grant(guild, int(EVERYONE_DEFAULT | Permission.MANAGE_GUILD_EXPRESSIONS))
    await house.does(BOB, "DELETE", f"{path}/{alices}")


async def test_what_is_no_emoji_is_refused_at_its_field(house: House) -> None:
    guild = await house.guild()
    path, good = f"/guilds/{guild}/emojis", _picture()
    for wrong in [
        {"name": "a", "image": good},
        {"name": "no spaces", "image": good},
        {"name": "웃음", "image": good},
        {"name": "text", "image": "data:image/png;base64,aGVsbG8="},
        {"name": "none", "image": "hello"},
    ]:
        assert await house.refused(ALICE, "POST", path, json=wrong) == (400, 50035), wrong
    await house.rows(MANY, int(guild), limits.EMOJIS_PER_GUILD)
    form = {"name": "one_more", "image": good}
    assert await house.refused(ALICE, "POST", path, json=form) == (400, 30008)
    await _made(house, guild, name="moving", image=_picture(moves=True))


async def test_a_guild_has_an_icon_until_it_is_taken_away(house: House) -> None:
    guild = await house.guild(BOB)
    path = f"/guilds/{guild}"
    for refused in (BOB, MALLORY):
        status, _ = await house.refused(refused, "PATCH", path, json={"icon": _picture()})
        assert status in (403, 404)
    changed = await house.does(ALICE, "PATCH", path, json={"icon": _picture(), "name": "Teal"})
    assert changed["name"] == "Teal"
    assert await _blobs(house).get(ICONS.key(guild, changed["icon"])) is not None
    assert (await house.does(BOB, "GET", path))["icon"] == changed["icon"]
    assert await house.refused(ALICE, "PATCH", path, json={"banner": "?"}) == (400, 50035)
    assert (await house.does(ALICE, "PATCH", path, json={"icon": None}))["icon"] is None
