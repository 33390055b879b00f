"""Dispatches as MESSAGE frames: each goes to the most particular subscription of a session, once.
What does not depend on the session is made once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from gateway.live.frames import TEXT, head
from gateway.live.outlet import NOWHERE, Outlet, Translator
from gateway.stomp.destinations import Kind, Target
from gateway.stomp.frames import escaped

_OF_A_CHANNEL = frozenset({"CHANNEL_CREATE", "CHANNEL_UPDATE", "CHANNEL_DELETE"})
_OF_A_GUILD = frozenset({"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE"})
_OF_A_THREAD = frozenset({"THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE"})
_ENDS = frozenset({"CHANNEL_DELETE", "THREAD_DELETE", "GUILD_DELETE"})
_FOR_ONESELF = frozenset({"GUILD_CREATE", "GUILD_DELETE", "VOICE_SERVER_UPDATE"})
"""Events of a guild that a person is told even if no subscription is for that guild."""
_EVENTS = Target(Kind.EVENTS)


class Rendered:
    """One event as everybody gets it: where it belongs, and its frame but for the subscription."""

    __slots__ = ("_body", "_name", "_s", "_tails", "channel", "ends", "guild", "is_for_oneself")

    last: Rendered | None = None
    """The same payload comes to every session in a row: it is rendered for the first of them."""

    def __init__(self, payload: bytes) -> None:
        event = orjson.loads(payload)
        name, d = event["t"], event["d"]
        self._body = payload
        self._name = name
        self._s = event["s"]
        self._tails: dict[Target, bytes] = {}
        self.channel, self.guild = _places(name, d if isinstance(d, dict) else {})
        self.is_for_oneself = self.guild is None or name in _FOR_ONESELF
        self.ends: Target | None = None
        if name in _ENDS:
            self.ends = self.channel or self.guild

    @classmethod
    def of(cls, payload: bytes) -> Rendered:
        """The payload, rendered."""
        last = Rendered.last
        if last is None or last._body is not payload:
            last = Rendered.last = cls(payload)
        return last

    def tail(self, target: Target) -> bytes:
        """Everything behind the subscription's name."""
        tail = self._tails.get(target)
        if tail is None:
            tail = self._tails[target] = (
                b"\ndestination:%b\nmessage-id:%d\nevent:%b\ncontent-type:application/json\n"
                b"content-length:%d\n\n%b\0"
            ) % (
                target.destination.encode(),
                self._s or 0,
                (self._name or "").encode(),
                len(self._body),
                self._body,
            )
        return tail


class StompSink(Translator):
    """The way out of one STOMP session."""

    __slots__ = ("_early", "_ended", "_outlet", "_subscriptions")

    def __init__(self, outlet: Outlet, ended: Callable[[Target], None]) -> None:
        self._outlet = outlet
        self._ended = ended
        self._subscriptions: dict[Target, list[bytes]] = {}
        self._early: list[bytes] | None = []
        """What was told before anything could be subscribed: READY, and the guilds."""

    def write(self, payload: bytes, /) -> None:
        """The next event, unless it is let fall."""
        if self._outlet.door is not NOWHERE:
            framed = self.frame(payload)
            if framed:
                self._outlet.write(framed)

    def frame(self, payload: bytes) -> bytes:
        """The event for each subscription that it goes to; nothing if there is none."""
        rendered = Rendered.of(payload)
        target = self._goes_to(rendered)
        if target is None:
            if self._early is not None and rendered.is_for_oneself:
                self._early.append(payload)
            return b""
        framed = b"".join(
            _framed(name, rendered.tail(target)) for name in self._subscriptions[target]
        )
        if rendered.ends is not None:
            self._ended(rendered.ends)
        return framed

    def subscribe(self, name: str, target: Target) -> bytes:
        """From now on; what was kept for it is framed at once."""
        self._subscriptions.setdefault(target, []).append(escaped(name).encode())
        if target != _EVENTS or self._early is None:
            return b""
        early, self._early = self._early, None
        return b"".join(map(self.frame, early))

    def unsubscribe(self, name: str) -> None:
        """No longer."""
        known = escaped(name).encode()
        for target, names in tuple(self._subscriptions.items()):
            if known in names:
                names.remove(known)
                if not names:
                    del self._subscriptions[target]

    def forget(self) -> None:
        """Nobody asked for READY in time."""
        self._early = None

    def has(self, target: Target) -> bool:
        """Whether it is subscribed to."""
        return target in self._subscriptions

    def say(self, target: Target, headers: bytes, body: bytes) -> bytes:
        """A message of the house's own for a subscription."""
        length = b"content-length:%d\n" % len(body)
        tail = b"\ndestination:%b\n%b%b\n%b\0" % (
            target.destination.encode(),
            headers,
            length,
            body,
        )
        return b"".join(_framed(name, tail) for name in self._subscriptions.get(target, ()))

    def _goes_to(self, rendered: Rendered) -> Target | None:
        for target in (rendered.channel, rendered.guild):
            if target is not None and target in self._subscriptions:
                return target
        if rendered.is_for_oneself and _EVENTS in self._subscriptions:
            return _EVENTS
        return None


def _framed(name: bytes, tail: bytes) -> bytes:
    size = len(b"MESSAGE\nsubscription:") + len(name) + len(tail)
    return b"%bMESSAGE\nsubscription:%b%b" % (head(TEXT, size), name, tail)


def _places(name: str | None, d: dict[str, Any]) -> tuple[Target | None, Target | None]:
    """The channel and the guild that an event is about."""
    channel, guild = d.get("channel_id"), d.get("guild_id")
    if name in _OF_A_CHANNEL or name in _OF_A_THREAD:
        channel = d.get("id")
    elif name in _OF_A_GUILD:
        guild = d.get("id")
    return _target(Kind.CHANNEL, channel), _target(Kind.GUILD, guild)


def _target(kind: Kind, id_: object) -> Target | None:
    return Target(kind, int(id_)) if isinstance(id_, str | int) and id_ else None
