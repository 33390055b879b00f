"""Threads: what one is, who may do what in it, when it falls asleep. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from contracts import limits
from contracts.errors import Conflict, DomainError, ErrorCode, Forbidden, Invalid
from contracts.objects.channel import POSTED, Channel, ChannelType
from contracts.objects.thread import ThreadFlag
from contracts.permissions import Permission, holds

ARCHIVE_AFTER = 1_440
"""Minutes, where neither the thread nor its channel says otherwise."""
_REQUIRE_TAG = 1 << 4
_KINDS: Mapping[ChannelType, tuple[ChannelType, ...]] = {
    ChannelType.TEXT: (ChannelType.PRIVATE_THREAD, ChannelType.PUBLIC_THREAD),
    ChannelType.ANNOUNCEMENT: (ChannelType.ANNOUNCEMENT_THREAD,),
    ChannelType.FORUM: (ChannelType.PUBLIC_THREAD,),
    ChannelType.MEDIA: (ChannelType.PUBLIC_THREAD,),
}
"""What may hang from what; the first unless another is asked for."""
_OF_OWNER = frozenset({"name", "is_archived", "archive_after", "tags", "is_invitable"})
"""What whoever began a thread may change of it."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread. Which guild and channel it belongs to, and its kind, never change."""

    id: int
    guild_id: int
    parent_id: int
    type: ChannelType
    owner_id: int
    name: str
    created: datetime
    is_archived: bool
    changed: datetime
    due: datetime
    archive_after: int
    is_locked: bool = False
    is_invitable: bool = True
    slowmode: int = 0
    flags: int = 0
    tags: tuple[int, ...] = ()
    accepted_id: int | None = None
    message_count: int = 0
    total_sent: int = 0
    member_count: int = 0
    last_message_id: int | None = None

    @property
    def is_private(self) -> bool:
        """Whether only those in it see it."""
        return self.type is ChannelType.PRIVATE_THREAD

    @property
    def is_pinned(self) -> bool:
        """Whether it stays at the top of its forum."""
        return bool(self.flags & ThreadFlag.PINNED)


@dataclass(frozen=True, slots=True)
class Begin:
    """A thread as somebody wants it; None leaves it to the channel."""

    name: str
    type: ChannelType | None = None
    archive_after: int | None = None
    slowmode: int | None = None
    is_invitable: bool = True
    tags: tuple[int, ...] = ()

    def made(self, thread_id: int, parent: Channel, owner_id: int, now: datetime) -> Thread:
        """The thread."""
        after = self.archive_after or parent.default_auto_archive_duration or ARCHIVE_AFTER
        slowmode = self.slowmode
        if slowmode is None:
            slowmode = parent.default_thread_rate_limit_per_user or 0
        return Thread(
            id=thread_id,
            guild_id=int(parent.guild_id),
            parent_id=int(parent.id),
            type=kind_in(parent, self.type),
            owner_id=owner_id,
            name=self.name,
            created=now,
            is_archived=False,
            changed=now,
            due=due(now, after),
            archive_after=after,
            is_invitable=self.is_invitable,
            slowmode=slowmode,
            tags=self.tags,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which threads of a channel are looked for."""

    name: str | None = None
    tags: tuple[int, ...] = ()
    all_tags: bool = False
    is_archived: bool | None = None
    min_id: int = 0
    max_id: int = (1 << 63) - 1
    sort: str = "last_message_time"
    descending: bool = True
    limit: int = limits.THREADS_FOUND_MAX
    offset: int = 0


def due(now: datetime, archive_after: int) -> datetime:
    """When it falls asleep, if nothing is said."""
    return now + timedelta(minutes=archive_after)


def kind_in(parent: Channel, asked: ChannelType | None) -> ChannelType:
    """What hangs from this channel, where it was not refused before."""
    return asked or _KINDS[parent.type][0]


def can_begin(parent: Channel, begin: Begin, granted: Permission) -> DomainError | None:
    """Whether somebody may begin such a thread in this channel, with nothing to begin it from."""
    kinds = _KINDS.get(parent.type, ())
    if not kinds:
        return Forbidden(ErrorCode.NOT_THIS_CHANNEL_TYPE)
    kind = kind_in(parent, begin.type)
    if kind not in kinds:
        return Invalid({"type": ("BASE_TYPE_CHOICES", "Value must be one of the allowed types.")})
    if parent.type in POSTED:
        needed = Permission.SEND_MESSAGES
    elif kind is ChannelType.PRIVATE_THREAD:
        needed = Permission.CREATE_PRIVATE_THREADS
    else:
        needed = Permission.CREATE_PUBLIC_THREADS
    if not holds(granted, needed):
        return Forbidden()
    return can_tag(parent, (), begin.tags, granted) if parent.type in POSTED else None


def can_tag(
    parent: Channel, before: Sequence[int], after: Sequence[int], granted: Permission
) -> DomainError | None:
    """Whether a post may bear these tags."""
    known = {int(tag.id): tag for tag in parent.available_tags or ()}
    governs = holds(granted, Permission.MANAGE_THREADS)
    if any(tag not in known for tag in after):
        return Invalid({"applied_tags": ("BASE_TYPE_CHOICES", "This tag does not exist.")})
    moved = set(before) ^ set(after)
    if not governs and any(known[tag].moderated for tag in moved if tag in known):
        return Forbidden()
    if parent.flags & _REQUIRE_TAG and not after:
        if not governs and known and all(tag.moderated for tag in known.values()):
            return DomainError(ErrorCode.NO_TAG_FOR_ALL)
        return DomainError(ErrorCode.TAG_REQUIRED)
    return None


def can_write(thread: Thread, granted: Permission) -> DomainError | None:
    """Whether a locked thread lets somebody change what is in it."""
    if thread.is_locked and not holds(granted, Permission.MANAGE_THREADS):
        return DomainError(ErrorCode.THREAD_LOCKED)
    return None


def can_change(
    thread: Thread, user_id: int, granted: Permission, changes: Mapping[str, Any]
) -> DomainError | None:
    """Whether somebody may edit a thread like this: its owner some of it, who governs everything;
    and anybody who may write wakes it, unless it is locked.
    """
    governs = holds(granted, Permission.MANAGE_THREADS)
    if thread.is_locked and not governs:
        return DomainError(ErrorCode.THREAD_LOCKED)
    is_waking = thread.is_archived and changes.get("is_archived") is False
    if thread.is_archived and not is_waking and not (governs and "is_locked" in changes):
        return DomainError(ErrorCode.THREAD_ARCHIVED)
    is_own = thread.owner_id == user_id and changes.keys() <= _OF_OWNER
    wakes_only = is_waking and changes.keys() == {"is_archived"}
    if governs or is_own or (wakes_only and holds(granted, Permission.SEND_MESSAGES)):
        return None
    return Forbidden()


def changed(thread: Thread, changes: Mapping[str, Any], now: datetime) -> Thread:
    """The thread after an edit. Waking, and another pace of falling asleep, count from now."""
    after = replace(thread, **changes)
    if after.is_archived is not thread.is_archived:
        after = replace(after, changed=now)
    if not after.is_archived and (thread.is_archived or "archive_after" in changes):
        after = replace(after, due=due(now, after.archive_after))
    return after


def can_let_in(
    thread: Thread, user_id: int, granted: Permission, *, is_member: bool
) -> DomainError | None:
    """Whether somebody may add another person."""
    if thread.is_archived:
        return DomainError(ErrorCode.THREAD_ARCHIVED)
    may = is_member and (thread.is_invitable or thread.owner_id == user_id)
    if thread.is_private and not (may or holds(granted, Permission.MANAGE_THREADS)):
        return Forbidden()
    return None if holds(granted, Permission.SEND_MESSAGES) else Forbidden()


def can_remove(thread: Thread, user_id: int, granted: Permission) -> DomainError | None:
    """Whether somebody may remove another person."""
    if thread.is_archived:
        return DomainError(ErrorCode.THREAD_ARCHIVED)
    if holds(granted, Permission.MANAGE_THREADS):
        return None
    return None if thread.is_private and thread.owner_id == user_id else Forbidden()


def has_room(count: int) -> DomainError | None:
    """Whether a thread of so many people takes one more."""
    return Conflict(ErrorCode.MAX_THREAD_MEMBERS) if count >= limits.THREAD_MEMBERS else None
