"""Where people talk, as they see it: conversations, threads, and what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from chat_service.domain.conversations import Conversation
from chat_service.domain.threads import Thread
from chat_service.people import gone
from chat_service.store.recordings import Recording
from chat_service.store.thread_members import Membership
from contracts.ids import ChannelId, GuildId, MessageId, Snowflake, UserId
from contracts.objects.member import Member
from contracts.objects.private import PrivateChannel
from contracts.objects.recording import Recording as RecordingShape
from contracts.objects.thread import Thread as ThreadShape
from contracts.objects.thread import ThreadMember, ThreadMetadata
from contracts.objects.user import User
from contracts.wire import JSON


def private(
    one: Conversation,
    reader_id: int,
    faces: Mapping[int, User],
    last_message_id: int | None = None,
    last_pin: datetime | None = None,
) -> PrivateChannel:
    """A conversation as one of those in it sees it."""
    seat = one.seat(reader_id)
    shown: JSON = {
        "id": one.id,
        "type": one.kind,
        "last_message_id": last_message_id,
        "last_pin_timestamp": last_pin,
        "recipients": tuple(faces.get(other) or gone(other) for other in one.others(reader_id)),
        "owner_id": one.owner_id,
        "name": one.name,
        "icon": one.icon,
        "is_message_request": seat is not None and seat.is_request,
    }
    return PrivateChannel.model_validate(shown)


def thread(one: Thread, member: ThreadMember | None = None) -> ThreadShape:
    """A thread, and who looks in it."""
    state = ThreadMetadata(
        archived=one.is_archived,
        archive_timestamp=one.changed,
        auto_archive_duration=one.archive_after,
        locked=one.is_locked,
        create_timestamp=one.created,
        invitable=one.is_invitable if one.is_private else None,
    )
    shown: JSON = {
        "id": one.id,
        "type": one.type,
        "guild_id": one.guild_id,
        "parent_id": one.parent_id,
        "owner_id": one.owner_id,
        "name": one.name,
        "last_message_id": one.last_message_id,
        "rate_limit_per_user": one.slowmode,
        "flags": one.flags,
        "thread_metadata": state,
        "message_count": one.message_count,
        "total_message_sent": one.total_sent,
        "member_count": one.member_count,
        "applied_tags": one.tags,
        "accepted_answer_id": one.accepted_id,
    }
    if member is not None:
        shown["member"] = member
    return ThreadShape.model_validate(shown)


def thread_member(
    one: Membership, *, is_own: bool = False, member: Member | None = None
) -> ThreadMember:
    """Somebody in a thread; how they are notified is shown to nobody else."""
    own: JSON = {"muted": one.muted, "mute_config": one.mute_config} if is_own else {}
    shown = {"id": one.thread_id, "user_id": one.user_id, "join_timestamp": one.joined}
    return ThreadMember.model_validate({**shown, "flags": one.flags, "member": member, **own})


def audited_thread(one: Thread) -> JSON:
    """What entries of the audit log tell of a thread."""
    return {
        "name": one.name,
        "type": int(one.type),
        "archived": one.is_archived,
        "locked": one.is_locked,
        "invitable": one.is_invitable if one.is_private else None,
        "auto_archive_duration": one.archive_after,
        "rate_limit_per_user": one.slowmode,
        "flags": one.flags,
        "applied_tags": [str(tag) for tag in one.tags],
    }


def recording(one: Recording) -> RecordingShape:
    """A recording of a voice channel."""
    return RecordingShape(
        id=Snowflake(one.id),
        channel_id=ChannelId(one.channel_id),
        guild_id=GuildId(one.guild_id),
        user_id=UserId(one.author_id),
        started_at=one.began,
        ended_at=one.ended,
        reason=one.reason,
        message_id=None if one.message_id is None else MessageId(one.message_id),
        seconds=one.seconds,
    )
