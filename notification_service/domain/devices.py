"""What a device is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from contracts.ids import Snowflake, UserId

TOKEN_MAX = 4_096
"""Tokens are shorter; what a provider may come up with is not known."""


class DeviceId(Snowflake):
    """A registered device."""


class Provider(StrEnum):
    """Who carries a push."""

    FCM = "fcm"
    WEBPUSH = "webpush"
    APNS = "apns"
    """Calls to iPhones, directly: a token of PushKit."""


class Platform(StrEnum):
    """What kind of device it is."""

    IOS = "ios"
    ANDROID = "android"
    WEB = "web"

    @property
    def is_mobile(self) -> bool:
        """Whether the wish not to be pushed to phones concerns it."""
        return self is not Platform.WEB


@dataclass(frozen=True, slots=True)
class WebKeys:
    """What a browser gave beside its endpoint, as base64url."""

    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a push goes: the same address is the same device, whoever holds it."""

    provider: Provider
    token: str
    """Of FCM; for Web Push the endpoint."""
    platform: Platform
    keys: WebKeys | None = None

    @property
    def token_hash(self) -> bytes:
        """What tells tokens apart: they are too long for an index."""
        return hash_of(self.token)


def hash_of(token: str) -> bytes:
    """What tells tokens apart."""
    return sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Device:
    """An address in the hands of a login session."""

    id: DeviceId
    user_id: UserId
    login_id: int
    address: Address
    seen: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """Up to where the events of a topic have had their effect."""

    epoch: str
    stamp: int
