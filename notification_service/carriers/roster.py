"""Which carriers there are: those that are configured. Their libraries are not even imported until
there is something to send.
"""

from __future__ import annotations

from functools import partial

from chassis.clock import Clock
from notification_service.carriers import Carrier, Late, no_account, no_key
from notification_service.domain.devices import Provider
from notification_service.settings import Settings


def configured(settings: Settings, clock: Clock) -> list[Carrier]:
    """All of them."""
    found: list[Carrier] = []
    if settings.vapid_key.get_secret_value():
        found.append(Late(Provider.WEBPUSH, partial(_webpush, settings, clock)))
    if settings.fcm_credentials:
        check = partial(no_account, settings.fcm_credentials)
        found.append(Late(Provider.FCM, partial(_fcm, settings, clock), check))
    if settings.apns_key:
        check = partial(no_key, settings.apns_key)
        found.append(Late(Provider.APNS, partial(_apns, settings, clock), check))
    return found


def _webpush(settings: Settings, clock: Clock) -> Carrier:
    from notification_service.carriers.webpush import WebPush

    return WebPush(
        bytes.fromhex(settings.vapid_key.get_secret_value()),
        contact=settings.vapid_contact,
        timeout=settings.push_timeout,
        clock=clock,
        is_private=settings.private_push,
    )


def _fcm(settings: Settings, clock: Clock) -> Carrier:
    from notification_service.carriers.fcm import Fcm

    file, url = settings.fcm_credentials, settings.fcm_url.rstrip("/")
    return Fcm(file, url, timeout=settings.push_timeout, clock=clock)


def _apns(settings: Settings, clock: Clock) -> Carrier:
    from notification_service.carriers.apns import Apns

    return Apns(
        settings.apns_key,
        key_id=settings.apns_key_id,
        team=settings.apns_team,
        topic=settings.apns_topic,
        url=settings.apns_url.rstrip("/"),
        timeout=settings.push_timeout,
        clock=clock,
    )
