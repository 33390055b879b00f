"""Applications, and bots with their tokens."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from typing import Any

import httpx

from contracts.events.session import LoginEnded
from contracts.identity import Kind
from contracts.ids import ApplicationId
from contracts.rpc.users import GetApplication
from tests.service.user_service.house import House, refused, wrong

DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf"
    "DwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


async def create(client: httpx.AsyncClient, name: str = "ping") -> dict[str, Any]:
    response = await client.post("/applications", json={"name": name})
    assert response.status_code == 201, response.text
    application: dict[str, Any] = response.json()
    return application


async def token_of(client: httpx.AsyncClient, application: dict[str, Any], step: str = "") -> str:
    response = await client.post(f"/applications/{application['id']}/bot{step}")
    assert response.status_code == 200, response.text
    token: str = response.json()["token"]
    return token


class TestApplications:
    async def test_are_made_shown_changed_and_removed_by_their_owner(self, house: House) -> None:
        client = await house.person("mina")
        made = await create(client, " Ping  Pong ")
        assert made["name"] == "Ping Pong"
        assert made["owner"]["username"] == "mina"
        assert made["flags"] == 1 << 19 | 1 << 15 | 1 << 13
        assert made["flags_new"] == str(made["flags"])
        assert re.fullmatch("[0-9a-f]{64}", made["verify_key"])
        assert "bot" in made["eligible_oauth2_scopes"]
        assert "bot" not in made
        path = f"/applications/{made['id']}"
        assert (await client.get(path)).json() == made
        assert (await client.get("/applications")).json() == [made]
        form = {"name": "Pong", "description": "says\npong", "tags": None, "icon": None}
        changed = (await client.patch(path, json=form)).json()
        assert changed == {**made, "name": "Pong", "description": "says\npong"}
        assert (await client.get(path)).json() == changed
        assert (await client.delete(path)).status_code == 204
        refused(await client.get(path), 404, 10002)
        assert (await client.get("/applications")).json() == []

    async def test_say_how_they_are_let_in_and_what_they_may_hear(self, house: House) -> None:
        client = await house.person("mina")
        made = await create(client)
        bot = await house.as_token(await token_of(client, made))
        form = {
            "icon": DOT,
            "flags": 1 << 13 | 1 << 4,
            "bot_public": False,
            "tags": ["games", "korean"],
            "custom_install_url": "https://example.org/install",
            "install_params": {"scopes": ["bot"], "permissions": "2048"},
        }
        changed = (await client.patch(f"/applications/{made['id']}", json=form)).json()
        icon = changed["icon"]
        assert {name: changed[name] for name in form} == {**form, "icon": icon, "flags": 1 << 13}
        assert icon
        taken = {"icon": None, "install_params": None, "custom_install_url": None, "flags": 1 << 15}
        by_bot = (await bot.patch("/applications/@me", json=taken)).json()
        assert (by_bot["icon"], by_bot["flags"], by_bot["tags"]) == (None, 1 << 15, form["tags"])
        assert not {"install_params", "custom_install_url"} & by_bot.keys()
        refused(await client.patch("/applications/@me", json=taken), 403, 20002)
        bad = {"custom_install_url": "javascript:alert(1)"}
        refused(await bot.patch("/applications/@me", json=bad), 400, 50035)

    async def test_are_unknown_to_everybody_else(self, house: House) -> None:
        owner, stranger = await house.person("mina"), await house.person("stranger")
        application = await create(owner)
        path = f"/applications/{application['id']}"
        for ask in (
            stranger.get(path),
            stranger.patch(path, json={"name": "mine"}),
            stranger.delete(path),
            stranger.post(f"{path}/bot"),
            stranger.post(f"{path}/bot/reset"),
        ):
            refused(await ask, 404, 10002)
        assert (await stranger.get("/applications")).json() == []
        assert (await owner.get(path)).json() == application

    async def test_are_for_people(self, house: House) -> None:
        bot = house.running.as_(5, kind=Kind.BOT)
        refused(await bot.post("/applications", json={"name": "ping"}), 403, 20001)
        refused(await house.running.nobody.get("/applications"), 401, 0)

    async def test_are_at_most_twenty_five(self, house: House) -> None:
        client = await house.person("mina")
        forms = ({"name": f"application {n}"} for n in range(30))
        answers = await asyncio.gather(*(client.post("/applications", json=form) for form in forms))
        assert sorted(answer.status_code for answer in answers) == [201] * 25 + [400] * 5
        refused(await client.post("/applications", json={"name": "more"}), 400, 30054)
        assert len((await client.get("/applications")).json()) == 25

    async def test_have_names_that_may_be(self, house: House) -> None:
        client = await house.person("mina")
        for name, code in (
            ("", "BASE_TYPE_BAD_LENGTH"),
            ("x" * 33, "BASE_TYPE_BAD_LENGTH"),
            ("a\u202eb", "NAME_INVALID_CHARACTERS"),
            ("a\0b", "BASE_TYPE_INVALID"),
            (None, "BASE_TYPE_INVALID"),
            ({}, "BASE_TYPE_INVALID"),
        ):
            wrong(await client.post("/applications", json={"name": name}), name=code)
        made = await create(client)
        path = f"/applications/{made['id']}"
        wrong(
            await client.patch(path, json={"description": "x" * 401}),
            description="BASE_TYPE_BAD_LENGTH",
        )
        refused(await client.get("/applications/x"), 400, 50035)
        refused(await client.get("/applications/99"), 404, 10002)


class TestBots:
    async def test_are_made_once(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client)
        refused(await client.post(f"/applications/{application['id']}/bot/reset"), 404, 10013)
        asks = [client.post(f"/applications/{application['id']}/bot") for _ in range(5)]
        answers = await asyncio.gather(*asks)
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 4
        token = next(answer.json()["token"] for answer in answers if answer.status_code == 200)
        found = await house.authenticate(token)
        assert (found.kind, str(found.user_id)) == (Kind.BOT, application["id"])
        shown = (await client.get(f"/applications/{application['id']}")).json()
        assert shown["bot"]["id"] == application["id"]
        assert shown["bot"]["bot"] is True
        assert shown["bot"]["username"] == "ping"

    async def test_get_another_name_when_theirs_is_taken(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client, "Mina")
        await token_of(client, application)
        shown = (await client.get(f"/applications/{application['id']}")).json()
        assert re.fullmatch(r"Mina\d{4}", shown["bot"]["username"])

    async def test_lose_the_old_token_at_once_when_it_is_reset(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client)
        old = await token_of(client, application)
        login_id = (await house.authenticate(old)).login_id
        new = await token_of(client, application, "/reset")
        assert house.running.ears is not None
        (ended,) = await house.running.ears.hear(LoginEnded)
        assert (str(ended.user_id), ended.login_id) == (application["id"], login_id)
        assert (await house.authenticate(old)).kind is Kind.NOBODY
        assert (await house.authenticate(new)).kind is Kind.BOT

    async def test_keep_one_token_however_often_it_is_reset_at_once(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client)
        tokens = [await token_of(client, application)]
        resets = (token_of(client, application, "/reset") for _ in range(6))
        tokens += await asyncio.gather(*resets)
        kinds = [(await house.authenticate(token)).kind for token in tokens]
        assert sorted(kinds) == [Kind.BOT] + [Kind.NOBODY] * 6

    async def test_ask_for_their_own_application(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client)
        bot = await house.as_token(await token_of(client, application))
        shown = (await client.get(f"/applications/{application['id']}")).json()
        for path in ("/applications/@me", "/oauth2/applications/@me"):
            assert (await bot.get(path)).json() == shown
            refused(await client.get(path), 403, 20002)
        refused(await house.running.as_(9, kind=Kind.BOT).get("/applications/@me"), 404, 10002)

    async def test_ask_what_their_token_is_for(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client)
        bot = await house.as_token(await token_of(client, application))
        told = (await bot.get("/oauth2/@me")).json()
        assert told["scopes"] == ["applications.commands", "bot"]
        assert datetime.fromisoformat(told["expires"]).year == 3000
        shown = (await client.get(f"/applications/{application['id']}")).json()
        assert told["application"].items() <= shown.items()
        assert "owner" not in told["application"], "it is for everybody's eyes"
        refused(await client.get("/oauth2/@me"), 403, 20002)

    async def test_fall_silent_and_nameless_when_removed(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client)
        token = await token_of(client, application)
        assert (await client.delete(f"/applications/{application['id']}")).status_code == 204
        assert house.running.ears is not None
        await house.running.ears.hear(LoginEnded)
        assert (await house.authenticate(token)).kind is Kind.NOBODY
        seen = (await client.get(f"/users/{application['id']}")).json()
        assert seen["username"] == f"deleted_user_{application['id']}"
        assert await house.register("ping"), "its name is free"


class TestNeighbours:
    async def test_find_an_application_or_none(self, house: House) -> None:
        client = await house.person("mina")
        application = await create(client)
        await token_of(client, application)
        calls = await house.running.calls_from("community")
        asked = GetApplication(application_id=ApplicationId(int(application["id"])))
        found = (await calls.ask(asked)).application
        assert found is not None
        assert found.bot is not None
        assert found.owner.username == "mina"
        missing = GetApplication(application_id=ApplicationId(1))
        assert (await calls.ask(missing)).application is None
