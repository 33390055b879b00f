"""Accounts that sleep, and accounts that end."""

from __future__ import annotations

import asyncio

from chassis.rpc import RpcServer
from contracts.events.user import UserDeleted
from contracts.identity import Kind
from contracts.rpc.community import ForgetPerson, Forgotten, OwnedGuilds, OwnsGuilds
from tests.fixtures.services import stub
from tests.service.user_service.house import PASSWORD, House, Open, refused, wrong

SURE = {"password": PASSWORD}


class Community:
    """community_service as far as it matters when somebody goes."""

    def __init__(self) -> None:
        self.owned = 0
        self.forgotten: list[int] = []
        self.is_told = asyncio.Event()

    def declare(self, rpc: RpcServer) -> None:
        rpc.handle(OwnsGuilds, self.owns)
        rpc.handle(ForgetPerson, self.forget)

    async def owns(self, call: OwnsGuilds) -> OwnedGuilds:
        del call
        return OwnedGuilds(count=self.owned)

    async def forget(self, call: ForgetPerson) -> Forgotten:
        self.forgotten.append(call.user_id)
        self.is_told.set()
        return Forgotten(is_done=self.forgotten.count(call.user_id) > 1)


async def test_a_disabled_account_sleeps_until_the_next_login(house: House) -> None:
    registered = await house.register("mina")
    client = await house.as_token(registered["token"])
    wrong(
        await client.post("/users/@me/disable", json={"password": "wrong horse"}),
        password="PASSWORD_DOES_NOT_MATCH",
    )
    assert (await client.post("/users/@me/disable", json=SURE)).status_code == 204
    assert (await house.authenticate(registered["token"])).kind is Kind.NOBODY
    token = (await house.login("mina")).json()["token"]
    assert (await house.authenticate(token)).kind is Kind.USER


async def test_an_account_cannot_be_deleted_while_nobody_can_tell_what_it_owns(
    open_house: Open,
) -> None:
    house = await open_house(neighbours="community=127.0.0.1:9")
    client = await house.person("mina")
    assert (await client.post("/users/@me/delete", json=SURE)).status_code == 503
    assert (await client.get("/users/@me")).json()["username"] == "mina"


async def test_a_deleted_account_leaves_nothing_of_the_person(open_house: Open) -> None:
    community = Community()
    async with stub("community", community.declare) as neighbour:
        house = await open_house(neighbours=neighbour)
        mina = await house.register("mina", email="mina@example.org", global_name="민아")
        client, stranger = await house.as_token(mina["token"]), await house.person("jun")
        application = (await client.post("/applications", json={"name": "ping"})).json()
        bot = (await client.post(f"/applications/{application['id']}/bot")).json()["token"]
        await stranger.put(f"/users/@me/relationships/{mina['user_id']}", json={})
        community.owned = 1
        refused(await client.post("/users/@me/delete", json=SURE), 400, 40011)
        community.owned = 0
        assert (await client.post("/users/@me/delete", json=SURE)).status_code == 204
        seen = (await stranger.get(f"/users/{mina['user_id']}")).json()
        assert (seen["username"], seen["global_name"], seen["avatar"]) == (
            f"deleted_user_{mina['user_id']}",
            "Deleted User",
            None,
        )
        assert (await stranger.get("/users/@me/relationships")).json() == []
        for token in (mina["token"], bot):
            assert (await house.authenticate(token)).kind is Kind.NOBODY
        wrong(await house.login("mina"), login="INVALID_LOGIN", password="INVALID_LOGIN")
        assert house.running.ears is not None
        (told,) = await house.running.ears.hear(UserDeleted)
        assert str(told.user_id) == mina["user_id"]
        async with asyncio.timeout(10):
            while len(set(community.forgotten)) < 2:
                community.is_told.clear()
                await community.is_told.wait()
        assert set(community.forgotten) == {int(mina["user_id"]), int(application["id"])}
        assert await house.register("mina", email="mina@example.org"), "both are free"
        await _nothing_remains(house, int(mina["user_id"]))


async def _nothing_remains(house: House, user_id: int) -> None:
    owned = await house.rows(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'users' AND column_name IN ('user_id', 'owner_id')"
    )
    kept = {
        table
        for table, column in owned
        if await house.rows(f"SELECT FROM {table} WHERE {column} = {user_id}")
    }
    assert kept <= {"logins", "departed", "worn_pictures"}, "they go by the clock"
