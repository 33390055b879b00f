"""Webhooks by id, remembered for a minute, so that a post asks nobody. One that changes is
forgotten at once: this listens to that.
"""

from __future__ import annotations

from chassis.clock import Clock
from chassis.rpc.client import Calls
from contracts.events.base import name_of, unpack
from contracts.events.webhook import WebhookChanged
from contracts.ids import WebhookId
from contracts.objects.webhook import Webhook
from contracts.rpc.community import FindWebhook
from contracts.topics import Topic

_FRESH_S = 60.0
_MOST = 10_000


class Webhooks:
    """A bounded memory in front of FindWebhook."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._known: dict[int, tuple[float, Webhook]] = {}
        self._changes = 0

    async def find(self, webhook_id: int) -> Webhook | None:
        """A webhook, or None."""
        known, now = self._known.get(webhook_id), self._clock.monotonic()
        if known is not None and now - known[0] < _FRESH_S:
            return known[1]
        before = self._changes
        found = (await self._calls.ask(FindWebhook(webhook_id=WebhookId(webhook_id)))).webhook
        if found is not None and before == self._changes:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[webhook_id] = (now, found)
        return found

    def deliver(self, topic: Topic, n: int, stamp: int, record: bytes) -> None:
        """A webhook is not what it was."""
        del topic, n, stamp
        if name_of(record) == WebhookChanged.__name__:
            header, _ = unpack(record)
            self._changes += 1
            self._known.pop(header.route.user_id or 0, None)

    def lost(self, topic: Topic) -> None:
        """Any of them may be another."""
        del topic
        self._changes += 1
        self._known.clear()
