"""Endpoints come from clients: none of them leads into our own house."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chassis.clock import SystemClock
from notification_service.carriers.webpush import WebPush
from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Address, Platform, Provider, WebKeys
from notification_service.domain.outcomes import Fate
from notification_service.domain.pushes import Push
from notification_service.domain.webpush import b64, public_bytes
from tests.fixtures.push import PushService

SECRET = bytes(32)


@pytest.mark.parametrize(
    "endpoint",
    [
        "{url}",
        "https://127.0.0.1:{port}/send/1",
        "https://localhost:{port}/send/1",
        "https://[::1]:{port}/send/1",
        "https://10.0.0.1/send/1",
        "https://169.254.169.254/latest",
        "https://[::ffff:127.0.0.1]:{port}/send/1",
    ],
)
async def test_private_addresses_are_never_connected_to(endpoint: str) -> None:
    clock = SystemClock()
    carrier = WebPush(SECRET, contact="mailto:a@b.c", timeout=5, clock=clock)
    async with PushService(b"").running() as service:
        browser = service.browser()
        port = service.url.rpartition(":")[2]
        keys = WebKeys(b64(public_bytes(browser.key)), b64(browser.auth))
        url = endpoint.format(url=browser.endpoint, port=port)
        address = Address(Provider.WEBPUSH, url, Platform.WEB, keys)
        expires = clock.now() + timedelta(hours=1)
        delivery = Delivery(1, 1, address, Push(kind="test", tag="t"), 1, expires)
        (outcome,) = await carrier.send([delivery])
        await carrier.close()
        assert (outcome.fate, browser.tries) == (Fate.REFUSED, 0)
