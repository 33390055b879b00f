"""Whether somebody is told of something, why, and how soon. The first rule that speaks decides;
each is a line of the table in docs/services/notification_service.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum

from contracts.objects.settings import GuildNotifications, NotifyLevel
from notification_service.domain.wishes import is_muted, level_of

SILENT = 1 << 12
"""Flag of a message that wants nobody to be disturbed."""


class Reason(StrEnum):
    """Why somebody is told."""

    DM = "dm"
    MENTION = "mention"
    REPLY = "reply"
    ROLE = "role"
    EVERYONE = "everyone"
    THREAD = "thread"
    MESSAGE = "message"
    """Nothing but the wish to hear of all messages."""
    FRIEND_REQUEST = "friend_request"
    FRIEND_ACCEPTED = "friend_accepted"
    RING = "ring"
    EVENT = "event"
    """A scheduled event begins in which they are interested."""

    @property
    def is_personal(self) -> bool:
        """Whether it counts on the badge."""
        return self not in _IMPERSONAL

    @property
    def is_kept(self) -> bool:
        """Whether it enters the history."""
        return self not in _UNKEPT

    @property
    def is_pressing(self) -> bool:
        """Whether a device is woken for it."""
        return self.is_personal or self in _NOW_OR_NEVER


_IMPERSONAL = frozenset({Reason.MESSAGE, Reason.THREAD, Reason.RING, Reason.EVENT})
_NOW_OR_NEVER = frozenset({Reason.RING, Reason.EVENT})
_UNKEPT = frozenset({Reason.MESSAGE, Reason.THREAD, Reason.DM})


class Way(Enum):
    """How somebody is told."""

    NOT = "as if nothing had happened"
    QUIET = "counted, and nothing is pushed"
    LATER = "pushed, unless they read it themselves in a moment"
    NOW = "pushed"


@dataclass(frozen=True, slots=True)
class Said:
    """A message, as far as anybody may be told of it."""

    author_id: int
    channel_id: int
    message_id: int
    guild_id: int | None = None
    parent_id: int | None = None
    """The channel of a thread."""
    category_id: int | None = None
    mentions: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False
    replied_to: int | None = None
    is_silent: bool = False
    default: NotifyLevel = NotifyLevel.ALL
    followers: Mapping[int, NotifyLevel] | None = None
    """Who is in the thread, and what they want of it; None outside of threads."""

    @property
    def places(self) -> tuple[int | None, ...]:
        """From the inside out, where settings may be."""
        return (self.channel_id, self.parent_id, self.category_id)


@dataclass(frozen=True, slots=True)
class Listener:
    """One who may be told: what is known without asking anybody."""

    user_id: int
    roles: Collection[int] = ()
    wish: GuildNotifications | None = None
    can_see: bool = True
    """Permission now, not when they joined."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What must be asked at the moment itself."""

    is_cut: bool = False
    """One of the two has blocked the other."""
    is_looking: bool = False
    """Some awake device of theirs shows this very channel."""
    is_active: bool = False
    """Some device of theirs is awake."""
    is_dnd: bool = False
    is_muted: bool = False
    """It is silent where it happens."""


def reason_for(said: Said, listener: Listener) -> Reason | None:
    """Why this message is told to them, if it is at all."""
    if listener.user_id == said.author_id or not listener.can_see:
        return None
    if said.guild_id is None:
        return Reason.DM
    level = _level(said, listener)
    if level is NotifyLevel.NOTHING:
        return None
    named = _named(said, listener)
    if named is not None or level is NotifyLevel.MENTIONS:
        return named
    if said.followers is not None:
        return Reason.THREAD if listener.user_id in said.followers else None
    return Reason.MESSAGE


def _level(said: Said, listener: Listener) -> NotifyLevel:
    own = (said.followers or {}).get(listener.user_id, NotifyLevel.INHERIT)
    if own is not NotifyLevel.INHERIT:
        return own
    return level_of(listener.wish, said.default, *said.places)


def _named(said: Said, listener: Listener) -> Reason | None:
    wish = listener.wish
    if listener.user_id in said.mentions:
        # An answer mentions whom it answers, unless its writer chose otherwise.
        return Reason.REPLY if said.replied_to == listener.user_id else Reason.MENTION
    if (
        said.roles
        and not (wish and wish.suppress_roles)
        and not said.roles.isdisjoint(listener.roles)
    ):
        return Reason.ROLE
    if said.everyone and not (wish and wish.suppress_everyone):
        return Reason.EVERYONE
    return None


def way_of(said: Said, listener: Listener, circumstances: Circumstances, now: datetime) -> Way:
    """How one for whom there is a reason is told of a message."""
    if circumstances.is_cut or circumstances.is_looking:
        return Way.NOT
    is_quiet = said.is_silent or circumstances.is_dnd or is_muted(listener.wish, now, *said.places)
    if is_quiet:
        return Way.QUIET
    return Way.LATER if circumstances.is_active else Way.NOW


def way_of_news(reason: Reason, circumstances: Circumstances) -> Way:
    """The same for what is no message: requests, acceptances, calls, events that begin."""
    if circumstances.is_cut:
        return Way.NOT
    if circumstances.is_dnd or circumstances.is_muted:
        return Way.QUIET
    if reason is Reason.RING:
        return Way.NOW
    return Way.LATER if circumstances.is_active else Way.NOW
