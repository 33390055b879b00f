"""The hearing half of the bus on one server: one connection, counted subscriptions, four nets
against gaps.

The nets: a hole in the numbers; a subscription confirmed that was not asked for; an own canary that
stays away; every now and then, the heads of all topics. Commands and pushes share the connection,
so a reply stands exactly where it belongs among the arrivals: after the reply with the last missed
entry the next arrival is the next entry, and what arrives before it is among the missed ones.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

import hiredis

from chassis.bus.cursor import Head, Standing, Verdict
from chassis.bus.epochs import Epochs
from chassis.bus.meters import Meters
from chassis.bus.pace import Pace
from chassis.bus.resp import MOVING, Connection, Refused, Replied, as_entry, pack
from chassis.bus.subscription import Listener, State, Subscription
from chassis.clock import Clock
from chassis.logs import logger
from contracts import topics
from contracts.topics import Topic

log = logger("bus")

_MISSED_CANARIES = 3
_SLICE = 256
_PAGE = 256
_MOST_READING = 4
"""Pages on their way: replies count against the subscriber's output buffer, which Redis limits."""


class Words(NamedTuple):
    """How a kind of server names what a subscriber does."""

    subscribe: str
    unsubscribe: str
    publish: str
    subscribed: bytes
    message: bytes


PLAIN = Words("SUBSCRIBE", "UNSUBSCRIBE", "PUBLISH", b"subscribe", b"message")
SHARDED = Words("SSUBSCRIBE", "SUNSUBSCRIBE", "SPUBLISH", b"ssubscribe", b"smessage")


class Link:
    """The subscriptions of this process on one server; holder of a line. `refused` is told when the
    server does not take a command, and of which topic if that alone is on its way elsewhere.
    """

    def __init__(
        self,
        canary: str,
        epochs: Epochs,
        *,
        pace: Pace,
        clock: Clock,
        meters: Meters,
        words: Words = PLAIN,
        refused: Refused = lambda topic: None,
    ) -> None:
        self._canary = canary.encode()
        self.epochs = epochs
        self._words = words
        self._message = words.message
        self._refused = refused
        self._pace = pace
        self._clock = clock
        self._connection: Connection | None = None
        self._by_channel: dict[bytes, Subscription] = {}
        self._confirmations: dict[bytes, int] = {}
        self._missed = 0
        self._heads_at = 0.0
        self._has_swept = True
        self._to_read: deque[tuple[Subscription, Head]] = deque()
        self._reading = 0
        self._meters = meters

    def __len__(self) -> int:
        return len(self._by_channel)

    # What the bus offers.

    async def subscribe(self, topic: Topic, listener: Listener) -> None:
        """Return when every further event of the topic reaches this listener, perhaps by the way of
        another link by then.
        """
        channel = topics.pubsub(topic).encode()
        subscription = self._by_channel.get(channel)
        if subscription is None:
            subscription = self._by_channel[channel] = Subscription(topic)
            self._ask([subscription])
        subscription.listeners = (*subscription.listeners, listener)
        if subscription.state is State.LIVE:
            return
        live = asyncio.get_running_loop().create_future()
        subscription.waiting.append(live)
        await live

    def unsubscribe(self, topic: Topic, listener: Listener) -> None:
        """Stop hearing; nothing is delivered to it any more."""
        subscription = self._by_channel.get(topics.pubsub(topic).encode())
        if subscription is None or listener not in subscription.listeners:
            return
        rest = list(subscription.listeners)
        rest.remove(listener)
        subscription.listeners = tuple(rest)
        if not rest:
            del self._by_channel[subscription.channel]
            if self._connection is not None:
                self._connection.write(pack(self._words.unsubscribe, subscription.channel))

    def live_since(self, topic: Topic) -> int | None:
        """Every event of the topic with a later stamp reached, or will reach, this process."""
        subscription = self._by_channel.get(topics.pubsub(topic).encode())
        return None if subscription is None else subscription.live_since

    def give_up(self, is_elsewhere: Callable[[Topic], bool]) -> list[Subscription]:
        """Hear these topics no more; whoever takes them in goes on where this left off."""
        moved = [one for one in self._by_channel.values() if is_elsewhere(one.topic)]
        for one in moved:
            del self._by_channel[one.channel]
            if self._connection is not None:
                self._connection.write(pack(self._words.unsubscribe, one.channel))
        return moved

    def take_in(self, moved: Iterable[Subscription]) -> None:
        """Hear topics that were heard elsewhere, and look what was missed on the way."""
        taken = list(moved)
        for one in taken:
            self._by_channel[one.channel] = one
            if one.state is not State.ASKING:
                one.state = State.REPAIRING
        self._ask(taken)

    # Holder of a line.

    async def up(self, connection: Connection) -> None:
        """Compare the epoch, subscribe again to everything, and look what was missed."""
        for key in self.epochs.keys:
            await connection.call("SET", key, uuid4().hex, "NX")
            self._compare_epoch(key, await connection.call("GET", key))
        self._connection = connection
        self._missed = 0
        self._heads_at = self._clock.monotonic()
        self._subscribe([self._canary])
        every = list(self._by_channel.values())
        for start in range(0, len(every), _SLICE):
            known = every[start : start + _SLICE]
            self._ask([one for one in known if self._by_channel.get(one.channel) is one])
            if start + _SLICE < len(every):
                await self._clock.sleep(0)

    def down(self) -> None:
        """Nothing is heard until the next connection; each topic looks there what it missed."""
        self._connection = None
        self._confirmations.clear()
        self._has_swept = True
        self._to_read.clear()
        self._reading = 0
        for subscription in self._by_channel.values():
            if subscription.state is not State.ASKING:
                subscription.state = State.REPAIRING

    def tick(self, connection: Connection) -> None:
        """Send the canary, look at the epoch, and at times at all heads."""
        if self._missed >= _MISSED_CANARIES:
            self._meters.gaps.labels("canary").inc()
            log.warning("redis.silent", line="subscriber")
            return connection.abort()
        self._missed += 1
        connection.write(pack(self._words.publish, self._canary, ""), self._ignore)
        for key in self.epochs.keys[:1]:
            self._ask_epoch(key)
        if self._clock.monotonic() - self._heads_at >= self._pace.heads and self._has_swept:
            self._heads_at = self._clock.monotonic()
            self._has_swept = False
            self._sweep(list(self._by_channel.values()))
        return None

    def push(self, words: list[Any]) -> None:
        """One arrival. The hot path of every subscriber."""
        if words[0] != self._message:
            return self._told(words)
        subscription = self._by_channel.get(words[1])
        if subscription is None:
            if words[1] == self._canary:
                self._missed = 0
            return None
        if subscription.state is not State.LIVE:
            return None
        try:
            number, at, record = words[2].split(b" ", 2)
            n, stamp = int(number), int(at)
        except ValueError:
            return log.error("record.unreadable", topic=subscription.topic)
        verdict = subscription.cursor.feed(n, stamp)
        if verdict is Verdict.DELIVER:
            subscription.deliver(n, stamp, record)
        elif verdict is not Verdict.DUPLICATE:
            self._gap(subscription, "hole" if verdict is Verdict.HOLE else "regression")
        return None

    # Subscribing.

    def _ask(self, subscriptions: Sequence[Subscription]) -> None:
        """Subscribe, then read the heads: what comes after a head's reply is all that comes."""
        if self._connection is not None and subscriptions:
            self._subscribe([one.channel for one in subscriptions])
            for one in subscriptions:
                self._read_head(one)

    def _subscribe(self, channels: Sequence[bytes]) -> None:
        assert self._connection is not None
        for channel in channels:
            self._confirmations[channel] = self._confirmations.get(channel, 0) + 1
        if self._words is PLAIN:
            return self._connection.write(pack(self._words.subscribe, *channels))
        # Channels of several slots can not be named together.
        each = [pack(self._words.subscribe, channel) for channel in channels]
        return self._connection.write(b"".join(each))

    def _told(self, words: list[Any]) -> None:
        if words[0] == self._words.subscribed:
            self._confirmed(words)
        elif words[0] == b"sunsubscribe" and words[1] in self._by_channel:
            # Unasked for: the slot has moved to another server.
            self._hang_up("the slot has moved")

    def _confirmed(self, words: list[Any]) -> None:
        channel = words[1]
        expected = self._confirmations.pop(channel, 0)
        if expected > 1:
            self._confirmations[channel] = expected - 1
        elif expected == 0 and (subscription := self._by_channel.get(channel)) is not None:
            self._gap(subscription, "confirmation")

    # Repairing.

    def _gap(self, subscription: Subscription, net: str) -> None:
        self._meters.gaps.labels(net).inc()
        if subscription.state is State.LIVE:
            subscription.state = State.REPAIRING
            self._read_head(subscription)

    def _read_head(self, subscription: Subscription) -> None:
        key = topics.head_key(subscription.topic)
        self._command(pack("HMGET", key, "n", "s", "f"), partial(self._head_read, subscription))

    def _head_read(self, subscription: Subscription, reply: Any) -> None:
        if not self._is_current(subscription, reply) or subscription.state is State.READING:
            return None
        head = Head(*(int(value or 0) for value in reply))
        if subscription.state is State.ASKING:
            return subscription.settle(head)
        match subscription.cursor.compare(head):
            case Standing.CURRENT:
                if subscription.state is State.REPAIRING:
                    subscription.go_live()
            case Standing.BEHIND:
                if subscription.state is State.LIVE:
                    self._meters.gaps.labels("heads").inc()
                subscription.state = State.READING
                self._to_read.append((subscription, head))
                self._read_logs()
            case Standing.LOST:
                self._meters.lost.inc()
                subscription.forget()
                subscription.settle(head)
        return None

    def _read_logs(self) -> None:
        while self._to_read and self._reading < _MOST_READING:
            subscription, head = self._to_read.popleft()
            self._reading += 1
            key, start = topics.log_key(subscription.topic), f"{subscription.cursor.stamp:d}-0"
            command = pack("XRANGE", key, start, "+", "COUNT", _PAGE)
            self._command(command, partial(self._log_read, subscription, head))

    def _log_read(self, subscription: Subscription, head: Head, reply: Any) -> None:
        self._reading -= 1
        if self._is_current(subscription, reply) and subscription.state is State.READING:
            self._take(subscription, head, reply)
        self._read_logs()

    def _take(self, subscription: Subscription, head: Head, reply: list[Any]) -> None:
        missed = subscription.cursor.absorb([as_entry(raw) for raw in reply], head.floor)
        is_last = len(reply) < _PAGE
        if missed is None or (is_last and subscription.cursor.n < head.n):
            self._meters.lost.inc()
            subscription.forget()
            return self._read_head(subscription)
        self._meters.repaired.inc(len(missed))
        for entry in missed:
            subscription.deliver(*entry)
        if is_last:
            subscription.go_live()
        else:
            self._to_read.append((subscription, head))
        return None

    def _is_current(self, subscription: Subscription, reply: Any) -> bool:
        """Whether a reply still matters. After a refusal replies may be shifted: hang up."""
        if isinstance(reply, hiredis.ReplyError):
            if str(reply).startswith(MOVING):
                self._refused(subscription.topic)
            else:
                self._hang_up(str(reply))
            return False
        return self._by_channel.get(subscription.channel) is subscription

    def _sweep(self, rest: list[Subscription]) -> None:
        """Read all heads, a slice a turn, so that arrivals are not kept waiting."""
        if self._connection is None:
            return
        for one in rest[:_SLICE]:
            if one.state is State.LIVE:
                self._read_head(one)
        if len(rest) > _SLICE:
            asyncio.get_running_loop().call_soon(self._sweep, rest[_SLICE:])
        else:
            self._has_swept = True

    # The epoch.

    def _ask_epoch(self, key: str) -> None:
        self._command(pack("GET", key), partial(self._epoch_seen, key))

    def _epoch_seen(self, key: str, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):
            if not str(reply).startswith(MOVING):
                self._hang_up(str(reply))
        elif reply is None:
            # The data is gone. Whoever is first names the new epoch.
            self._command(pack("SET", key, uuid4().hex, "NX"), self._ignore)
            self._ask_epoch(key)
        elif self._compare_epoch(key, reply):
            for subscription in self._by_channel.values():
                self._read_head(subscription)

    def _compare_epoch(self, key: str, reply: bytes) -> bool:
        """Whether this is another Redis, or the same one without its data: then all is lost."""
        if not self.epochs.has_changed(key, reply.decode()):
            return False
        log.warning("redis.epoch_changed", topics=len(self._by_channel))
        self._meters.gaps.labels("epoch").inc()
        for subscription in self._by_channel.values():
            subscription.forget()
        return True

    def _command(self, packed: bytes, replied: Replied) -> None:
        if self._connection is not None:
            self._connection.write(packed, replied)

    def _ignore(self, reply: Any) -> None:
        if isinstance(reply, hiredis.ReplyError):
            self._hang_up(str(reply))

    def _hang_up(self, reason: str) -> None:
        log.error("redis.refused", line="subscriber", reason=reason)
        if self._connection is not None:
            self._connection.abort()
        self._refused(None)
