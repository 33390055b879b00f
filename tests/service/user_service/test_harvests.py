"""Everything the house keeps of somebody, for them alone."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx

from chassis.rpc import RpcServer
from contracts.errors import Unavailable
from contracts.rpc import chat, community, notification
from contracts.rpc.export import Export, Exported
from tests.fixtures.patience import until
from tests.fixtures.services import stub
from tests.service.user_service.house import House, Open, refused
from user_service.store.harvests import SHELVES, WITHHELD
from user_service.tables import metadata


class Neighbour:
    """A service that keeps two pages of a person, and is away at first."""

    def __init__(self, ask: type[Export], *, away: int = 0) -> None:
        self._ask = ask
        self._away = away

    def declare(self, rpc: RpcServer) -> None:
        rpc.handle(self._ask, self.page)

    async def page(self, call: Export) -> Exported:
        if self._away:
            self._away -= 1
            raise Unavailable
        number = int(call.after or 0) + 1
        records = ({"page": number, "of": str(call.user_id)},)
        return Exported(records=records, file="things", after="1" if number == 1 else "")


async def when_there(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await until(lambda: client.get("/users/@me/harvest"), lambda said: said.json()["url"])
    return dict(answer.json())


async def gathered(house: House, found: dict[str, Any]) -> dict[str, Any]:
    answer = await house.running.nobody.get(found["url"].partition("/api/v10")[2])
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


async def test_is_gathered_from_all_who_keep_something(open_house: Open) -> None:
    neighbours = (
        Neighbour(community.ExportPerson),
        Neighbour(chat.ExportPerson),
        Neighbour(notification.ExportPerson),
    )
    async with (
        stub("community", neighbours[0].declare) as first,
        stub("chat", neighbours[1].declare) as second,
        stub("notification", neighbours[2].declare) as third,
    ):
        house = await open_house(neighbours=f"{first},{second},{third}", harvests_every=0.05)
        mina = await house.register("mina", email="mina@example.org")
        client, stranger = await house.as_token(mina["token"]), await house.person("jun")
        assert (await client.get("/users/@me/harvest")).status_code == 204
        asked = (await client.post("/users/@me/harvest")).json()
        assert (await client.post("/users/@me/harvest")).json()["harvest_id"] == asked["harvest_id"]
        found = await when_there(client)
        files = await gathered(house, found)
        for name in ("community", "chat", "notification"):
            pages = [{"page": number, "of": mina["user_id"]} for number in (1, 2)]
            assert files[f"{name}/things.json"] == pages
        (account,) = files["user/users.json"]
        assert (account["id"], account["username"]) == (mina["user_id"], "mina")
        assert files["user/credentials.json"][0]["email"] == "mina@example.org"
        said = json.dumps(files)
        assert not any(secret in said for secret in ("argon2", "hash", "secret", mina["token"]))
        assert (await stranger.get("/users/@me/harvest")).status_code == 204
        path = found["url"].partition("/api/v10")[2]
        for forged in (path[:-1], path.replace("until=", "until=9"), path.partition("?")[0]):
            refused(await house.running.nobody.get(forged), 404, 0)


async def test_waits_for_a_neighbour_that_is_away(open_house: Open) -> None:
    away = Neighbour(community.ExportPerson, away=1)
    async with (
        stub("community", away.declare) as first,
        stub("chat", Neighbour(chat.ExportPerson).declare) as second,
        stub("notification", Neighbour(notification.ExportPerson).declare) as third,
    ):
        house = await open_house(neighbours=f"{first},{second},{third}", harvests_every=0.05)
        client = await house.person("mina")
        await client.post("/users/@me/harvest")
        assert "community/things.json" in await gathered(house, await when_there(client))


def test_every_table_about_people_is_told_of_or_withheld() -> None:
    about = {
        table.name
        for table in metadata.tables.values()
        if {"user_id", "owner_id"} & set(table.c.keys())
    }
    assert about - WITHHELD <= {shelf.file for shelf in SHELVES}
