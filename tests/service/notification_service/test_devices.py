"""Devices: registered, changing hands, removed with the login session that brought them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from chassis.bus import Bus
from chassis.clock import SystemClock
from chassis.db import Database
from chassis.metrics import Metrics
from chassis.tasks import Tasks
from contracts.events.session import LoginEnded
from contracts.identity import Kind
from contracts.ids import UserId
from notification_service.app import build
from notification_service.domain import TOKEN_MAX
from notification_service.settings import Settings
from notification_service.tables import devices
from tests.fixtures.services import Running, running

ALICE, BOB = UserId(7), UserId(8)
PHONE = {"provider": "fcm", "token": "phone-token", "platform": "ios"}
BROWSER = {"provider": "webpush", "token": '{"endpoint":"https://x"}', "platform": "web"}
MOST = 3


@pytest.fixture
async def notification(postgres: str, redis: str) -> AsyncIterator[Running]:
    async with start(postgres, redis) as service:
        yield service


def start(postgres: str, redis: str) -> Any:
    return running(Settings, build, database_url=postgres, redis_url=redis, devices_per_person=MOST)


@pytest.fixture
async def end_login(redis: str) -> AsyncIterator[Callable[..., None]]:
    """As user_service tells it."""
    tasks = Tasks()
    bus = Bus(redis, instance="user", clock=SystemClock(), tasks=tasks, metrics=Metrics())
    await bus.start()
    await bus.up(within=10)
    numbers = iter(range(1_000))

    def end(user_id: UserId, login_id: int | None) -> None:
        event = LoginEnded(user_id=user_id, login_id=login_id)
        event_id = next(numbers)
        bus.publish(event.address(), event.record(event_id), event_id)

    yield end
    await bus.stop()
    await tasks.cancel()


async def register(person: httpx.AsyncClient, form: dict[str, str]) -> dict[str, str]:
    answer = await person.post("/devices", json=form)
    assert answer.status_code == 201, answer.text
    registered: dict[str, str] = answer.json()
    return registered


async def ids(person: httpx.AsyncClient) -> list[str]:
    answer = await person.get("/devices")
    assert answer.status_code == 200, answer.text
    return [device["id"] for device in answer.json()]


async def until_devices(person: httpx.AsyncClient, *expected: str) -> None:
    async with asyncio.timeout(10):
        while set(await ids(person)) != set(expected):
            await SystemClock().sleep(0.01)


class TestRegistering:
    async def test_a_registered_device_is_listed_without_its_token(
        self, notification: Running
    ) -> None:
        alice = notification.as_(ALICE)
        registered = await register(alice, PHONE)
        listed = (await alice.get("/devices")).json()
        assert listed == [registered]
        assert set(registered) == {"id", "provider", "platform", "seen_at"}
        assert (registered["provider"], registered["platform"]) == ("fcm", "ios")

    async def test_the_latest_seen_comes_first(self, notification: Running) -> None:
        alice = notification.as_(ALICE)
        phone = await register(alice, PHONE)
        browser = await register(alice, BROWSER)
        assert await ids(alice) == [browser["id"], phone["id"]]
        await register(alice, PHONE)
        assert await ids(alice) == [phone["id"], browser["id"]]

    async def test_the_same_device_again_keeps_its_id(self, notification: Running) -> None:
        alice = notification.as_(ALICE)
        first = await register(alice, PHONE)
        again = await register(alice, PHONE | {"platform": "android"})
        assert (again["id"], again["platform"]) == (first["id"], "android")
        assert len(await ids(alice)) == 1

    async def test_one_token_at_two_providers_is_two_devices(self, notification: Running) -> None:
        alice = notification.as_(ALICE)
        await register(alice, PHONE)
        await register(alice, PHONE | {"provider": "webpush"})
        assert len(await ids(alice)) == 2

    async def test_above_the_limit_the_longest_unseen_goes(self, notification: Running) -> None:
        alice = notification.as_(ALICE)
        made = [
            (await register(alice, PHONE | {"token": f"t{number}"}))["id"]
            for number in range(MOST + 1)
        ]
        assert await ids(alice) == made[:0:-1]

    @pytest.mark.parametrize(
        "form",
        [
            {},
            {"provider": "fcm", "platform": "ios"},
            PHONE | {"provider": "pigeon"},
            PHONE | {"platform": "fridge"},
            PHONE | {"token": ""},
            PHONE | {"token": "x" * (TOKEN_MAX + 1)},
            PHONE | {"token": "nul\x00"},
            PHONE | {"token": "\ud800"},
            PHONE | {"token": 7},
        ],
        ids=repr,
    )
    async def test_a_wrong_form_is_refused(
        self, notification: Running, form: dict[str, object]
    ) -> None:
        body, kind = json.dumps(form), {"content-type": "application/json"}
        answer = await notification.as_(ALICE).post("/devices", content=body, headers=kind)
        assert (answer.status_code, answer.json()["code"]) == (400, 50035)

    async def test_bots_and_nobody_have_no_devices(self, notification: Running) -> None:
        bot = notification.as_(ALICE, kind=Kind.BOT)
        assert (await bot.post("/devices", json=PHONE)).status_code == 403
        assert (await notification.nobody.post("/devices", json=PHONE)).status_code == 401
        assert (await notification.nobody.get("/devices")).status_code == 401


class TestChangingHands:
    async def test_a_token_under_a_new_account_leaves_the_old_one(
        self, notification: Running
    ) -> None:
        alice, bob = notification.as_(ALICE), notification.as_(BOB)
        before = await register(alice, PHONE)
        after = await register(bob, PHONE)
        assert await ids(alice) == []
        assert await ids(bob) == [after["id"]]
        assert after["id"] != before["id"]

    async def test_of_many_who_race_for_a_token_exactly_one_holds_it(
        self, notification: Running
    ) -> None:
        people = [notification.as_(UserId(100 + number)) for number in range(8)]
        made = await asyncio.gather(*(register(person, PHONE) for person in people for _ in "ab"))
        held = [device for person in people for device in await ids(person)]
        assert len(held) == 1
        assert held[0] in {device["id"] for device in made}


class TestRemoving:
    async def test_a_removed_device_is_gone(self, notification: Running) -> None:
        alice = notification.as_(ALICE)
        device = await register(alice, PHONE)
        answer = await alice.delete(f"/devices/{device['id']}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert await ids(alice) == []
        assert (await alice.delete(f"/devices/{device['id']}")).status_code == 404

    async def test_a_device_of_another_is_as_unknown_as_none(self, notification: Running) -> None:
        alice, bob = notification.as_(ALICE), notification.as_(BOB)
        device = await register(alice, PHONE)
        answer = await bob.delete(f"/devices/{device['id']}")
        assert (answer.status_code, answer.json()["code"]) == (404, 0)
        assert await ids(alice) == [device["id"]]

    async def test_what_is_no_id_is_refused(self, notification: Running) -> None:
        answer = await notification.as_(ALICE).delete("/devices/phone")
        assert answer.status_code == 400


class TestLogins:
    async def test_devices_of_an_ended_login_go_and_others_stay(
        self, notification: Running, end_login: Callable[..., None]
    ) -> None:
        await register(notification.as_(ALICE, session=1), PHONE)
        browser = await register(notification.as_(ALICE, session=2), BROWSER)
        end_login(ALICE, 1)
        await until_devices(notification.as_(ALICE, session=2), browser["id"])

    async def test_the_end_of_all_logins_removes_every_device(
        self, notification: Running, end_login: Callable[..., None]
    ) -> None:
        await register(notification.as_(ALICE, session=1), PHONE)
        await register(notification.as_(ALICE, session=2), BROWSER)
        bobs = await register(notification.as_(BOB), PHONE | {"token": "bob"})
        end_login(ALICE, None)
        await until_devices(notification.as_(ALICE))
        assert await ids(notification.as_(BOB)) == [bobs["id"]]

    async def test_a_device_that_came_anew_belongs_to_the_new_login(
        self, notification: Running, end_login: Callable[..., None]
    ) -> None:
        alice = notification.as_(ALICE, session=2)
        await register(notification.as_(ALICE, session=1), PHONE)
        await register(notification.as_(ALICE, session=1), BROWSER)
        phone = await register(alice, PHONE)
        end_login(ALICE, 1)
        await until_devices(alice, phone["id"])

    async def test_a_login_that_ended_while_the_service_was_down_is_heard_when_it_is_back(
        self, postgres: str, redis: str, end_login: Callable[..., None]
    ) -> None:
        async with start(postgres, redis) as before:
            await register(before.as_(ALICE, session=1), PHONE)
            browser = await register(before.as_(ALICE, session=2), BROWSER)
        end_login(ALICE, 1)
        async with start(postgres, redis) as after:
            await until_devices(after.as_(ALICE, session=2), browser["id"])


async def test_tokens_are_kept_as_they_came(notification: Running, postgres: str) -> None:
    await register(notification.as_(ALICE), BROWSER)
    tasks = Tasks()
    database = Database(postgres, size=1, clock=SystemClock(), tasks=tasks)
    async with database.engine.connect() as connection:
        rows = (await connection.execute(select(devices.c.token))).scalars().all()
    await database.engine.dispose()
    assert rows == [BROWSER["token"]]
