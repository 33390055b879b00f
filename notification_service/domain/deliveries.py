"""Pushes on their way to devices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notification_service.domain.devices import Address, Provider
from notification_service.domain.pushes import Push


@dataclass(frozen=True, slots=True)
class Delivery:
    """A push and the device that it goes to."""

    id: int
    device_id: int
    address: Address
    push: Push
    tries: int
    expires: datetime


@dataclass(frozen=True, slots=True)
class Parcel:
    """A push about to be queued."""

    device_id: int
    user_id: int
    provider: Provider
    subject: str
    about_id: int
    push: Push
    expires: datetime
