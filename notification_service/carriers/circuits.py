"""Which push services are asked at all."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from chassis.clock import Clock
from chassis.rpc.breaker import Breaker, Pass
from notification_service.domain.deliveries import Delivery
from notification_service.domain.devices import Provider
from notification_service.domain.outcomes import Outcome

_HOSTS = 1_000


class Circuits:
    """One that keeps failing is left alone for a while, and then tried with one push."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._breakers: dict[str, Breaker] = {}
        self._passes: dict[int, Pass] = {}

    def admit(self, claimed: Sequence[Delivery]) -> tuple[list[Delivery], list[Delivery]]:
        """Those that may go, and those that must wait."""
        now = self._clock.monotonic()
        admitted, held = [], []
        for each in claimed:
            may = self._breaker(each).admit(now)
            if may is None:
                held.append(each)
            else:
                self._passes[each.id] = may
                admitted.append(each)
        return admitted, held

    def settle(self, sent: Sequence[tuple[Delivery, Outcome]]) -> None:
        """How they went."""
        now = self._clock.monotonic()
        for each, outcome in sent:
            may = self._passes.pop(each.id)
            self._breaker(each).settle(may, now, failed=outcome.is_outage)

    def _breaker(self, delivery: Delivery) -> Breaker:
        address = delivery.address
        is_anywhere = address.provider is Provider.WEBPUSH
        host = urlsplit(address.token).netloc if is_anywhere else address.provider.value
        if host not in self._breakers and len(self._breakers) >= _HOSTS:
            self._breakers.clear()
        return self._breakers.setdefault(host, Breaker())
