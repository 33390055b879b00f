"""The conversation on a link, as values: bytes and moments in, frames and bytes out.

Here: cutting lines, the mutual proof, heartbeats. Not here: sockets, clocks, dice (nonces are
passed in), what a call means, and who may ask it;
the frames themselves are in frames.py.

The callee speaks first, so that a caller sends exactly one line before it is believed:

    callee  {"challenge":{"version":1,"nonce":…}}
    caller  {"hello":{"version":1,"service":…,"to":…,"instance":…,"nonce":…,"proof":…}}
    callee  {"welcome":{"proof":…}}

Each proof is an HMAC-SHA256 with the key of this pair over both nonces and both names, and over
the side that proves, so that neither a replayed nor a mirrored proof is worth anything. After that:

    caller  {"id":…,"call":…,"trace":…,"by":…,"due_ms":…,"body":{…}}
    caller  {"cast":…,"trace":…,"body":{…}}
    callee  {"id":…,"body":{…}}   {"id":…,"error":{"kind":…,"name":…,"message":…}}
    caller  {"ping":…}            callee  {"pong":…}

Whatever a peer sends, nothing raises: a conversation that went wrong ends with a Refusal.
"""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeGuard

import orjson

from chassis.rpc.frames import Answered, Asked, Failed, Frame, Opened, Refusal, Refused, Told, line
from contracts.limits import RPC_LINE_BYTES
from contracts.wire import JSON

VERSION = 1
HELLO_BYTES = 4 << 10
"""The longest line before the hello is proven."""
OPEN_WITHIN_S = 5.0
PING_EVERY_S = 5.0
DEAD_AFTER_S = 15.0

_NAME_MOST = 128
_NONCE_SHORTEST = 32


class Conversation(ABC):
    """What both ends share. Feed it bytes and moments; take what it wants to say."""

    greeting: bytes
    """How a peer's line must begin until it is believed: nothing else is parsed before."""

    def __init__(self, now: float) -> None:
        self.is_open = False
        self.refusal: Refusal | None = None
        self._began = now
        self._heard_at = now
        self._parts: list[bytes] = []
        self._size = 0
        self._out: list[bytes] = []
        self.unsent = 0
        """Bytes said and not yet taken."""

    def feed(self, data: bytes, now: float) -> list[Frame]:
        """Hear bytes, cut anywhere."""
        frames: list[Frame] = []
        self._heard_at = now
        start = 0
        while self.refusal is None:
            end = data.find(b"\n", start)
            if end < 0:
                self._keep(data[start:], frames)
                break
            self._keep(data[start:end], frames)
            start = end + 1
            if self.refusal is None:
                whole = b"".join(self._parts)
                self._parts.clear()
                self._size = 0
                self._read(whole, frames)
        return frames

    def tick(self, now: float) -> list[Frame]:
        """Let time pass: greetings and silences have an end."""
        frames: list[Frame] = []
        if self.refusal is None:
            if not self.is_open and now - self._began >= OPEN_WITHIN_S:
                self._refuse(Refusal.TOO_SLOW, frames)
            elif now - self._heard_at >= DEAD_AFTER_S:
                self._refuse(Refusal.SILENT, frames)
        return frames

    def take(self) -> bytes:
        """What is to be sent, once."""
        out = b"".join(self._out)
        self._out.clear()
        self.unsent = 0
        return out

    def say(self, said: bytes) -> None:
        """Say a line of one's own."""
        self._out.append(said)
        self.unsent += len(said)

    def _keep(self, piece: bytes, frames: list[Frame]) -> None:
        # Parts are joined once per line: a peer that sends byte by byte costs no copying.
        self._size += len(piece)
        if self._size >= (RPC_LINE_BYTES if self.is_open else HELLO_BYTES):
            self._refuse(Refusal.TOO_LONG, frames)
        elif piece:
            self._parts.append(piece)

    def _read(self, said: bytes, frames: list[Frame]) -> None:
        if not self.is_open and not said.startswith((self.greeting, b'{"refused":')):
            return self._refuse(Refusal.NOT_HELLO, frames)
        try:
            frame = orjson.loads(said)
        except orjson.JSONDecodeError:
            frame = None
        if type(frame) is not dict:
            return self._refuse(Refusal.NOT_JSON, frames)
        if "refused" in frame:
            return self._refuse(Refusal.REFUSED, frames)
        heard = self._hear(frame) if self.is_open else self._greet(frame)
        if isinstance(heard, Refusal):
            self._refuse(heard, frames)
        elif heard is not None:
            frames.append(heard)
        return None

    def _refuse(self, why: Refusal, frames: list[Frame]) -> None:
        self.refusal = why
        self.is_open = False
        self._parts.clear()
        if why is not Refusal.REFUSED:
            self.say(line({"refused": why.name}))
        frames.append(Refused(why))

    @abstractmethod
    def _greet(self, frame: JSON) -> Frame | Refusal | None:
        """A frame before the link is open."""

    @abstractmethod
    def _hear(self, frame: JSON) -> Frame | Refusal | None:
        """A frame on an open link."""


class Caller(Conversation):
    """The end that connects and asks."""

    greeting = b'{"challenge":'

    def __init__(self, pair: Pair, instance: str, *, nonce: str, now: float) -> None:
        super().__init__(now)
        self._pair = pair
        self._instance = instance
        self._nonce = nonce
        self._expected = ""
        self._pinged_at = now

    def tick(self, now: float) -> list[Frame]:
        """Let time pass; a caller also pings."""
        frames = super().tick(now)
        if self.is_open and now - self._pinged_at >= PING_EVERY_S:
            self._pinged_at = now
            self.say(line({"ping": 1}))
        return frames

    def _greet(self, frame: JSON) -> Frame | Refusal | None:
        if self._expected:
            return self._welcomed(frame)
        challenge = frame["challenge"]
        if type(challenge) is not dict:
            return Refusal.MALFORMED
        nonce = challenge.get("nonce")
        if not _is_nonce(nonce):
            return Refusal.MALFORMED
        if challenge.get("version") != VERSION:
            return Refusal.WRONG_VERSION
        pair = self._pair
        said = (self._instance, self._nonce, nonce)
        self._expected = pair.proof("callee", *said)
        self.greeting = b'{"welcome":'
        self.say(
            line(
                {
                    "hello": {
                        "version": VERSION,
                        "service": pair.caller,
                        "to": pair.callee,
                        "instance": self._instance,
                        "nonce": self._nonce,
                        "proof": pair.proof("caller", *said),
                    }
                }
            )
        )
        return None

    def _welcomed(self, frame: JSON) -> Frame | Refusal:
        welcome = frame["welcome"]
        if type(welcome) is not dict or not _same(self._expected, welcome.get("proof")):
            return Refusal.NOT_PROVEN
        self.is_open = True
        return Opened(self._pair.callee, "")

    def _hear(self, frame: JSON) -> Frame | Refusal | None:
        if "pong" in frame:
            return None
        number = frame.get("id")
        if type(number) is not int:
            return Refusal.UNEXPECTED
        body, error = frame.get("body"), frame.get("error")
        if type(body) is dict:
            return Answered(number, body)
        if type(error) is dict:
            return Failed(number, error)
        return Refusal.MALFORMED


class Callee(Conversation):
    """The end that listens and answers."""

    greeting = b'{"hello":'

    def __init__(self, service: str, keys: Mapping[str, bytes], *, nonce: str, now: float) -> None:
        super().__init__(now)
        self._service = service
        self._keys = keys
        self._nonce = nonce
        self.say(line({"challenge": {"version": VERSION, "nonce": nonce}}))

    def _greet(self, frame: JSON) -> Frame | Refusal | None:
        hello = frame["hello"]
        if type(hello) is not dict:
            return Refusal.MALFORMED
        service, instance = hello.get("service"), hello.get("instance")
        nonce = hello.get("nonce")
        if not (_is_name(service) and _is_name(instance) and _is_nonce(nonce)):
            return Refusal.MALFORMED
        if hello.get("version") != VERSION:
            return Refusal.WRONG_VERSION
        if hello.get("to") != self._service:
            return Refusal.WRONG_SERVICE
        key = self._keys.get(f"{service}>{self._service}")
        # A caller without a key is refused like one with a wrong key: who is known stays unknown.
        pair = Pair(service, self._service, key or b"")
        said = (instance, nonce, self._nonce)
        if not _same(pair.proof("caller", *said), hello.get("proof")) or not key:
            return Refusal.NOT_PROVEN
        self.is_open = True
        self.say(line({"welcome": {"proof": pair.proof("callee", *said)}}))
        return Opened(service, instance)

    def _hear(self, frame: JSON) -> Frame | Refusal | None:
        if "call" in frame:
            return _asked(frame)
        if "cast" in frame:
            name, trace, body = (frame.get(k) for k in ("cast", "trace", "body"))
            if type(name) is not str or type(trace) is not str or type(body) is not dict:
                return Refusal.MALFORMED
            return Told(name, trace, body)
        if "ping" in frame:
            self.say(line({"pong": 1}))
            return None
        return Refusal.UNEXPECTED


@dataclass(frozen=True, slots=True, repr=False)
class Pair:
    """Two services and the key they share. The order matters: who calls whom."""

    caller: str
    callee: str
    key: bytes

    def proof(self, side: str, instance: str, caller_nonce: str, callee_nonce: str) -> str:
        """What only a holder of the key can say in this conversation on this side."""
        said = orjson.dumps(
            [VERSION, side, self.caller, self.callee, instance, caller_nonce, callee_nonce]
        )
        return hmac.new(self.key, said, sha256).hexdigest()


def _asked(frame: JSON) -> Asked | Refusal:
    number, due_ms, body = frame.get("id"), frame.get("due_ms"), frame.get("body")
    name, trace, by = (frame.get(key) for key in ("call", "trace", "by"))
    if type(number) is not int or type(due_ms) is not int or type(body) is not dict:
        return Refusal.MALFORMED
    if type(name) is not str or type(trace) is not str or type(by) is not str:
        return Refusal.MALFORMED
    return Asked(number, name, trace, by, due_ms, body)


def _same(ours: str, theirs: Any) -> bool:
    return type(theirs) is str and hmac.compare_digest(ours.encode(), theirs.encode())


def _is_name(value: Any) -> TypeGuard[str]:
    return type(value) is str and 0 < len(value) <= _NAME_MOST


def _is_nonce(value: Any) -> TypeGuard[str]:
    return type(value) is str and _NONCE_SHORTEST <= len(value) <= _NAME_MOST
