"""Providers that are slow, through the real SDK."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fixtures.push import FcmServer
from tests.service.notification_service.conftest import OpenHouse
from tests.service.notification_service.house import fresh
from tests.service.notification_service.test_fcm import phone


async def test_a_provider_that_answers_late_holds_up_nobody_else(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    """seeds.md E10, B1: whoever waited for a provider kept others waiting."""
    async with FcmServer().running() as fcm:
        file = str(fcm.credentials(tmp_path))
        async with open_house(fcm_credentials=file, fcm_url=fcm.url, push_timeout=90.0) as house:
            mina, jun = house.person(), house.person()
            slow = await phone(house, mina)
            fcm.held[slow] = asyncio.Event()
            house.says(fresh(), fresh(), "wait for me", to=(mina,))
            await fcm.until(lambda: slow in fcm.tries)
            other, browser = await phone(house, jun), await house.browser(jun)
            house.says(fresh(), fresh(), "not for her", to=(jun,))
            await fcm.until(lambda: bool(fcm.to(other)))
            await house.arrives(browser)
            assert fcm.to(slow) == []
            fcm.held[slow].set()
            await fcm.until(lambda: bool(fcm.to(slow)))
