"""Web Push: straight to the push service that a browser has chosen, encrypted for that browser.

Endpoints come from clients, so they are never trusted: only https, and only addresses of the public
internet, looked up and connected to in one step.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.clock import Clock
from notification_service.domain import webpush
from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Provider
from notification_service.domain.outcomes import Fate, Outcome, of_status
from notification_service.domain.pushes import RING_TTL_S, Push
from notification_service.domain.texts import cut

_AT_ONCE = 32
_SIGNED_FOR_S = 12 * 3_600
_RENEWED_BEFORE_S = 3_600
_AUDIENCES = 1_000
_TEXT_MOST = 300


class NotPublic(httpcore.ConnectError):
    """An endpoint that leads into somebody's house."""


class Guarded(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only."""

    def __init__(self) -> None:
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Look the name up and connect to what was found, if that is not inside any house."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        address = str(found[0][4][0])
        if not all(ipaddress.ip_address(each[4][0]).is_global for each in found):
            raise NotPublic(f"{host} is not on the public internet")
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise httpcore.ConnectError("no push service lives in a file")

    async def sleep(self, seconds: float) -> None:
        """Between tries, which this pool does not make."""
        await self._inner.sleep(seconds)


class WebPush:
    """A carrier."""

    provider = Provider.WEBPUSH

    def __init__(
        self, secret: bytes, *, contact: str, timeout: float, clock: Clock, is_private: bool = False
    ) -> None:
        self._key = webpush.private_key(secret)
        self._contact = contact
        self._clock = clock
        self._is_private = is_private
        transport = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=_AT_ONCE))
        if not is_private:
            transport._pool._network_backend = Guarded()
        self._http = httpx.AsyncClient(transport=transport, timeout=timeout, trust_env=False)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._signed: dict[str, tuple[int, str]] = {}

    @property
    def public_key(self) -> str:
        """Which browsers subscribe with."""
        return webpush.b64(webpush.public_bytes(self._key))

    async def send(self, batch: Sequence[Delivery]) -> list[Outcome]:
        """Many at a time, each on its own."""
        return list(await asyncio.gather(*(self._send(each) for each in batch)))

    def trouble(self) -> str:
        """None: its key is checked when the service starts."""
        return ""

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def _send(self, delivery: Delivery) -> Outcome:
        endpoint, keys = delivery.address.token, delivery.address.keys
        if keys is None or not self._may(endpoint):
            return Outcome(Fate.REFUSED, why="endpoint")
        body = webpush.encrypt(
            payload(delivery.push),
            keys,
            ephemeral=ec.generate_private_key(ec.SECP256R1()),
            salt=secrets.token_bytes(16),
        )
        async with self._turns:
            try:
                answer = await self._http.post(
                    endpoint, content=body, headers=self._headers(delivery)
                )
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                if isinstance(error.__cause__, NotPublic):
                    return Outcome(Fate.REFUSED, why="address")
                return Outcome(Fate.LATER, is_outage=True, why=type(error).__name__)
        return of_status(answer.status_code, answer.headers.get("retry-after"), self._clock.now())

    def _may(self, endpoint: str) -> bool:
        scheme = urlsplit(endpoint).scheme
        return scheme == "https" or (self._is_private and scheme == "http")

    def _headers(self, delivery: Delivery) -> dict[str, str]:
        push = delivery.push
        left = max(0, int((delivery.expires - self._clock.now()).total_seconds()))
        return {
            "Authorization": self._authorization(webpush.audience_of(delivery.address.token)),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(min(left, RING_TTL_S) if push.is_ring else left),
            "Urgency": "high" if push.is_urgent else "normal",
            # What the service still holds for this browser under the same topic is replaced.
            "Topic": push.tag[:32],
        }

    def _authorization(self, audience: str) -> str:
        """Signing costs more than sending: one serves many pushes to the same service."""
        now = self._clock.now_ms() // 1000
        expires, text = self._signed.get(audience, (0, ""))
        if expires - now < _RENEWED_BEFORE_S:
            expires = now + _SIGNED_FOR_S
            text = webpush.identification(
                self._key, audience, contact=self._contact, expires_s=expires
            )
            if len(self._signed) >= _AUDIENCES:
                self._signed.clear()
            self._signed[audience] = (expires, text)
        return text


def payload(push: Push) -> bytes:
    """What the service worker reads; short enough for every push service."""
    said = {
        "kind": push.kind,
        "title": cut(push.title, _TEXT_MOST),
        "body": cut(push.body, _TEXT_MOST),
        "tag": push.tag,
        "badge": push.badge,
        "link": push.link,
        "data": push.data,
    }
    with_image = orjson.dumps(said | {"image": push.image})
    return with_image if len(with_image) <= webpush.PLAIN_MOST else orjson.dumps(said)
