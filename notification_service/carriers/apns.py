"""Apple's push service, spoken to directly, for what FCM can not carry: calls that ring on the lock
screen (PushKit and CallKit). Everything else goes to iPhones through FCM.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import httpx
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.clock import Clock
from notification_service.carriers import no_key
from notification_service.domain import webpush
from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Provider
from notification_service.domain.outcomes import SENT, Fate, Outcome, patience
from notification_service.domain.pushes import Push

APPLE = "https://api.push.apple.com"
_AT_ONCE = 32
_RENEWED_AFTER_S = 45 * 60
"""A token is good for an hour, and wants to be older than twenty minutes when it is renewed."""
_DEAD = frozenset({"BadDeviceToken", "DeviceTokenNotForTopic", "Unregistered", "ExpiredToken"})


class Apns:
    """A carrier."""

    provider = Provider.APNS

    def __init__(
        self,
        key: str,
        *,
        key_id: str,
        team: str,
        topic: str,
        url: str,
        timeout: float,
        clock: Clock,
    ) -> None:
        self._file = Path(key)
        self._key_id, self._team, self._topic = key_id, team, topic
        self._url = url or APPLE
        self._clock = clock
        # Without TLS there is nothing to negotiate by: a local server speaks HTTP/2 from the start.
        is_clear = self._url.startswith("http:")
        self._http = httpx.AsyncClient(
            http1=not is_clear, http2=True, timeout=timeout, trust_env=False
        )
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._signed: tuple[int, str] | None = None

    async def send(self, batch: Sequence[Delivery]) -> list[Outcome]:
        """Many at a time on one connection."""
        try:
            authorization = await asyncio.to_thread(self._authorization)
        except (OSError, ValueError, UnsupportedAlgorithm) as error:
            return [Outcome(Fate.LATER, is_outage=True, why=type(error).__name__)] * len(batch)
        return list(await asyncio.gather(*(self._send(each, authorization) for each in batch)))

    def trouble(self) -> str:
        """Whether the key can be read."""
        return no_key(str(self._file))

    async def close(self) -> None:
        """Hang up."""
        await self._http.aclose()

    async def _send(self, delivery: Delivery, authorization: str) -> Outcome:
        left = max(0, int((delivery.expires - self._clock.now()).total_seconds()))
        headers = {
            "authorization": authorization,
            "apns-topic": f"{self._topic}.voip",
            "apns-push-type": "voip",
            "apns-priority": "10",
            "apns-expiration": str(self._clock.now_ms() // 1_000 + left),
        }
        url = f"{self._url}/3/device/{delivery.address.token}"
        async with self._turns:
            try:
                answer = await self._http.post(url, content=payload(delivery.push), headers=headers)
            except (httpx.HTTPError, OSError) as error:
                return Outcome(Fate.LATER, is_outage=True, why=type(error).__name__)
        return self._outcome(answer)

    def _outcome(self, answer: httpx.Response) -> Outcome:
        if answer.status_code == 200:
            return SENT
        why = _reason(answer.content) or str(answer.status_code)
        if answer.status_code == 410 or why in _DEAD:
            return Outcome(Fate.GONE, why=why)
        wait = patience(answer.headers.get("retry-after"), self._clock.now())
        if answer.status_code == 403:
            # Our identification, not this device: nobody's push would get through.
            self._signed = None
            return Outcome(Fate.LATER, wait, is_outage=True, why=why)
        if answer.status_code == 429 or answer.status_code >= 500:
            return Outcome(Fate.LATER, wait, is_outage=answer.status_code >= 500, why=why)
        return Outcome(Fate.REFUSED, why=why)

    def _authorization(self) -> str:
        now = self._clock.now_ms() // 1_000
        if self._signed is None or now - self._signed[0] > _RENEWED_AFTER_S:
            key = load_pem_private_key(self._file.read_bytes(), None)
            if not isinstance(key, ec.EllipticCurvePrivateKey):
                raise ValueError("not a key of an elliptic curve")
            head = {"alg": "ES256", "kid": self._key_id}
            signed = webpush.signed(key, head, {"iss": self._team, "iat": now})
            self._signed = (now, f"bearer {signed}")
        return self._signed[1]


def payload(push: Push) -> bytes:
    """What the app's PushKit handler reads: enough for CallKit to show who calls."""
    alert = {"title": push.title, "body": push.body}
    return orjson.dumps(
        {"aps": {"alert": alert}, **push.data, "title": push.title, "tag": push.tag}
    )


def _reason(body: bytes) -> str:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    return str(said.get("reason", "")) if isinstance(said, dict) else ""
