"""Words of Discord's voice gateway: opcodes, close codes, and what stands in frames. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import orjson

from contracts.wire import JSON
from signaling_service.hall.rooms import Why

VERSIONS = frozenset("45678")
FRAME_MOST = 16 << 10


class Op(IntEnum):
    """What a frame is about."""

    IDENTIFY = 0
    SELECT_PROTOCOL = 1
    READY = 2
    HEARTBEAT = 3
    SESSION_DESCRIPTION = 4
    SPEAKING = 5
    HEARTBEAT_ACK = 6
    RESUME = 7
    HELLO = 8
    RESUMED = 9
    CLIENTS_CONNECT = 11
    VIDEO = 12
    CLIENT_DISCONNECT = 13
    CODECS = 14
    MEDIA_SINK_WANTS = 15
    BACKEND_VERSION = 16
    CHANNEL_OPTIONS = 17
    CLIENT_FLAGS = 18
    CLIENT_PLATFORM = 20
    DAVE_TRANSITION_READY = 23
    DAVE_INVALID_COMMIT = 31


IGNORED = frozenset(
    {
        Op.VIDEO,
        Op.CODECS,
        Op.CHANNEL_OPTIONS,
        Op.CLIENT_FLAGS,
        Op.CLIENT_PLATFORM,
        Op.DAVE_TRANSITION_READY,
        Op.DAVE_INVALID_COMMIT,
    }
)
"""Of no use without video and end-to-end encryption, but some clients say them."""
NUMBERED = frozenset({Op.SPEAKING, Op.CLIENTS_CONNECT, Op.CLIENT_DISCONNECT})
"""Told again to who resumes."""


class Close(IntEnum):
    """Why a socket is closed."""

    UNKNOWN_OP = 4001
    UNREADABLE = 4002
    NOT_IDENTIFIED = 4003
    NOT_ADMITTED = 4004
    IDENTIFIED_TWICE = 4005
    NO_SESSION = 4006
    """Join anew: libraries do so by themselves."""
    TIMED_OUT = 4009
    NO_SUCH_SERVER = 4011
    UNKNOWN_PROTOCOL = 4012
    LET_GO = 4014
    """Moved or disconnected: libraries wait for what the main gateway says."""
    UNKNOWN_MODE = 4016
    BAD_REQUEST = 4020
    TOO_MUCH = 4021


class Refused(Exception):
    """A frame that ends the connection."""

    def __init__(self, code: Close) -> None:
        super().__init__(code.name)
        self.code = code


@dataclass(frozen=True, slots=True)
class Frame:
    """One that was said."""

    op: int
    data: Any

    def fields(self) -> JSON:
        """Of a frame that has to have some."""
        if not isinstance(self.data, dict):
            raise Refused(Close.UNREADABLE)
        return self.data

    def text(self, name: str) -> str:
        """A field that has to be there; ids come as text or as numbers."""
        value = self.fields().get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or not value:
            raise Refused(Close.UNREADABLE)
        return value


def read(said: bytes | str) -> Frame:
    """A frame, or Refused."""
    if len(said) > FRAME_MOST:
        raise Refused(Close.UNREADABLE)
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        raise Refused(Close.UNREADABLE) from None
    op = found.get("op") if isinstance(found, dict) else None
    if not isinstance(op, int) or isinstance(op, bool):
        raise Refused(Close.UNREADABLE)
    return Frame(op, found.get("d"))


def write(op: Op, data: object, seq: int = 0) -> str:
    """A frame."""
    numbered = {"seq": seq} if seq else {}
    return orjson.dumps({"op": int(op), "d": data, **numbered}).decode()


def closing(why: Why) -> Close:
    """The code with which somebody is let go."""
    return Close.NO_SESSION if why in (Why.STOPPING, Why.MEDIA_LOST) else Close.LET_GO


def acknowledged(frame: Frame) -> tuple[object, int | None]:
    """What answers a heartbeat, and the last number that was heard: since version 8 both stand in
    an object, before there was the first alone.
    """
    if not isinstance(frame.data, dict):
        return frame.data, None
    heard = frame.data.get("seq_ack")
    return {"t": frame.data.get("t")}, heard if isinstance(heard, int) else None


@dataclass(frozen=True, slots=True)
class Protocol:
    """How a client wants to speak, and where it is seen."""

    mode: str
    host: str
    port: int


def protocol(frame: Frame, modes: tuple[str, ...]) -> Protocol:
    """What a client selected, or Refused."""
    if frame.text("protocol") != "udp":
        raise Refused(Close.UNKNOWN_PROTOCOL)
    inner = Frame(frame.op, frame.fields().get("data"))
    port = inner.fields().get("port")
    if not isinstance(port, int) or not 0 < port < 1 << 16:
        raise Refused(Close.UNREADABLE)
    mode = inner.text("mode")
    if mode not in modes:
        raise Refused(Close.UNKNOWN_MODE)
    return Protocol(mode, inner.text("address")[:64], port)
