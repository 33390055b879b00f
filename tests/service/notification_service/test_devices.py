"""Devices: registered, changing hands, removed with the login session that brought them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from contracts.events.session import LoginEnded
from contracts.events.user import UserDeleted
from contracts.identity import Kind
from contracts.ids import UserId
from notification_service.domain.devices import TOKEN_MAX
from tests.fixtures.patience import until
from tests.fixtures.push import first
from tests.service.notification_service.conftest import OpenHouse
from tests.service.notification_service.house import House, fresh

pytestmark = pytest.mark.asyncio(loop_scope="session")

DEVICES = "/users/@me/devices"
MOST = 20


def phone() -> dict[str, str]:
    return {"provider": "fcm", "token": f"phone-{fresh()}", "platform": "ios"}


@pytest.fixture
def alice(house: House) -> int:
    return house.person("alice")


async def register(person: httpx.AsyncClient, form: dict[str, Any]) -> dict[str, str]:
    answer = await person.post(DEVICES, json=form)
    assert answer.status_code == 201, answer.text
    registered: dict[str, str] = answer.json()
    return registered


async def ids(person: httpx.AsyncClient) -> list[str]:
    answer = await person.get(DEVICES)
    assert answer.status_code == 200, answer.text
    return [device["id"] for device in answer.json()]


async def until_devices(person: httpx.AsyncClient, *expected: str) -> None:
    await until(lambda: ids(person), lambda found: set(found) == set(expected))


class TestRegistering:
    async def test_a_registered_device_is_listed_without_its_token(
        self, house: House, alice: int
    ) -> None:
        client = house.running.as_(alice)
        registered = await register(client, phone())
        assert (await client.get(DEVICES)).json() == [registered]
        assert set(registered) == {"id", "provider", "platform", "seen_at"}
        assert (registered["provider"], registered["platform"]) == ("fcm", "ios")

    async def test_e4_one_person_has_several_the_latest_seen_first(
        self, house: House, alice: int
    ) -> None:
        """seeds.md E4: one device per user."""
        client, form = house.running.as_(alice), phone()
        first = await register(client, form)
        browser = await register(client, house.service.browser().subscription)
        assert await ids(client) == [browser["id"], first["id"]]
        again = await register(client, form | {"platform": "android"})
        assert (again["id"], again["platform"]) == (first["id"], "android")
        assert await ids(client) == [first["id"], browser["id"]]

    async def test_above_the_limit_the_longest_unseen_goes(self, house: House, alice: int) -> None:
        client = house.running.as_(alice)
        made = [(await register(client, phone()))["id"] for _ in range(MOST + 1)]
        assert await ids(client) == made[:0:-1]

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"provider": "fcm", "platform": "ios"},
            phone() | {"provider": "pigeon"},
            phone() | {"platform": "fridge"},
            {"provider": "fcm", "token": "x"},
            phone() | {"token": ""},
            phone() | {"token": "x" * (TOKEN_MAX + 1)},
            phone() | {"token": "nul\x00"},
            phone() | {"token": "\ud800"},
            phone() | {"token": 7},
            {"provider": "webpush", "endpoint": "https://push.example/1"},
            {"provider": "webpush", "endpoint": "ftp://x", "keys": {"p256dh": "", "auth": ""}},
            {"provider": "webpush", "endpoint": "https://[", "keys": {"p256dh": "", "auth": ""}},
            {"provider": "webpush", "endpoint": "https://x", "keys": {"p256dh": "BA", "auth": "x"}},
        ],
        ids=repr,
    )
    async def test_a_wrong_form_is_refused(
        self, house: House, alice: int, form: dict[str, object]
    ) -> None:
        body, kind = json.dumps(form), {"content-type": "application/json"}
        answer = await house.running.as_(alice).post(DEVICES, content=body, headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (400, 50035)

    async def test_bots_and_nobody_have_no_devices(self, house: House, alice: int) -> None:
        """seeds.md A13: whoever asked read and wrote the tokens of others."""
        bot = house.running.as_(alice, kind=Kind.BOT)
        assert (await bot.post(DEVICES, json=phone())).status_code == 403
        assert (await house.running.nobody.post(DEVICES, json=phone())).status_code == 401
        assert (await house.running.nobody.get(DEVICES)).status_code == 401


class TestChangingHands:
    async def test_a_token_under_a_new_account_leaves_the_old_one(
        self, house: House, alice: int
    ) -> None:
        """reliability.md: push token hijack."""
        bob = house.person("bob")
        hers, his, form = house.running.as_(alice), house.running.as_(bob), phone()
        before = await register(hers, form)
        after = await register(his, form)
        assert await ids(hers) == []
        assert await ids(his) == [after["id"]]
        assert after["id"] != before["id"]

    async def test_what_was_on_its_way_never_reaches_the_new_holder(
        self, house: House, alice: int
    ) -> None:
        bob, channel = house.person("bob"), fresh()
        browser = await house.browser(alice)
        browser.answer = first(1, Response(status_code=503))
        house.says(fresh(), channel, "for alice only", to=(alice,))
        await house.service.until(lambda: browser.tries > 0)
        await house.browser(bob, browser)
        await house.nothing_but(bob, browser)

    async def test_of_many_who_race_for_a_token_exactly_one_holds_it(self, house: House) -> None:
        form = phone()
        people = [house.running.as_(house.person()) for _ in range(8)]
        made = await asyncio.gather(*(register(person, form) for person in people for _ in "ab"))
        held = [device for person in people for device in await ids(person)]
        assert len(held) == 1
        assert held[0] in {device["id"] for device in made}


class TestRemoving:
    async def test_a_removed_device_is_gone(self, house: House, alice: int) -> None:
        client = house.running.as_(alice)
        device = await register(client, phone())
        answer = await client.delete(f"{DEVICES}/{device['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert await ids(client) == []
        assert (await client.delete(f"{DEVICES}/{device['id']}")).status_code == 404

    async def test_a_device_is_removed_by_its_token_too(self, house: House, alice: int) -> None:
        client, form = house.running.as_(alice), phone()
        await register(client, form)
        stranger = house.running.as_(house.person())
        for one in (stranger, client):
            assert await ids(client)
            answer = await one.request("DELETE", DEVICES, json=form)
            assert answer.status_code == 204
        assert await ids(client) == []

    async def test_a_device_of_another_is_as_unknown_as_none(
        self, house: House, alice: int
    ) -> None:
        hers, his = house.running.as_(alice), house.running.as_(house.person())
        device = await register(hers, phone())
        answer = await his.delete(f"{DEVICES}/{device['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, 0)
        assert await ids(hers) == [device["id"]]
        assert (await hers.delete(f"{DEVICES}/phone")).status_code == 400


class TestLogins:
    async def test_devices_of_an_ended_login_go_and_others_stay(
        self, house: House, alice: int
    ) -> None:
        """seeds.md E4: deactivated devices still pushed. A device that came anew belongs to the new
        login.
        """
        first, second = (house.running.as_(alice, session=one) for one in (1, 2))
        form = phone()
        await register(first, phone())
        await register(first, form)
        again = await register(second, form)
        browser = await register(second, house.service.browser().subscription)
        house.tell(LoginEnded(user_id=UserId(alice), login_id=1))
        await until_devices(second, again["id"], browser["id"])

    async def test_the_end_of_all_logins_removes_every_device(
        self, house: House, alice: int
    ) -> None:
        bob = house.running.as_(house.person())
        await register(house.running.as_(alice, session=1), phone())
        await register(house.running.as_(alice, session=2), phone())
        bobs = await register(bob, phone())
        house.tell(LoginEnded(user_id=UserId(alice)))
        await until_devices(house.running.as_(alice))
        assert await ids(bob) == [bobs["id"]]

    async def test_a_deleted_account_leaves_nothing(self, house: House, alice: int) -> None:
        browser = await house.browser(alice)
        house.befriends(alice, fresh())
        await house.arrives(browser)
        house.tell(UserDeleted(user_id=UserId(alice)))
        await until_devices(house.running.as_(alice))
        for table in ("people", "notices", "history", "devices"):
            asked = f"SELECT count(*) FROM {table} WHERE user_id = $1"
            assert await house.rows.fetchval(asked, alice) == 0


@pytest.mark.asyncio(loop_scope="function")
async def test_what_happened_while_the_service_was_down_is_heard_when_it_is_back(
    open_house: OpenHouse,
) -> None:
    async with open_house() as before:
        alice = before.person("alice")
        await register(before.running.as_(alice, session=1), phone())
        kept = await register(
            before.running.as_(alice, session=2), before.service.browser().subscription
        )
        await before.watched(alice)
        before.says(fresh(), fresh(), "heard", to=(alice,))
        await before.service.until(lambda: any(b.tries for b in before.service.browsers.values()))
        before.tell(LoginEnded(user_id=UserId(alice), login_id=999))
        ears = before.running.ears
        assert ears is not None
    async with open_house() as after:
        after.neighbours.readers = before.neighbours.readers
        after.tell(LoginEnded(user_id=UserId(alice), login_id=1))
        await until_devices(after.running.as_(alice, session=2), kept["id"])
