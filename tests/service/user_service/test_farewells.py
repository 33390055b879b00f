"""Accounts that sleep, and accounts that end."""

from __future__ import annotations

import asyncio

from chassis.rpc import RpcServer
from contracts.events.user import UserDeleted
from contracts.identity import Kind
from contracts.rpc import chat
from contracts.rpc.base import Done
from contracts.rpc.community import ForgetPerson, Forgotten, OwnedGuilds, OwnsGuilds
from tests.fixtures.patience import PATIENCE
from tests.fixtures.services import stub
from tests.service.user_service.house import PASSWORD, House, Open, refused, wrong

SURE = {"password": PASSWORD}


class Neighbours:
    """Other services as far as they matter when somebody goes."""

    def __init__(self) -> None:
        self.owned = 0
        self.forgotten: list[int] = []
        self.unsaid: dict[int, bool] = {}
        self.is_told = asyncio.Event()

    def declare(self, rpc: RpcServer) -> None:
        rpc.handle(OwnsGuilds, self.owns)
        rpc.handle(ForgetPerson, self.forget)

    def declare_chat(self, rpc: RpcServer) -> None:
        rpc.handle(chat.ForgetPerson, self.unsay)

    async def owns(self, call: OwnsGuilds) -> OwnedGuilds:
        del call
        return OwnedGuilds(count=self.owned)

    async def unsay(self, call: chat.ForgetPerson) -> Done:
        self.unsaid[call.user_id] = call.with_messages
        self.is_told.set()
        return Done()

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
    neighbours = Neighbours()
    async with (
        stub("community", neighbours.declare) as neighbour,
        stub("chat", neighbours.declare_chat) as other,
    ):
        house = await open_house(neighbours=f"{neighbour},{other}")
        mina = await house.register("mina", email="mina@example.org", global_name="민아")
        client, stranger = await house.as_token(mina["token"]), await house.person("jun")
        application = (await client.post("/applications", json={"name": "ping"})).json()
        bot = (await client.post(f"/applications/{application['id']}/bot")).json()["token"]
        await stranger.put(f"/users/@me/relationships/{mina['user_id']}", json={})
        neighbours.owned = 1
        refused(await client.post("/users/@me/delete", json=SURE), 400, 40011)
        neighbours.owned = 0
        all_of_it = {**SURE, "delete_messages": True}
        assert (await client.post("/users/@me/delete", json=all_of_it)).status_code == 204
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
        async with asyncio.timeout(PATIENCE):
            while len(neighbours.unsaid) < 2:
                neighbours.is_told.clear()
                await neighbours.is_told.wait()
        assert set(neighbours.forgotten) == {int(mina["user_id"]), int(application["id"])}
        assert neighbours.unsaid == {int(mina["user_id"]): True, int(application["id"]): False}
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
