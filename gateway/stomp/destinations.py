"""What destinations mean. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_TOPIC = re.compile(r"/topic/(channels|guilds)\.([0-9]{1,19})")
_APP = re.compile(r"/app/channels\.([0-9]{1,19})\.(messages|typing|ack|edit|delete)")
_MOST = 1 << 63

EVENTS = "/user/queue/events"
"""What concerns the person alone, and READY first of all."""
ERRORS = "/user/queue/errors"
"""Why a SEND was refused, for who wants to live on after it."""


class Kind(Enum):
    """What is subscribed to."""

    CHANNEL = "channels"
    GUILD = "guilds"
    EVENTS = "events"
    ERRORS = "errors"


@dataclass(frozen=True, slots=True)
class Target:
    """What a SUBSCRIBE names."""

    kind: Kind
    id: int = 0

    @property
    def destination(self) -> str:
        """Its name."""
        if self.kind is Kind.EVENTS:
            return EVENTS
        return ERRORS if self.kind is Kind.ERRORS else f"/topic/{self.kind.value}.{self.id}"


class Verb(Enum):
    """What can be done with a SEND."""

    SAY = "messages"
    TYPE = "typing"
    ACK = "ack"
    EDIT = "edit"
    DELETE = "delete"
    SHOW = "/app/presence"
    """How one wants to be seen, and which channel one looks at: opcode 3 of the gateway."""
    VOICE = "/app/voice"
    """Into a voice channel or out of it: opcode 4."""


_OWN = frozenset((Verb.SHOW.value, Verb.VOICE.value))


@dataclass(frozen=True, slots=True)
class Deed:
    """What a SEND names."""

    verb: Verb
    channel_id: int = 0


def subscribed(destination: str) -> Target | None:
    """What is subscribed to, if there is such a thing."""
    if destination == EVENTS:
        return Target(Kind.EVENTS)
    if destination == ERRORS:
        return Target(Kind.ERRORS)
    found = _TOPIC.fullmatch(destination)
    if found is None or int(found[2]) >= _MOST:
        return None
    return Target(Kind(found[1]), int(found[2]))


def sent(destination: str) -> Deed | None:
    """What is to be done, if it can be."""
    if destination in _OWN:
        return Deed(Verb(destination))
    found = _APP.fullmatch(destination)
    if found is None or int(found[1]) >= _MOST:
        return None
    return Deed(Verb(found[2]), int(found[1]))
