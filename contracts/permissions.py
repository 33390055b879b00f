"""The permission function: facts in, permissions out. Pure; the only place that decides who may do
what.

The stages, as docs/permissions.md tells them with their reasons:
1 not a member: nothing; 2 the owner: everything; 3 @everyone and role permissions joined;
4 administrator: everything; 5 the channel's @everyone overwrite; 6 its role overwrites, all denies
then all allows; 7 its member overwrite; 8 a timeout leaves only reading, a forbidden name the
choice of another one, too; 9 in a thread, sending is sending in threads, and a private one is for
those in it and who governs threads; 10 implicit denials in a channel (no view: nothing, no send: no
attachments, …).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntFlag
from functools import reduce
from operator import or_


class Permission(IntFlag):
    """Bits as Discord places them (52 named bits)."""

    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    PRIORITY_SPEAKER = 1 << 8
    STREAM = 1 << 9
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    SEND_TTS_MESSAGES = 1 << 12
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    VIEW_GUILD_INSIGHTS = 1 << 19
    CONNECT = 1 << 20
    SPEAK = 1 << 21
    MUTE_MEMBERS = 1 << 22
    DEAFEN_MEMBERS = 1 << 23
    MOVE_MEMBERS = 1 << 24
    USE_VAD = 1 << 25
    CHANGE_NICKNAME = 1 << 26
    MANAGE_NICKNAMES = 1 << 27
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    MANAGE_GUILD_EXPRESSIONS = 1 << 30
    USE_APPLICATION_COMMANDS = 1 << 31
    REQUEST_TO_SPEAK = 1 << 32
    MANAGE_EVENTS = 1 << 33
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    USE_EXTERNAL_STICKERS = 1 << 37
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EMBEDDED_ACTIVITIES = 1 << 39
    MODERATE_MEMBERS = 1 << 40
    VIEW_CREATOR_MONETIZATION_ANALYTICS = 1 << 41
    USE_SOUNDBOARD = 1 << 42
    CREATE_GUILD_EXPRESSIONS = 1 << 43
    CREATE_EVENTS = 1 << 44
    USE_EXTERNAL_SOUNDS = 1 << 45
    SEND_VOICE_MESSAGES = 1 << 46
    SET_VOICE_CHANNEL_STATUS = 1 << 48
    SEND_POLLS = 1 << 49
    USE_EXTERNAL_APPS = 1 << 50
    PIN_MESSAGES = 1 << 51
    BYPASS_SLOWMODE = 1 << 52


NONE = Permission(0)
EVERYTHING = reduce(or_, Permission)
READING = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY
"""What a timed-out member keeps."""
ORGANISING = Permission.VIEW_CHANNEL | Permission.MANAGE_CHANNELS
"""Of a voice channel: has it recorded, and learns who was there."""
_QUARANTINED = READING | Permission.CHANGE_NICKNAME
"""What somebody keeps whose name set off a rule: a better one ends it."""

_NEEDS_SENDING = (
    Permission.MENTION_EVERYONE
    | Permission.SEND_TTS_MESSAGES
    | Permission.ATTACH_FILES
    | Permission.EMBED_LINKS
)

_NEEDS_CONNECTING = (
    Permission.SPEAK
    | Permission.STREAM
    | Permission.USE_VAD
    | Permission.PRIORITY_SPEAKER
    | Permission.MUTE_MEMBERS
    | Permission.DEAFEN_MEMBERS
    | Permission.MOVE_MEMBERS
    | Permission.REQUEST_TO_SPEAK
    | Permission.USE_SOUNDBOARD
    | Permission.USE_EXTERNAL_SOUNDS
    | Permission.SET_VOICE_CHANNEL_STATUS
)

EVERYONE_DEFAULT = (
    Permission.CREATE_INSTANT_INVITE
    | Permission.ADD_REACTIONS
    | Permission.STREAM
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.CONNECT
    | Permission.SPEAK
    | Permission.USE_VAD
    | Permission.CHANGE_NICKNAME
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.REQUEST_TO_SPEAK
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.USE_EXTERNAL_STICKERS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EMBEDDED_ACTIVITIES
    | Permission.USE_SOUNDBOARD
    | Permission.USE_EXTERNAL_SOUNDS
    | Permission.SEND_VOICE_MESSAGES
    | Permission.SEND_POLLS
    | Permission.USE_EXTERNAL_APPS
)
"""What @everyone of a new guild may do."""

CONVERSING = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_TTS_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.ADD_REACTIONS
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_VOICE_MESSAGES
    | Permission.SEND_POLLS
    | Permission.PIN_MESSAGES
)
"""What everybody may do in a conversation of their own, where nobody governs."""

ELEVATED = (
    Permission.KICK_MEMBERS
    | Permission.BAN_MEMBERS
    | Permission.ADMINISTRATOR
    | Permission.MANAGE_CHANNELS
    | Permission.MANAGE_GUILD
    | Permission.MANAGE_MESSAGES
    | Permission.MANAGE_ROLES
    | Permission.MANAGE_WEBHOOKS
    | Permission.MANAGE_GUILD_EXPRESSIONS
    | Permission.MANAGE_THREADS
)
"""What a guild may ask a second factor for."""
POSTING = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.SEND_TTS_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MENTION_EVERYONE
    | Permission.USE_EXTERNAL_EMOJIS
    | Permission.SEND_POLLS
    | Permission.BYPASS_SLOWMODE
)
"""What a webhook may do in its channel: whoever made it could let it."""


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel grants and takes, for one role or one member."""

    allow: int = 0
    deny: int = 0


class Where(Enum):
    """What a decision is about."""

    GUILD = "the guild at large"
    CHANNEL = "a channel"
    THREAD = "a thread: the overwrites are its parent's"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision about one member in one place depends on."""

    is_member: bool
    is_owner: bool = False
    is_timed_out: bool = False
    everyone: int = 0
    roles: Mapping[int, int] = field(default_factory=dict)
    """Permissions of each role the member holds, by role id, without @everyone."""
    everyone_overwrite: Overwrite | None = None
    role_overwrites: Mapping[int, Overwrite] = field(default_factory=dict)
    """Overwrites of the roles the member holds."""
    member_overwrite: Overwrite | None = None
    where: Where = Where.CHANNEL
    is_quarantined: bool = False
    """Whether what they call themselves set off a rule of automatic moderation."""
    is_held_back: bool = False
    """Without the second factor that the guild asks of those who govern."""

    def held_back(self) -> Facts:
        """The same without that factor."""
        return replace(self, is_held_back=True)


def compute(facts: Facts) -> Permission:
    """What the member may do there."""
    granted = _held(facts)
    return granted & ~ELEVATED if facts.is_held_back else granted


def _held(facts: Facts) -> Permission:
    if not facts.is_member:
        return NONE
    if facts.is_owner:
        return EVERYTHING
    granted = reduce(or_, facts.roles.values(), facts.everyone)
    if granted & Permission.ADMINISTRATOR:
        return EVERYTHING
    granted = _overwritten(granted, facts)
    if facts.is_timed_out:
        granted &= READING
    if facts.is_quarantined:
        granted &= _QUARANTINED
    named = Permission(granted & EVERYTHING)
    if facts.where is Where.GUILD:
        return named
    return _with_implicit_denials(_in_thread(named) if facts.where is Where.THREAD else named)


def _overwritten(granted: int, facts: Facts) -> int:
    if facts.everyone_overwrite is not None:
        granted = granted & ~facts.everyone_overwrite.deny | facts.everyone_overwrite.allow
    allow = deny = 0
    for overwrite in facts.role_overwrites.values():
        allow |= overwrite.allow
        deny |= overwrite.deny
    granted = granted & ~deny | allow
    if facts.member_overwrite is not None:
        granted = granted & ~facts.member_overwrite.deny | facts.member_overwrite.allow
    # An overwrite can not make an administrator: the bit has no meaning in a channel.
    return granted & ~Permission.ADMINISTRATOR


def _in_thread(granted: Permission) -> Permission:
    """Writing in a thread is a permission of its own, whatever holds beside it in its parent."""
    if granted & Permission.SEND_MESSAGES_IN_THREADS:
        return granted | Permission.SEND_MESSAGES
    return granted & ~Permission.SEND_MESSAGES


def in_private_thread(granted: Permission, *, is_member: bool) -> Permission:
    """What is granted in a thread, if it is a private one: nothing to who neither is in it nor
    governs threads.
    """
    return granted if is_member or granted & Permission.MANAGE_THREADS else NONE


def _with_implicit_denials(granted: Permission) -> Permission:
    if not granted & Permission.VIEW_CHANNEL:
        return NONE
    if not granted & Permission.SEND_MESSAGES:
        granted &= ~_NEEDS_SENDING
    if not granted & Permission.CONNECT:
        granted &= ~_NEEDS_CONNECTING
    return granted


def holds(granted: Permission, needed: Permission) -> bool:
    """Whether every needed bit is granted."""
    # The operator of the flags themselves would make one more flag, for each message.
    return int.__and__(granted, needed) == needed
