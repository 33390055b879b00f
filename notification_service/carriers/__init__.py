"""Who takes pushes: each carrier speaks one provider's protocol and tells what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Provider
from notification_service.domain.outcomes import Outcome


class Carrier(Protocol):
    """One provider."""

    provider: Provider

    async def send(self, batch: Sequence[Delivery]) -> list[Outcome]:
        """One outcome for each, in order; never raises for what a provider does."""

    async def close(self) -> None:
        """Nothing more will be sent."""
