"""One identified session as the hub sees it: who it is, what it may have, and its way out. What it
says and how its bytes are read is not known here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Protocol

from contracts.closecodes import Close
from contracts.events.base import Event
from contracts.events.settings import StatusChosen
from contracts.identity import Identity, Kind
from contracts.intents import Intent
from contracts.rpc.users import OwnSettings
from contracts.wire import JSON
from gateway.live.codec import Encoding, Piece, encode, encode_pieces
from gateway.live.outlet import Outlet, Sink, Translator
from gateway.live.payloads import UNSAID, Shown
from gateway.live.replay import Stay
from gateway.live.seats import Seated

_LEFT_FOR = 600 * 1_000_000
"""Microseconds for which it is remembered that a session was in a guild."""

# Plain numbers: an IntFlag costs microseconds for each operation, and these are done for everybody.
_DIRECT = int(
    Intent.DIRECT_MESSAGES
    | Intent.DIRECT_MESSAGE_REACTIONS
    | Intent.DIRECT_MESSAGE_TYPING
    | Intent.DIRECT_MESSAGE_POLLS
)
_CONTENT = int(Intent.MESSAGE_CONTENT)
CUSTOM = 4
"""The type of the activity that is a custom status."""
ANYBODY = -1
"""As bits: every session has one of them."""


@cache
def bits_of(event: type[Event], *, in_guild: bool) -> int:
    """The intents of which a session needs one for an event in a guild, or in private."""
    wanted = int(event.intent)
    return ((wanted & ~_DIRECT if in_guild else wanted & _DIRECT) or wanted) or ANYBODY


class Link(Protocol):
    """The connection behind a viewer."""

    def invalidate(self) -> None:
        """Its session can not go on: op 9, and the client may identify anew."""

    def close(self, close: Close) -> None:
        """Hang up."""


class Viewer:
    """A session that gets events."""

    __slots__ = (
        "caught_up",
        "claim",
        "custom",
        "encoding",
        "first",
        "guilds",
        "hides_content",
        "high",
        "intents",
        "is_behind",
        "kind",
        "left",
        "link",
        "login_id",
        "order",
        "outlet",
        "platform",
        "renewed_at",
        "seen",
        "session_id",
        "shard",
        "shown",
        "sink",
        "unavailable",
        "user_id",
        "version",
    )

    def __init__(
        self,
        *,
        session_id: str,
        identity: Identity,
        intents: int,
        shard: tuple[int, int] | None,
        link: Link,
        outlet: Outlet,
        sink: Sink,
        encoding: Encoding,
    ) -> None:
        self.session_id = session_id
        self.user_id = int(identity.user_id)
        self.login_id = identity.session_id
        self.kind = identity.kind
        self.intents = intents
        self.hides_content = self.kind is Kind.BOT and not intents & _CONTENT
        """Whether texts of others are withheld."""
        self.shard = shard
        self.link = link
        self.outlet = outlet
        self.sink = sink
        self.encoding = encoding
        self.claim = ""  # by what its record in Redis is ours
        self.renewed_at = 0.0
        self.seen = 0  # the client proved that it got everything up to this s
        self.shown = UNSAID
        self.custom: JSON | None = None  # the custom status that its person has set
        self.platform = "web"
        self.version = 10  # of the gateway API, as its client asked
        self.first = self.high = 0
        """The s of READY, and the s up to which events are part of it."""
        self.order: tuple[int, ...] = ()  # guilds as READY's GUILD_CREATEs told them
        self.guilds: dict[int, int] = {}  # guilds it is in, each with the s from which on
        self.left: tuple[Stay, ...] = ()  # guilds it was in lately
        self.caught_up: tuple[int, ...] = ()  # see missed.py
        self.unavailable: dict[int, int] = {}  # guilds that READY could not show: see outages.py
        self.is_behind = False
        """A catch-up is under way: events fall and are made good from the ring."""

    def wants(self, event: type[Event], *, in_guild: bool) -> bool:
        """Whether its intents cover an event that happens in a guild, or in private."""
        bits = bits_of(event, in_guild=in_guild)
        return bits == ANYBODY or bool(self.intents & bits)

    def wants_guild(self, guild_id: int) -> bool:
        """Whether a guild falls into its shard."""
        return self.shard is None or (guild_id >> 22) % self.shard[1] == self.shard[0]

    @property
    def takes_private(self) -> bool:
        """Whether events outside of guilds go to this shard."""
        return self.shard is None or self.shard[0] == 0

    @property
    def stays(self) -> list[Stay]:
        """Where it is and lately was."""
        return [*((guild, since, 0) for guild, since in self.guilds.items()), *self.left]

    def settle(self, stays: Collection[Stay], s: int) -> None:
        """Note where it is and was, as of now."""
        self.guilds = {guild: since for guild, since, until in stays if not until}
        self.left = tuple(stay for stay in stays if stay[2] and stay[2] > s - _LEFT_FOR)

    def is_set(self, settings: OwnSettings) -> None:
        """Its person has set how to be shown; what the session itself says comes first."""
        self.custom = settings.custom_status
        if self.shown is UNSAID:
            self.shown = Shown(settings.status)

    def choose(self, chosen: StatusChosen) -> None:
        """Its person wishes to be shown like this, on every device."""
        kept = tuple(each for each in self.shown.activities if each.get("type") != CUSTOM)
        self.custom = chosen.custom
        self.shown = replace(self.shown, status=chosen.status, activities=kept)

    def seat(self) -> Seated:
        """How presence is told of it."""
        activities = self.shown.activities
        if self.custom is not None and not any(each.get("type") == CUSTOM for each in activities):
            activities = (self.custom, *activities)
        shown = self.shown
        return Seated(
            self.session_id,
            self.user_id,
            shown.status,
            activities,
            self.platform,
            shown.since,
            shown.focus,
        )

    def push(self, payload: bytes) -> None:
        """Say one payload that must not be lost, in order, held or not."""
        if isinstance(self.sink, Translator):
            self.outlet.push(self.sink.frame(payload))
        else:
            self.outlet.push(encode(self.encoding, payload))

    def push_pieces(self, pieces: list[Piece]) -> None:
        """The same for a payload in pieces."""
        if isinstance(self.sink, Translator):
            self.push(b"".join(piece.raw for piece in pieces))
        else:
            self.outlet.push(encode_pieces(self.encoding, pieces))

    def push_frame(self, framed: bytes) -> None:
        """The same for what `Frames.of` gave for its encoding."""
        self.outlet.push(self.sink.frame(framed) if isinstance(self.sink, Translator) else framed)
