"""The life of one STOMP session, as a pure machine: frames and the hour in, effects out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from gateway.stomp.destinations import Deed, Target, sent, subscribed
from gateway.stomp.frames import Frame

BEAT_S = 30.0
"""So often the server offers to be heard, and wants to hear."""
PATIENCE = 2.0
"""Heart-beats travel: silence is twice as long before it counts."""
CONNECT_WITHIN_S = 15.0
SUBSCRIPTIONS = 1_000
ALIKE = 8
"""Subscriptions to the same: each gets every event of it."""
TRANSACTIONS = 8
SENDS_IN_TRANSACTION = 50
HELD_BYTES = 1 << 20
"""In all transactions of a session together."""
FRAMES_PER_MINUTE = 1_500

_VERSIONS = ("1.2", "1.1", "1.0")


@dataclass(frozen=True, slots=True)
class Enter:
    """Find out who this is: answer with entered() or end()."""

    token: str
    version: str
    platform: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Let the session hear this, if it may."""

    name: str
    target: Target
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """It wants to hear this no longer."""

    name: str


@dataclass(frozen=True, slots=True)
class Perform:
    """Do this in the session's name."""

    deed: Deed
    body: bytes
    receipt: str | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Say that it was taken."""

    name: str


@dataclass(frozen=True, slots=True)
class End:
    """Say why, and hang up."""

    reason: str
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The client said goodbye."""


Effect = Enter | Subscribe | Unsubscribe | Perform | Receipt | End | Leave


class State(Enum):
    """Where a session stands."""

    GREETING = "awaits CONNECT"
    ENTERING = "CONNECT is being answered"
    LIVE = "subscribes and sends"
    CLOSING = "nothing counts any more"


class Session:
    """One connection's session. Time is monotonic seconds, passed in."""

    __slots__ = (
        "_alike",
        "_heard",
        "_hears_every",
        "_said",
        "_since",
        "_subscriptions",
        "_transactions",
        "beats_every",
        "state",
        "version",
    )

    def __init__(self, now: float) -> None:
        self.state = State.GREETING
        self.version = "1.2"
        self.beats_every = 0.0
        """So often the client wants to hear from us; 0: never."""
        self._hears_every = 0.0
        self._heard = self._since = now
        self._said = 0
        self._subscriptions: dict[str, Target] = {}
        self._alike: Counter[Target] = Counter()
        self._transactions: dict[str, list[Effect]] = {}

    def heard(self, now: float) -> None:
        """Bytes came, whatever they are."""
        self._heard = now

    def feed(self, frame: Frame, now: float) -> list[Effect]:
        """A whole frame came."""
        if self.state is State.CLOSING:
            return []
        if now - self._since >= 60:
            self._since, self._said = now, 0
        self._said += 1
        if self._said > FRAMES_PER_MINUTE:
            return self.end("Too many frames")
        if frame.command in ("CONNECT", "STOMP"):
            return self._connect(frame)
        if self.state is not State.LIVE:
            return self.end("CONNECT comes first", frame.headers.get("receipt"))
        return _STEPS[frame.command](self, frame)

    def entered(self) -> None:
        """CONNECT was answered."""
        if self.state is State.ENTERING:
            self.state = State.LIVE

    def end(self, reason: str, receipt: str | None = None) -> list[Effect]:
        """Nothing the client says counts any more."""
        if self.state is State.CLOSING:
            return []
        self.state = State.CLOSING
        return [End(reason, receipt)]

    def deadline(self) -> float | None:
        """When to call tick, or None."""
        if self.state is State.GREETING:
            return self._since + CONNECT_WITHIN_S
        if self.state is State.LIVE and self._hears_every:
            return self._heard + self._hears_every * PATIENCE
        return None

    def tick(self, now: float) -> list[Effect]:
        """The hour has come, or not yet."""
        due = self.deadline()
        if due is None or now < due:
            return []
        return self.end("Nothing was heard for too long")

    def drop(self, target: Target) -> list[str]:
        """It is not there any more for this session: names of the subscriptions that end."""
        gone = [name for name, each in self._subscriptions.items() if each == target]
        for name in gone:
            del self._subscriptions[name]
        self._alike.pop(target, None)
        return gone

    def _connect(self, frame: Frame) -> list[Effect]:
        headers = frame.headers
        if self.state is not State.GREETING:
            return self.end("CONNECT was said before")
        wanted = headers.get("accept-version", "1.0").split(",")
        version = next((each for each in _VERSIONS if each in wanted), None)
        token = headers.get("passcode") or headers.get("Authorization") or headers.get("token")
        if version is None:
            return self.end("Supported protocol versions are 1.0 1.1 1.2")
        beats = _beats(headers.get("heart-beat", "0,0"))
        if beats is None:
            return self.end("A heart-beat is two numbers of milliseconds")
        if not token:
            return self.end("A token is needed, as passcode")
        can_send, wants = beats
        self._hears_every = max(can_send, BEAT_S) if can_send else 0.0
        self.beats_every = max(wants, BEAT_S) if wants else 0.0
        self.version, self.state = version, State.ENTERING
        return [Enter(token, version, headers.get("platform", "web"))]

    def _subscribe(self, frame: Frame) -> list[Effect]:
        headers, receipt = frame.headers, frame.headers.get("receipt")
        destination = headers.get("destination", "")
        name = headers.get("id") or (destination if self.version == "1.0" else "")
        target = subscribed(destination)
        if not name:
            return self.end("A subscription needs an id", receipt)
        if target is None:
            return self.end("There is no such destination", receipt)
        if name in self._subscriptions:
            return self.end("That id is in use", receipt)
        if len(self._subscriptions) >= SUBSCRIPTIONS or self._alike[target] >= ALIKE:
            return self.end("Too many subscriptions", receipt)
        self._subscriptions[name] = target
        self._alike[target] += 1
        return [Subscribe(name, target, receipt)]

    def _unsubscribe(self, frame: Frame) -> list[Effect]:
        name = frame.headers.get("id") or frame.headers.get("destination", "")
        # It may have ended by itself a moment ago: that is no reason to hang up.
        if (target := self._subscriptions.pop(name, None)) is not None:
            self._alike[target] -= 1
        return [Unsubscribe(name), *_receipt(frame)]

    def _send(self, frame: Frame) -> list[Effect]:
        receipt = frame.headers.get("receipt")
        deed = sent(frame.headers.get("destination", ""))
        if deed is None:
            return self.end("There is no such destination", receipt)
        effect = Perform(deed, frame.body, receipt)
        name = frame.headers.get("transaction")
        if name is None:
            return [effect]
        held = self._transactions.get(name)
        if held is None:
            return self.end("There is no such transaction", receipt)
        if len(held) >= SENDS_IN_TRANSACTION or self._held(frame.body) > HELD_BYTES:
            return self.end("The transaction is too large", receipt)
        held.append(effect)
        return []

    def _held(self, more: bytes) -> int:
        """What transactions would hold with this."""
        effects = (each for held in self._transactions.values() for each in held)
        return len(more) + sum(len(each.body) for each in effects if isinstance(each, Perform))

    def _begin(self, frame: Frame) -> list[Effect]:
        name = frame.headers.get("transaction")
        if not name or name in self._transactions or len(self._transactions) >= TRANSACTIONS:
            return self.end("That transaction can not begin", frame.headers.get("receipt"))
        self._transactions[name] = []
        return _receipt(frame)

    def _commit(self, frame: Frame) -> list[Effect]:
        held = self._transactions.pop(frame.headers.get("transaction", ""), None)
        if held is None:
            return self.end("There is no such transaction", frame.headers.get("receipt"))
        return [*held, *_receipt(frame)]

    def _abort(self, frame: Frame) -> list[Effect]:
        if self._transactions.pop(frame.headers.get("transaction", ""), None) is None:
            return self.end("There is no such transaction", frame.headers.get("receipt"))
        return _receipt(frame)

    def _acknowledge(self, frame: Frame) -> list[Effect]:
        """What was delivered is delivered: how far somebody has read is told by its own SEND."""
        return _receipt(frame)

    def _disconnect(self, frame: Frame) -> list[Effect]:
        self.state = State.CLOSING
        return [*_receipt(frame), Leave()]


_STEPS: dict[str, Callable[[Session, Frame], list[Effect]]] = {
    "SUBSCRIBE": Session._subscribe,
    "UNSUBSCRIBE": Session._unsubscribe,
    "SEND": Session._send,
    "BEGIN": Session._begin,
    "COMMIT": Session._commit,
    "ABORT": Session._abort,
    "ACK": Session._acknowledge,
    "NACK": Session._acknowledge,
    "DISCONNECT": Session._disconnect,
}


def _receipt(frame: Frame) -> list[Effect]:
    name = frame.headers.get("receipt")
    return [] if name is None else [Receipt(name)]


def _beats(text: str) -> tuple[float, float] | None:
    """What the client can send and wants to hear, in seconds."""
    numbers = [part.strip() for part in text.split(",")]
    if len(numbers) != 2 or not all(n.isascii() and n.isdigit() and len(n) < 10 for n in numbers):
        return None
    return int(numbers[0]) / 1000, int(numbers[1]) / 1000
