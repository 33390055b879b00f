"""Somebody who is away is told, through the public port and every service of the house."""

from __future__ import annotations

from typing import Any

import pytest

from notification_service.domain.webpush import unb64
from tests.fixtures.houses import Newcomer
from tests.fixtures.patience import until
from tests.fixtures.push import PushService

pytestmark = [pytest.mark.xdist_group("house"), pytest.mark.asyncio(loop_scope="session")]


async def test_who_is_away_is_told_and_who_looks_is_not(meet: Newcomer) -> None:
    """seeds.md E5, B7: what pushed read devices that no client had registered, and whoever looked
    at a channel was pushed for it.
    """
    mina, jun = await meet("mina"), await meet("jun")
    guild = await mina.founds("Book club")
    channel = await mina.channel(guild["id"])
    await jun.joins(await mina.invites(channel))
    key = (await jun.does("GET", "/push/key"))["public_key"]
    async with PushService(unb64(key)).running() as service:
        browser = service.browser()
        await jun.does("POST", "/users/@me/devices", json=browser.subscription)

        async def heard() -> list[Any]:
            """Whose device is new is heard of from a moment later on."""
            await mina.sends(channel, "anybody?")
            return browser.received

        await until(heard, every=0.2)
        assert "#general, Book club" in browser.received[0]["title"]
        assert browser.received[0]["data"]["channel_id"] == channel

        watching = await mina.gateway().open()
        await watching.identify()
        device = await jun.gateway().open()
        await device.identify()
        reading = {"name": "a book", "type": 0}
        await device.say(3, {"status": "online", "activities": [reading], "focus": channel})
        await watching.expect("PRESENCE_UPDATE", lambda d: bool(d["activities"]))
        await mina.sends(channel, "seen at once")
        direct = await mina.does("POST", "/users/@me/channels", json={"recipient_id": jun.id})
        await mina.sends(direct["id"], "not seen")
        await service.until(lambda: browser.received[-1]["body"] == "not seen")
        told = [each["body"] for each in browser.received]
        assert "seen at once" not in told
        for each in (device, watching):
            await each.shut(1000)
        await jun.does("POST", "/auth/logout", json={})
        assert not service.refused
