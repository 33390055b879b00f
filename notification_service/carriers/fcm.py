"""Firebase Cloud Messaging through its maker's own SDK, which is imported and run only here: it is
large, and it blocks, so it has a small pool of threads of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from chassis.clock import Clock
from notification_service.carriers import no_account
from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Platform, Provider
from notification_service.domain.outcomes import SENT, Fate, Outcome, patience
from notification_service.domain.pushes import RING_TTL_S, Push

if TYPE_CHECKING:
    from firebase_admin import messaging

_THREADS = 3
"""Batches at a time, one a loop of jobs.py; within one, the SDK has a thread for each push."""
_AT_ONCE = 50
_CALLS, _PEOPLE, _MESSAGES = "calls", "mentions", "messages"
"""Notification channels that the Android app declares."""


class Fcm:
    """A carrier."""

    provider = Provider.FCM

    def __init__(self, credentials: str, url: str, *, timeout: float, clock: Clock) -> None:
        self._file = Path(credentials)
        self._url = url
        self._timeout = timeout
        self._clock = clock
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="fcm")
        self._app: Any = None
        self._opening = Lock()

    async def send(self, batch: Sequence[Delivery]) -> list[Outcome]:
        """In pieces, each of which the SDK sends at once."""
        loop = asyncio.get_running_loop()
        outcomes: list[Outcome] = []
        for start in range(0, len(batch), _AT_ONCE):
            some = batch[start : start + _AT_ONCE]
            outcomes += await loop.run_in_executor(self._threads, self._send, some)
        return outcomes

    def trouble(self) -> str:
        """What is wrong with the account."""
        return no_account(str(self._file))

    async def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _send(self, some: Sequence[Delivery]) -> list[Outcome]:
        from firebase_admin import exceptions, messaging

        try:
            with self._opening:
                app = self._opened()
            messages = [_addressed(each, self._clock) for each in some]
            answers = messaging.send_each(messages, app=app).responses
        except (exceptions.FirebaseError, OSError, ValueError) as error:
            return [Outcome(Fate.LATER, is_outage=True, why=_why(error))] * len(some)
        return [SENT if each.success else self._failed(each.exception) for each in answers]

    def _opened(self) -> Any:
        """The SDK with our account; its address may be another, as its own tests have it."""
        if self._app is None:
            import firebase_admin
            from firebase_admin import credentials, messaging

            app = firebase_admin.initialize_app(
                credentials.Certificate(str(self._file)),
                {"httpTimeout": self._timeout},
                name=f"moim-{uuid4().hex[:8]}",
            )
            service = messaging._get_messaging_service(app)
            # The queue tries again by itself, and knows better when.
            for adapter in service._client.session.adapters.values():
                adapter.max_retries = adapter.max_retries.new(status=0, status_forcelist=[])
            if self._url:
                service._fcm_url = f"{self._url}/v1/projects/{app.project_id}/messages:send"
            self._app = app
        return self._app

    def _failed(self, error: Exception) -> Outcome:
        """What an error of the SDK means for this push and for others."""
        from firebase_admin import exceptions, messaging

        answer = getattr(error, "http_response", None)
        header = answer.headers.get("retry-after") if answer is not None else None
        wait = patience(header, self._clock.now())
        if isinstance(error, messaging.UnregisteredError | messaging.SenderIdMismatchError):
            return Outcome(Fate.GONE, why=_why(error))
        if isinstance(error, messaging.QuotaExceededError | exceptions.ResourceExhaustedError):
            return Outcome(Fate.LATER, wait, why=_why(error))
        if isinstance(error, exceptions.InvalidArgumentError):
            return Outcome(Fate.REFUSED, why=_why(error))
        # Unreachable, unwell, or our account is not let in: nobody's push would get through.
        return Outcome(Fate.LATER, wait, is_outage=True, why=_why(error))


def _why(error: Exception) -> str:
    code = getattr(error, "code", None)
    return str(code or type(error).__name__)


def _addressed(delivery: Delivery, clock: Clock) -> messaging.Message:
    made = _message(delivery, clock)
    # Said afterwards, as the SDK would rather have installation ids, which no client gives us.
    made.token = delivery.address.token
    return made


def _message(delivery: Delivery, clock: Clock) -> messaging.Message:
    from firebase_admin import messaging

    push = delivery.push
    left = max(0, int((delivery.expires - clock.now()).total_seconds()))
    ttl = min(left, RING_TTL_S) if push.is_ring else left
    common: dict[str, Any] = {
        "data": {**push.data, "tag": push.tag, "badge": str(push.badge)},
    }
    if push.is_withdrawal:
        android = messaging.AndroidConfig(collapse_key=push.tag, priority="normal")
        return messaging.Message(**common, android=android, apns=_apns(push, ttl, clock))
    platform = delivery.address.platform
    if platform is Platform.ANDROID:
        common["android"] = _android(push, ttl)
    elif platform is Platform.IOS:
        common["apns"] = _apns(push, ttl, clock)
    else:
        common["webpush"] = _webpush(push, ttl)
    if push.is_ring and platform is Platform.ANDROID:
        # The app draws a call by itself; a ready-made notification would not ring.
        common["data"] |= {"title": push.title, "body": push.body}
        return messaging.Message(**common)
    shown = messaging.Notification(title=push.title, body=push.body, image=push.image)
    return messaging.Message(**common, notification=shown)


def _android(push: Push, ttl: int) -> Any:
    from firebase_admin import messaging

    channel = _PEOPLE if push.is_urgent else _MESSAGES
    shown = messaging.AndroidNotification(
        channel_id=_CALLS if push.is_ring else channel,
        tag=push.tag,
        notification_count=push.badge or None,
        image=push.image,
    )
    return messaging.AndroidConfig(
        collapse_key=push.tag,
        priority="high" if push.is_urgent else "normal",
        ttl=timedelta(seconds=ttl),
        notification=None if push.is_ring else shown,
    )


def _apns(push: Push, ttl: int, clock: Clock) -> Any:
    from firebase_admin import messaging

    headers = {
        "apns-collapse-id": push.tag,
        "apns-expiration": str(clock.now_ms() // 1000 + ttl),
        "apns-priority": "10" if push.is_urgent else "5",
        "apns-push-type": "background" if push.is_withdrawal else "alert",
    }
    if push.is_withdrawal:
        aps = messaging.Aps(content_available=True, badge=push.badge)
        return messaging.APNSConfig(headers, messaging.APNSPayload(aps, **push.data))
    aps = messaging.Aps(
        badge=push.badge,
        sound="ring.caf" if push.is_ring else "default",
        thread_id=push.tag,
        category="CALL" if push.is_ring else "MESSAGE",
        # What lets an extension of the app fetch the picture, or show the call by CallKit.
        mutable_content=push.is_ring or push.image is not None,
        custom_data={"interruption-level": "time-sensitive"} if push.is_ring else None,
    )
    options = messaging.APNSFCMOptions(image=push.image) if push.image else None
    return messaging.APNSConfig(headers, messaging.APNSPayload(aps, **push.data), options)


def _webpush(push: Push, ttl: int) -> Any:
    from firebase_admin import messaging

    shown = messaging.WebpushNotification(
        title=push.title, body=push.body, tag=push.tag, image=push.image, renotify=True
    )
    # Only https may be linked; elsewhere the app finds the way from the data.
    options = messaging.WebpushFCMOptions(push.link) if push.link.startswith("https:") else None
    urgency = "high" if push.is_urgent else "normal"
    headers = {"TTL": str(ttl), "Urgency": urgency}
    return messaging.WebpushConfig(headers=headers, notification=shown, fcm_options=options)
