"""The life of one gateway session, as a pure machine: payloads and the hour in, effects out.

feed() and tick() return the effects to carry out; answers to effects come back through ready(),
resumed(), refused() and end(). Who somebody is, what READY holds and how bytes travel is not known
here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Any

import orjson

from contracts import limits
from contracts.closecodes import Close
from contracts.wire import JSON
from gateway.live.payloads import (
    BadPayload,
    Identify,
    ListRequest,
    MembersRequest,
    ResumeRequest,
    Shown,
    VoiceRequest,
    read_identify,
    read_list,
    read_lists,
    read_members,
    read_presence,
    read_resume,
    read_voice,
)

_RATE_WINDOW_S = 60.0
_SILENCE_S = limits.HEARTBEAT_INTERVAL_MS * 1.5 / 1000


class Op(IntEnum):
    """What a client may say."""

    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE = 4
    RESUME = 6
    MEMBERS = 8
    LIST = 14
    LISTS = 37


class State(Enum):
    """Where a session stands."""

    GREETING = "awaits IDENTIFY or RESUME"
    READYING = "IDENTIFY is being answered"
    RESUMING = "RESUME is being answered"
    LIVE = "gets events"
    CLOSING = "nothing counts any more"


@dataclass(frozen=True, slots=True)
class Send:
    """Say this to the client."""

    payload: JSON


@dataclass(frozen=True, slots=True)
class End:
    """Close the connection."""

    close: Close


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Find out who this is and make READY: answer with ready() or end()."""

    identify: Identify


@dataclass(frozen=True, slots=True)
class Resume:
    """Try to go on with a former session: answer with resumed(), refused() or end()."""

    request: ResumeRequest


@dataclass(frozen=True, slots=True)
class UpdatePresence:
    """The session wants to be seen like this."""

    shown: Shown


@dataclass(frozen=True, slots=True)
class UpdateVoice:
    """The session wants into or out of a voice channel."""

    request: VoiceRequest


@dataclass(frozen=True, slots=True)
class RequestMembers:
    """The session wants members of a guild."""

    request: MembersRequest


@dataclass(frozen=True, slots=True)
class LookAtMembers:
    """The session looks at a part of a member list."""

    request: ListRequest


Effect = (
    Send
    | End
    | Authenticate
    | Resume
    | UpdatePresence
    | UpdateVoice
    | RequestMembers
    | LookAtMembers
)
Handler = Callable[["Session", Any], list[Effect]]

HELLO = Send(
    {
        "t": None,
        "s": None,
        "op": 10,
        "d": {"heartbeat_interval": limits.HEARTBEAT_INTERVAL_MS, "_trace": []},
    }
)
ACK = Send({"t": None, "s": None, "op": 11, "d": None})
RECONNECT = Send({"t": None, "s": None, "op": 7, "d": None})
INVALID = Send({"t": None, "s": None, "op": 9, "d": False})


class Session:
    """One connection's session. Time is monotonic seconds, passed in."""

    __slots__ = ("_heard", "_said", "_since", "_waiting", "state")

    def __init__(self, now: float) -> None:
        self.state = State.GREETING
        self._heard = now
        """When the last heartbeat came."""
        self._waiting = now
        """Since when an IDENTIFY is awaited."""
        self._since = now
        self._said = 0
        """Payloads since `_since`."""

    def feed(self, payload: bytes, now: float) -> list[Effect]:
        """A whole message came."""
        if self._is_too_much(now):
            return self.end(Close.RATE_LIMITED)
        try:
            op, d = _read(payload)
            step = TRANSITIONS[self.state].get(op, Close.UNKNOWN_OPCODE)
            if isinstance(step, Close):
                return self.end(step)
            if op == Op.HEARTBEAT:
                self._heard = now
            return step(self, d)
        except BadPayload as bad:
            return self.end(bad.close)

    def deadline(self) -> float | None:
        """When to call tick, or None."""
        if self.state is State.CLOSING:
            return None
        silence = self._heard + _SILENCE_S
        if self.state is State.GREETING:
            return min(silence, self._waiting + limits.IDENTIFY_WITHIN_S)
        return silence

    def tick(self, now: float) -> list[Effect]:
        """The hour has come, or not yet."""
        due = self.deadline()
        if due is None or now < due:
            return []
        return self.end(Close.SESSION_TIMED_OUT)

    def ready(self) -> None:
        """IDENTIFY was answered with READY."""
        if self.state is State.READYING:
            self.state = State.LIVE

    def resumed(self) -> None:
        """RESUME was answered with the events missed."""
        if self.state is State.RESUMING:
            self.state = State.LIVE

    def refused(self, now: float) -> list[Effect]:
        """The session can not go on, or could not be resumed: the client may IDENTIFY anew."""
        if self.state is State.CLOSING:
            return []
        self.state = State.GREETING
        self._waiting = now
        return [INVALID]

    def end(self, close: Close) -> list[Effect]:
        """Nothing the client says counts any more."""
        if self.state is State.CLOSING:
            return []
        self.state = State.CLOSING
        return [End(close)]

    def _is_too_much(self, now: float) -> bool:
        if now - self._since >= _RATE_WINDOW_S:
            self._since, self._said = now, 0
        self._said += 1
        return self._said > limits.GATEWAY_PAYLOADS_PER_MINUTE

    def heartbeat(self, d: object) -> list[Effect]:
        """Opcode 1, at any time; `d` is the last sequence or null, and nobody needs it."""
        del d
        return [ACK]

    def identify(self, d: object) -> list[Effect]:
        """Opcode 2."""
        effect = Authenticate(read_identify(d))
        self.state = State.READYING
        return [effect]

    def resume(self, d: object) -> list[Effect]:
        """Opcode 6."""
        effect = Resume(read_resume(d))
        self.state = State.RESUMING
        return [effect]

    def presence(self, d: object) -> list[Effect]:
        """Opcode 3."""
        return [UpdatePresence(read_presence(d))]

    def voice(self, d: object) -> list[Effect]:
        """Opcode 4."""
        return [UpdateVoice(read_voice(d))]

    def members(self, d: object) -> list[Effect]:
        """Opcode 8."""
        return [RequestMembers(request) for request in read_members(d)]

    def look(self, d: object) -> list[Effect]:
        """Opcode 14."""
        return [LookAtMembers(request) for request in read_list(d)]

    def look_around(self, d: object) -> list[Effect]:
        """Opcode 37."""
        return [LookAtMembers(request) for request in read_lists(d)]

    def ignore(self, d: object) -> list[Effect]:
        """After the end."""
        del d
        return []


def _read(payload: bytes) -> tuple[int, object]:
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise BadPayload from None
    if not isinstance(message, dict):
        raise BadPayload
    op = message.get("op")
    if not isinstance(op, int) or isinstance(op, bool):
        raise BadPayload
    return op, message.get("d")


TRANSITIONS: dict[State, dict[int, Handler | Close]] = {
    State.GREETING: {
        Op.HEARTBEAT: Session.heartbeat,
        Op.IDENTIFY: Session.identify,
        Op.PRESENCE: Close.NOT_AUTHENTICATED,
        Op.VOICE: Close.NOT_AUTHENTICATED,
        Op.RESUME: Session.resume,
        Op.MEMBERS: Close.NOT_AUTHENTICATED,
        Op.LIST: Close.NOT_AUTHENTICATED,
        Op.LISTS: Close.NOT_AUTHENTICATED,
    },
    State.READYING: {
        Op.HEARTBEAT: Session.heartbeat,
        Op.IDENTIFY: Close.ALREADY_AUTHENTICATED,
        Op.PRESENCE: Session.presence,
        Op.VOICE: Close.NOT_AUTHENTICATED,
        Op.RESUME: Close.ALREADY_AUTHENTICATED,
        Op.MEMBERS: Close.NOT_AUTHENTICATED,
        Op.LIST: Close.NOT_AUTHENTICATED,
        Op.LISTS: Close.NOT_AUTHENTICATED,
    },
    State.RESUMING: {
        Op.HEARTBEAT: Session.heartbeat,
        Op.IDENTIFY: Close.ALREADY_AUTHENTICATED,
        Op.PRESENCE: Session.presence,
        Op.VOICE: Close.NOT_AUTHENTICATED,
        Op.RESUME: Close.ALREADY_AUTHENTICATED,
        Op.MEMBERS: Close.NOT_AUTHENTICATED,
        Op.LIST: Close.NOT_AUTHENTICATED,
        Op.LISTS: Close.NOT_AUTHENTICATED,
    },
    State.LIVE: {
        Op.HEARTBEAT: Session.heartbeat,
        Op.IDENTIFY: Close.ALREADY_AUTHENTICATED,
        Op.PRESENCE: Session.presence,
        Op.VOICE: Session.voice,
        Op.RESUME: Close.ALREADY_AUTHENTICATED,
        Op.MEMBERS: Session.members,
        Op.LIST: Session.look,
        Op.LISTS: Session.look_around,
    },
    State.CLOSING: dict.fromkeys(Op, Session.ignore),
}
"""What every opcode does in every state; an opcode that is not here is unknown (4001)."""
