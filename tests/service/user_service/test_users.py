"""Oneself and others, over HTTP and for neighbours."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contracts import topics
from contracts.errors import ErrorCode, NotFound
from contracts.events.user import UserUpdate
from contracts.identity import Kind
from contracts.ids import UserId
from contracts.rpc.users import GetSelf, GetUsers
from tests.service.user_service.house import PASSWORD, House, refused, wrong


class TestMe:
    async def test_shows_a_person_everything(self, house: House) -> None:
        me = (await (await house.person("mina", email="mina@example.org")).get("/users/@me")).json()
        assert me["id"].isdigit()
        assert (me["username"], me["discriminator"], me["global_name"]) == ("mina", "0", None)
        assert (me["email"], me["verified"], me["mfa_enabled"]) == (
            "mina@example.org",
            False,
            False,
        )
        assert (me["flags"], me["public_flags"], me["locale"]) == (0, 0, "en-US")
        assert "bot" not in me

    async def test_is_nobodys_without_a_token_or_an_account(self, house: House) -> None:
        refused(await house.running.nobody.get("/users/@me"), 401, 0)
        refused(await house.running.as_(1).get("/users/@me"), 401, 40001)
        forged = {"x-identity": "user.1.1.user.1.00"}
        refused(await house.running.nobody.get("/users/@me", headers=forged), 401, 0)


class TestChange:
    async def test_of_both_names_is_kept_and_told(self, house: House) -> None:
        client = await house.person("mina")
        me = (await client.get("/users/@me")).json()
        assert house.running.ears is not None
        await house.running.ears.to(topics.user(int(me["id"])))
        form = {"username": "Minah", "global_name": "민아", "avatar": None, "unknown": 1}
        form["password"] = PASSWORD
        changed = (await client.patch("/users/@me", json=form)).json()
        assert changed == {**me, "username": "Minah", "global_name": "민아"}
        assert (await client.get("/users/@me")).json() == changed
        (event,) = await house.running.ears.hear(UserUpdate)
        assert event.dump() == changed
        assert await house.register("mina"), "the old name is free"

    async def test_takes_the_shown_name_away(self, house: House) -> None:
        client = await house.person("mina", global_name="민아")
        assert (await client.patch("/users/@me", json={})).json()["global_name"] == "민아"
        changed = await client.patch("/users/@me", json={"global_name": None})
        assert changed.json()["global_name"] is None

    async def test_may_change_the_case_of_ones_own_name(self, house: House) -> None:
        client = await house.person("mina")
        changed = await client.patch("/users/@me", json={"username": "MINA", "password": PASSWORD})
        assert changed.json()["username"] == "MINA"

    async def test_is_refused_for_names_that_may_not_be(self, house: House) -> None:
        await house.register("taken")
        client = await house.person("mina")
        before = (await client.get("/users/@me")).json()
        for form, fields in (
            ({"username": "Taken"}, {"username": "USERNAME_ALREADY_TAKEN"}),
            ({"username": "a@b"}, {"username": "USERNAME_INVALID_CONTAINS"}),
            ({"global_name": "\u202ex"}, {"global_name": "NAME_INVALID_CHARACTERS"}),
            ({"avatar": "data:image/png;base64,AA"}, {"avatar": "IMAGE_INVALID"}),
            ({"username": 7}, {"username": "BASE_TYPE_INVALID"}),
            ({"username": "a\0b"}, {"username": "BASE_TYPE_INVALID"}),
        ):
            wrong(await client.patch("/users/@me", json={**form, "password": PASSWORD}), **fields)
        assert (await client.get("/users/@me")).json() == before

    async def test_gives_a_name_to_exactly_one(self, house: House) -> None:
        clients = [await house.person(f"person{n}") for n in range(8)]
        form = {"username": "wanted", "password": PASSWORD}
        answers = await asyncio.gather(
            *(client.patch("/users/@me", json=form) for client in clients)
        )
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7


class TestOthers:
    async def test_are_seen_without_their_secrets(self, house: House) -> None:
        other = (await house.register("other", email="other@example.org"))["user_id"]
        client = await house.person("mina")
        seen = (await client.get(f"/users/{other}")).json()
        assert (seen["id"], seen["username"]) == (other, "other")
        assert not {"email", "verified", "mfa_enabled"} & set(seen)

    async def test_that_are_unknown_or_cannot_be(self, house: House) -> None:
        client = house.running.as_(1)
        for user_id in ("1", str((1 << 63) - 1)):
            refused(await client.get(f"/users/{user_id}"), 404, 10013)
        for user_id in ("x", "-1", "1.5", str(1 << 63), "9" * 500, "%00", "민"):
            refused(await client.get(f"/users/{user_id}"), 400, 50035)


class TestNeighbours:
    async def test_get_the_faces_that_exist(self, house: House) -> None:
        ids = [UserId(int((await house.register(f"person{n}"))["user_id"])) for n in range(3)]
        calls = await house.running.calls_from("community")
        asked = GetUsers(user_ids=(*ids, UserId(1), ids[0]))
        assert {user.id for user in (await calls.ask(asked)).users} == set(ids)
        assert (await calls.ask(GetUsers(user_ids=()))).users == ()

    async def test_get_a_person_as_ready_shows_them(self, house: House) -> None:
        user_id = UserId(int((await house.register("mina", email="m@x.org"))["user_id"]))
        calls = await house.running.calls_from("gateway")
        answer = await calls.ask(GetSelf(user_id=user_id))
        assert (answer.user.email, answer.application) == ("m@x.org", None)
        with pytest.raises(NotFound) as caught:
            await calls.ask(GetSelf(user_id=UserId(1)))
        assert caught.value.error is ErrorCode.UNKNOWN_USER

    async def test_get_a_bot_with_its_application(self, house: House) -> None:
        client = await house.person("mina")
        application: dict[str, Any] = (
            await client.post("/applications", json={"name": "ping"})
        ).json()
        await client.post(f"/applications/{application['id']}/bot")
        calls = await house.running.calls_from("gateway")
        answer = await calls.ask(GetSelf(user_id=UserId(int(application["id"]))))
        assert answer.user.bot is True
        assert answer.application is not None
        assert str(answer.application.id) == application["id"]
        bot = house.running.as_(answer.user.id, kind=Kind.BOT)
        me = (await bot.get("/users/@me")).json()
        assert (me["bot"], me["verified"], me["email"]) == (True, True, None)
