"""Calls to iPhones over HTTP/2: they ring by PushKit, and nothing else goes that way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.fixtures.apple import KEY_ID, TEAM, TOPIC, Apple
from tests.fixtures.patience import until
from tests.fixtures.push import FcmServer
from tests.service.notification_service.conftest import OpenHouse
from tests.service.notification_service.house import House, fresh
from tests.service.notification_service.test_fcm import phone

DEVICES = "/users/@me/devices"


async def pushkit(house: House, who: int, token: str) -> None:
    """An iPhone's token for calls."""
    form = {"provider": "apns", "token": token}
    answer = await house.running.as_(who).post(DEVICES, json=form)
    assert answer.status_code == 201, answer.text
    assert answer.json()["platform"] == "ios"


async def test_calls_ring_by_pushkit_and_nothing_else_goes_that_way(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    async with (
        Apple().running() as apple,
        FcmServer().running() as fcm,
        open_house(
            apns_key=str(apple.file(tmp_path)),
            apns_key_id=KEY_ID,
            apns_team=TEAM,
            apns_topic=TOPIC,
            apns_url=apple.url,
            fcm_credentials=str(fcm.credentials(tmp_path)),
            fcm_url=fcm.url,
        ) as house,
    ):
        mina, channel = house.person(), fresh()
        form = {"provider": "apns", "token": "no hex"}
        refused = await house.running.as_(mina).post(DEVICES, json=form)
        assert refused.status_code == 400
        gone, alive = "ab" * 32, "cd" * 32
        apple.answers = {gone: [(410, "Unregistered")], alive: [(503, "ServiceUnavailable")]}
        alert = await phone(house, mina, "ios")
        for token in (gone, alive):
            await pushkit(house, mina, token)
        house.says(fresh(), fresh(), "no call", to=(mina,))
        await fcm.until(lambda: bool(fcm.to(alert)))
        house.neighbours.groups[channel] = "Saturday"
        house.rings(channel, mina, ringing=(mina,))
        await apple.until(lambda: not any(apple.answers.values()))
        asked = "UPDATE deliveries SET due = now() WHERE user_id = $1 AND tries > 0"

        async def taken() -> list[Any]:
            await house.rows.execute(asked, mina)
            return apple.taken

        await until(taken)
        ((headers, body),) = apple.taken
        assert headers[":path"] == f"/3/device/{alive}"
        assert (headers["apns-topic"], headers["apns-push-type"]) == (f"{TOPIC}.voip", "voip")
        assert (body["kind"], body["title"], body["tag"]) == ("ring", "Saturday", f"r{channel}")
        # Who rings by CallKit is not rung by an alert; and what is gone is forgotten.
        house.rings(channel, mina, ringing=())
        await fcm.until(lambda: len(fcm.to(alert)) == 2)
        assert fcm.to(alert)[1]["data"]["kind"] == "withdraw"
        devices = (await house.running.as_(mina).get(DEVICES)).json()
        assert len(devices) == 2
