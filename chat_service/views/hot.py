"""Messages as JSON bytes: what is sent most is written once and never parsed again.

A test holds them equal to what the declared models dump.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import orjson

from chat_service.store.messages import Message
from contracts import topics
from contracts.events.base import Route, addressed
from contracts.events.message import MessageCreate
from contracts.objects.member import Member
from contracts.objects.user import User
from contracts.topics import Topic
from contracts.wire import timestamp


@dataclass(frozen=True, slots=True)
class Speaker:
    """A member with the bytes that every message of theirs carries."""

    member: Member
    author: bytes
    face: bytes

    @classmethod
    def of(cls, member: Member) -> Speaker:
        """Encode once."""
        return cls(member, member.user.encode(), member.face().encode())


@dataclass(frozen=True, slots=True)
class Voice:
    """What all that somebody says in one channel has in common: written once, as it goes out."""

    topic: Topic
    address: bytes
    """In the headers of the events."""
    opening: bytes
    """From behind the id up to the text."""
    closing: bytes
    """What the event has behind the message."""

    @classmethod
    def of(cls, guild_id: int, channel_id: int, speaker: Speaker) -> Voice:
        """Write it."""
        route = Route(guild_id, channel_id, int(speaker.member.user.id))
        return cls(
            topics.guild(guild_id),
            addressed(MessageCreate.__name__, route),
            _opening(channel_id, speaker.author),
            in_guild(guild_id, speaker.face) + b"}",
        )


class Said(NamedTuple):
    """What a message says, apart from who, where and when."""

    content: str
    nonce: str | int | None = None
    flags: int = 0
    mention_everyone: bool = False
    mentions: tuple[User, ...] = ()
    mention_roles: tuple[int, ...] = ()


OPENING = b'{"id":"'
"""What stands before the id: it is known only when the row is stored."""


def after_id(channel_id: int, author: bytes, said: Said, created: datetime) -> bytes:
    """Everything between the id and the closing brace."""
    return following(_opening(channel_id, author), said, created)


def following(opening: bytes, said: Said, created: datetime) -> bytes:
    """The same behind what a voice has written."""
    parts = [
        b'%b%b,"timestamp":"%b","edited_timestamp":null'
        % (opening, orjson.dumps(said.content), timestamp(created).encode()),
        b',"tts":false,"mention_everyone":true' if said.mention_everyone else _NOBODY,
        _mentions(said) if said.mentions or said.mention_roles else _NONE_NAMED,
        b',"attachments":[],"embeds":[],"components":[],"pinned":false,"type":0,"flags":%d'
        % said.flags,
    ]
    if said.nonce is not None:
        parts.append(b',"nonce":%b' % orjson.dumps(said.nonce))
    return b"".join(parts)


def in_guild(guild_id: int, face: bytes) -> bytes:
    """What an event adds to the message."""
    if not face:
        return b',"guild_id":"%d"' % guild_id
    return b',"guild_id":"%d","member":%b' % (guild_id, face)


def stored(message: Message, author: bytes, said: Said) -> bytes:
    """A message that is in the store."""
    rest = after_id(message.channel_id, author, said, message.created)
    return b"%b%d%b}" % (OPENING, message.id, rest)


def _opening(channel_id: int, author: bytes) -> bytes:
    return b'","channel_id":"%d","author":%b,"content":' % (channel_id, author)


_NOBODY = b',"tts":false,"mention_everyone":false'
_NONE_NAMED = b',"mentions":[],"mention_roles":[]'


def _mentions(said: Said) -> bytes:
    roles = orjson.dumps([str(role) for role in said.mention_roles])
    return b'%b,"mention_roles":%b' % (_list(b"mentions", said.mentions), roles)


def _list(name: bytes, users: tuple[User, ...]) -> bytes:
    return b',"%b":[%b]' % (name, b",".join(user.encode() for user in users))
