"""What a device is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from contracts.ids import Snowflake, UserId

TOKEN_MAX = 4_096
"""A Web Push subscription with its keys is the longest of them."""


class DeviceId(Snowflake):
    """A registered device."""


class Provider(StrEnum):
    """Who carries a push."""

    FCM = "fcm"
    WEBPUSH = "webpush"


class Platform(StrEnum):
    """What kind of device it is."""

    IOS = "ios"
    ANDROID = "android"
    WEB = "web"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a push goes: the same address is the same device, whoever holds it."""

    provider: Provider
    token: str
    platform: Platform

    @property
    def token_hash(self) -> bytes:
        """What tells tokens apart: they are too long for an index."""
        return sha256(self.token.encode()).digest()


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
