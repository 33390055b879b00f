"""Why a socket is closed: code, reason, and what the client may do next."""

from __future__ import annotations

from enum import Enum


class Close(Enum):
    """Gateway close codes: (code, reason, may reconnect, may resume)."""

    NORMAL = (1000, "", True, False)
    GOING_AWAY = (1001, "", True, False)
    PROTOCOL_ERROR = (1002, "WebSocket protocol error", True, True)
    BAD_TEXT = (1007, "Text is not UTF-8", True, True)
    TOO_BIG = (1009, "Frame too big", True, True)
    RESTART = (1012, "Service restart", True, True)
    UNKNOWN_ERROR = (4000, "Unknown error", True, True)
    UNKNOWN_OPCODE = (4001, "Unknown opcode", True, True)
    DECODE_ERROR = (4002, "Error while decoding payload", True, True)
    NOT_AUTHENTICATED = (4003, "Not authenticated", True, False)
    AUTHENTICATION_FAILED = (4004, "Authentication failed", False, False)
    ALREADY_AUTHENTICATED = (4005, "Already authenticated", True, True)
    INVALID_SEQ = (4007, "Invalid seq", True, False)
    RATE_LIMITED = (4008, "Rate limited", True, True)
    SESSION_TIMED_OUT = (4009, "Session timed out", True, True)
    INVALID_SHARD = (4010, "Invalid shard", False, False)
    SHARDING_REQUIRED = (4011, "Sharding required", False, False)
    INVALID_VERSION = (4012, "Invalid API version", False, False)
    INVALID_INTENTS = (4013, "Invalid intent(s)", False, False)
    DISALLOWED_INTENTS = (4014, "Disallowed intent(s)", False, False)
    TOO_SLOW = (4000, "Reader too slow", True, True)
    TAKEN_OVER = (4000, "Session was resumed elsewhere", True, True)

    def __init__(self, code: int, reason: str, *may: bool) -> None:
        self.code = code
        self.reason = reason
        self.may_reconnect, self.may_resume = may


ENDS_SESSION = frozenset({1000, 1001})
"""A client that closes with one of these gives its session up."""
