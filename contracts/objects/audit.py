"""The audit log: what was governed, by whom, and why."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar

from contracts.ids import ChannelId, Snowflake, UserId
from contracts.objects.scheduled_event import ScheduledEvent
from contracts.objects.user import User
from contracts.objects.webhook import Webhook
from contracts.wire import JSON, Wire


class AuditAction(IntEnum):
    """What was done, as Discord numbers it."""

    GUILD_UPDATE = 1
    CHANNEL_CREATE = 10
    CHANNEL_UPDATE = 11
    CHANNEL_DELETE = 12
    CHANNEL_OVERWRITE_CREATE = 13
    CHANNEL_OVERWRITE_UPDATE = 14
    CHANNEL_OVERWRITE_DELETE = 15
    MEMBER_KICK = 20
    MEMBER_PRUNE = 21
    MEMBER_BAN_ADD = 22
    MEMBER_BAN_REMOVE = 23
    MEMBER_UPDATE = 24
    MEMBER_ROLE_UPDATE = 25
    MEMBER_MOVE = 26
    MEMBER_DISCONNECT = 27
    BOT_ADD = 28
    ROLE_CREATE = 30
    ROLE_UPDATE = 31
    ROLE_DELETE = 32
    INVITE_CREATE = 40
    INVITE_UPDATE = 41
    INVITE_DELETE = 42
    WEBHOOK_CREATE = 50
    WEBHOOK_UPDATE = 51
    WEBHOOK_DELETE = 52
    EMOJI_CREATE = 60
    EMOJI_UPDATE = 61
    EMOJI_DELETE = 62
    MESSAGE_DELETE = 72
    MESSAGE_BULK_DELETE = 73
    MESSAGE_PIN = 74
    MESSAGE_UNPIN = 75
    INTEGRATION_CREATE = 80
    INTEGRATION_UPDATE = 81
    INTEGRATION_DELETE = 82
    STAGE_INSTANCE_CREATE = 83
    STAGE_INSTANCE_UPDATE = 84
    STAGE_INSTANCE_DELETE = 85
    STICKER_CREATE = 90
    STICKER_UPDATE = 91
    STICKER_DELETE = 92
    GUILD_SCHEDULED_EVENT_CREATE = 100
    GUILD_SCHEDULED_EVENT_UPDATE = 101
    GUILD_SCHEDULED_EVENT_DELETE = 102
    THREAD_CREATE = 110
    THREAD_UPDATE = 111
    THREAD_DELETE = 112
    APPLICATION_COMMAND_PERMISSION_UPDATE = 121
    SOUNDBOARD_SOUND_CREATE = 130
    SOUNDBOARD_SOUND_UPDATE = 131
    SOUNDBOARD_SOUND_DELETE = 132
    AUTO_MODERATION_RULE_CREATE = 140
    AUTO_MODERATION_RULE_UPDATE = 141
    AUTO_MODERATION_RULE_DELETE = 142
    AUTO_MODERATION_BLOCK_MESSAGE = 143
    AUTO_MODERATION_FLAG_TO_CHANNEL = 144
    AUTO_MODERATION_USER_COMM_DISABLED = 145
    AUTO_MODERATION_QUARANTINE_USER = 146


class AuditChange(Wire):
    """One field that was changed. What was not there before, or is gone, is left out."""

    omit: ClassVar[frozenset[str]] = frozenset({"old_value", "new_value"})

    key: str
    old_value: Any = None
    new_value: Any = None


class AuditEntry(Wire):
    """One thing that was done."""

    omit: ClassVar[frozenset[str]] = frozenset({"changes", "options", "reason"})

    id: Snowflake
    action_type: AuditAction
    user_id: UserId | None
    """Who did it; None: the house itself."""
    target_id: Snowflake | None
    changes: tuple[AuditChange, ...] | None = None
    options: dict[str, str] | None = None
    reason: str | None = None


def differences(old: JSON, new: JSON) -> tuple[AuditChange, ...]:
    """The fields in which two looks of one thing differ. Empty: it was not there, or is gone."""
    return tuple(
        AuditChange(key=key, old_value=old.get(key), new_value=new.get(key))
        for key in {**old, **new}
        if old.get(key) != new.get(key)
    )


class AuditedInvite(Wire):
    """What entries tell of an invite."""

    code: str
    channel_id: ChannelId
    inviter_id: UserId
    uses: int
    max_uses: int
    max_age: int
    temporary: bool


class AuditLog(Wire):
    """A page of entries, with what they name."""

    audit_log_entries: tuple[AuditEntry, ...]
    users: tuple[User, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    threads: tuple[JSON, ...] = ()
    integrations: tuple[JSON, ...] = ()
    guild_scheduled_events: tuple[ScheduledEvent, ...] = ()
    application_commands: tuple[JSON, ...] = ()
    auto_moderation_rules: tuple[JSON, ...] = ()
