"""FCM through its maker's own SDK, against a server that speaks HTTP v1 as Google's does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from contracts.ids import UserId
from contracts.rpc.notification import GreetDevices, Pushed
from tests.fixtures.patience import until
from tests.fixtures.postgres import Cluster
from tests.fixtures.push import BROKEN, UNREGISTERED, FcmServer, always, failure, first, quota
from tests.service.notification_service.conftest import opened
from tests.service.notification_service.house import House, fresh

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fcm() -> AsyncIterator[FcmServer]:
    async with FcmServer().running() as server:
        yield server


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def apps(
    fcm: FcmServer, cluster: Cluster, redis_of_houses: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    name = await cluster.copy("notification")
    url = cluster.backing.database_url("notification", name)
    file = fcm.credentials(tmp_path_factory.mktemp("fcm"))
    async with opened(
        url, redis_of_houses, fcm_credentials=str(file), fcm_url=fcm.url, push_timeout=2.0
    ) as house:
        yield house
    await cluster.drop(name)


async def phone(house: House, who: int, platform: str = "android") -> str:
    """An app of theirs; its token."""
    token = f"{platform}-{fresh()}"
    form = {"provider": "fcm", "token": token, "platform": platform}
    answer = await house.running.as_(who).post("/users/@me/devices", json=form)
    assert answer.status_code == 201, answer.text
    await house.watched(who)
    return token


async def again(house: House, who: int, tries: int, fcm: FcmServer, token: str) -> None:
    """Let what waits be due as soon as it was tried so often."""
    await fcm.until(lambda: fcm.tries.count(token) >= tries)
    # Settled: due before the minute for which a process may hold it is over.
    asked = """
        UPDATE deliveries SET due = now() WHERE user_id = $1 AND tries = $2
        AND due < now() + interval '50 seconds' RETURNING id
    """
    await until(lambda: house.rows.fetch(asked, who, tries))


async def test_e2_every_platform_has_a_form_of_its_own(apps: House, fcm: FcmServer) -> None:
    """seeds.md E2: web devices got the payload of iOS, and no link."""
    mina, channel = apps.person(), fresh()
    tokens = {each: await phone(apps, mina, each) for each in ("android", "ios", "web")}
    author = fresh()
    message = apps.says(author, channel, "hello", to=(mina,))
    await fcm.until(lambda: all(fcm.to(token) for token in tokens.values()))
    pushes = {platform: fcm.to(token)[0] for platform, token in tokens.items()}
    for push in pushes.values():
        assert push["notification"] == {"title": f"user{author}", "body": "hello"}
        assert push["data"]["message_id"] == str(message)
        assert push["data"]["badge"] == "1"
    android = pushes["android"]["android"]
    assert (android["priority"], android["collapse_key"]) == ("high", f"c{channel}")
    assert android["notification"] == {
        "channel_id": "mentions",
        "tag": f"c{channel}",
        "notification_count": 1,
    }
    apns = pushes["ios"]["apns"]
    assert apns["headers"]["apns-push-type"] == "alert"
    assert apns["headers"]["apns-collapse-id"] == f"c{channel}"
    assert apns["headers"]["apns-priority"] == "10"
    assert apns["payload"]["aps"]["badge"] == 1
    assert apns["payload"]["aps"]["thread-id"] == f"c{channel}"
    web = pushes["web"]["webpush"]
    assert web["fcm_options"]["link"].endswith(f"/channels/@me/{channel}/{message}")
    assert web["notification"]["tag"] == f"c{channel}"
    assert {"android", "apns", "webpush"} & pushes["web"].keys() == {"webpush"}
    assert fcm.tokens_given >= 1


async def test_e4_an_unregistered_app_is_forgotten(apps: House, fcm: FcmServer) -> None:
    """seeds.md E4: invalid tokens never pruned."""
    mina = apps.person()
    dead, alive = await phone(apps, mina), await phone(apps, mina)
    fcm.answers[dead] = always(UNREGISTERED)
    apps.says(fresh(), fresh(), "one", to=(mina,))
    await fcm.until(lambda: bool(fcm.to(alive)) and dead in fcm.tries)
    await apps.keeps(mina, 1)
    apps.says(fresh(), fresh(), "two", to=(mina,))
    await fcm.until(lambda: len(fcm.to(alive)) == 2)
    assert fcm.tries.count(dead) == 1


async def test_a_quota_is_waited_for_as_long_as_it_says(apps: House, fcm: FcmServer) -> None:
    mina = apps.person()
    token = await phone(apps, mina)
    fcm.answers[token] = first(1, quota("120"))
    apps.says(fresh(), fresh(), "patience", to=(mina,))
    await fcm.until(lambda: token in fcm.tries)
    asked = "SELECT due - now() AS wait FROM deliveries WHERE user_id = $1"
    found = await until(
        lambda: apps.rows.fetchval(asked, mina), lambda wait: wait.total_seconds() >= 61
    )
    wait = found.total_seconds()
    assert 110 < wait < 120 * 1.2 + 1
    await apps.rows.execute("UPDATE deliveries SET due = now() WHERE user_id = $1", mina)
    await fcm.until(lambda: len(fcm.to(token)) == 1)


@pytest.mark.parametrize("answer", [BROKEN, failure(503, "UNAVAILABLE", "UNAVAILABLE")])
async def test_what_fails_is_tried_again_by_the_queue_alone(
    apps: House, fcm: FcmServer, answer: Any
) -> None:
    """The SDK's own retries would multiply ours."""
    mina = apps.person()
    token = await phone(apps, mina)
    fcm.answers[token] = first(2, answer)
    apps.says(fresh(), fresh(), "sooner or later", to=(mina,))
    await again(apps, mina, 1, fcm, token)
    await again(apps, mina, 2, fcm, token)
    await fcm.until(lambda: len(fcm.to(token)) == 1)
    assert fcm.tries.count(token) == 3


async def test_what_was_read_elsewhere_is_taken_back_from_the_phone(
    apps: House, fcm: FcmServer
) -> None:
    mina, channel = apps.person(), fresh()
    android, ios = await phone(apps, mina), await phone(apps, mina, "ios")
    message = apps.says(fresh(), channel, "read me", to=(mina,))
    await fcm.until(lambda: bool(fcm.to(android)) and bool(fcm.to(ios)))
    apps.reads(mina, channel, message)
    await fcm.until(lambda: len(fcm.to(android)) == 2 and len(fcm.to(ios)) == 2)
    taken_back = fcm.to(android)[1]
    assert taken_back["data"] == {"kind": "withdraw", "tag": f"c{channel}", "badge": "0"}
    assert "notification" not in taken_back
    background = fcm.to(ios)[1]["apns"]
    assert background["headers"]["apns-push-type"] == "background"
    assert background["payload"]["aps"] == {"badge": 0, "content-available": 1}


async def test_a_call_rings_and_stops_ringing(apps: House, fcm: FcmServer) -> None:
    mina, channel = apps.person(), fresh()
    apps.neighbours.groups[channel] = "Saturday"
    android, ios = await phone(apps, mina), await phone(apps, mina, "ios")
    apps.rings(channel, mina, ringing=(mina,))
    await fcm.until(lambda: bool(fcm.to(android)) and bool(fcm.to(ios)))
    ring = fcm.to(android)[0]
    assert ring["data"]["kind"] == "ring"
    assert ring["data"]["title"] == "Saturday"
    assert "notification" not in ring
    assert int(ring["android"]["ttl"].rstrip("s")) <= 30
    aps = fcm.to(ios)[0]["apns"]["payload"]["aps"]
    assert (aps["sound"], aps["interruption-level"]) == ("ring.caf", "time-sensitive")
    apps.rings(channel, mina, ringing=())
    await fcm.until(lambda: len(fcm.to(android)) == 2)
    assert fcm.to(android)[1]["data"] == {"kind": "withdraw", "tag": f"r{channel}", "badge": "0"}


async def test_an_operator_sees_whether_pushes_arrive(apps: House, fcm: FcmServer) -> None:
    mina = apps.person(locale="ko")
    token, browser = await phone(apps, mina), await apps.browser(mina)
    calls = await apps.running.calls_from("user")
    assert (await calls.ask(GreetDevices(user_id=UserId(mina)))) == Pushed(devices=2)
    await fcm.until(lambda: bool(fcm.to(token)))
    (push,) = await apps.arrives(browser)
    assert (push["kind"], push["body"]) == ("test", "이 기기로 알림이 옵니다.")
    assert (await calls.ask(GreetDevices(user_id=UserId(fresh())))).devices == 0
