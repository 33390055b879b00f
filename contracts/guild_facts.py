"""The facts that permission decisions about a guild depend on, and the events that make a cached
copy stale.
"""

from __future__ import annotations

from datetime import datetime

from contracts.events.automod import AutoModRuleCreate, AutoModRuleDelete, AutoModRuleUpdate
from contracts.events.base import Event
from contracts.events.channel import ChannelCreate, ChannelDelete, ChannelUpdate
from contracts.events.guild import GuildDeleted, GuildUpdate
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.role import RoleCreate, RoleDelete, RoleUpdate
from contracts.ids import ChannelId, GuildId, RoleId, UserId
from contracts.objects.automod import AutoModRule
from contracts.objects.channel import Channel, ChannelOverwrite, OverwriteType
from contracts.objects.guild import Guild
from contracts.objects.member import MemberFace
from contracts.objects.role import Role
from contracts.objects.settings import NotifyLevel
from contracts.permissions import Facts, Overwrite, Permission, Where, compute
from contracts.wire import Wire


class GuildFacts(Wire):
    """Owner, roles and channels; members are asked for one by one."""

    id: GuildId
    owner_id: UserId
    roles: dict[int, int]
    """Permissions by role id, with @everyone under the guild's id."""
    channels: dict[ChannelId, Channel]
    mentionable: frozenset[RoleId] = frozenset()
    """Roles that everybody may mention."""
    name: str = ""
    default_notifications: NotifyLevel = NotifyLevel.ALL
    """For members who have set nothing."""
    system_channel_id: ChannelId | None = None
    system_channel_flags: int = 0
    mfa_level: int = 0
    preferred_locale: str = "en-US"
    rules: tuple[AutoModRule, ...] = ()
    """Of automatic moderation; only those that are in force."""
    afk_channel_id: ChannelId | None = None
    afk_timeout: int = 300

    @classmethod
    def of(
        cls, guild: Guild, channels: tuple[Channel, ...], rules: tuple[AutoModRule, ...] = ()
    ) -> GuildFacts:
        """The facts within a full guild."""
        return cls.model_construct(
            id=guild.id,
            owner_id=guild.owner_id,
            roles=permissions_of(guild.roles),
            channels={channel.id: channel for channel in channels},
            mentionable=frozenset(role.id for role in guild.roles if role.mentionable),
            name=guild.name,
            default_notifications=NotifyLevel(guild.default_message_notifications),
            system_channel_id=guild.system_channel_id,
            system_channel_flags=guild.system_channel_flags,
            mfa_level=guild.mfa_level,
            preferred_locale=guild.preferred_locale,
            rules=rules,
            afk_channel_id=guild.afk_channel_id,
            afk_timeout=guild.afk_timeout,
        )


def _facts(*events: type[Event]) -> frozenset[str]:
    for event in events:
        if not event.is_fact:
            raise TypeError(f"copies depend on {event.__name__}, which is not told as a fact")
    return frozenset(event.__name__ for event in events)


STALE_ON = _facts(
    GuildDeleted,
    GuildUpdate,
    ChannelCreate,
    ChannelUpdate,
    ChannelDelete,
    RoleCreate,
    RoleUpdate,
    RoleDelete,
    AutoModRuleCreate,
    AutoModRuleUpdate,
    AutoModRuleDelete,
)
"""Events after which cached facts of their guild are wrong."""

MEMBER_STALE_ON = _facts(GuildDeleted, MemberAdd, MemberUpdate, MemberRemove, RoleDelete)
"""Events after which a cached member of their guild is wrong."""


def permissions_of(roles: tuple[Role, ...]) -> dict[int, int]:
    """Permissions by role id."""
    return {int(role.id): role.permissions for role in roles}


def permissions_in(
    facts: GuildFacts,
    user_id: int,
    member: MemberFace | None,
    now: datetime,
    *,
    channel_id: int | None = None,
    is_thread: bool = False,
    is_weak: bool = False,
) -> Permission:
    """What a member may do in a channel (or in a thread of it), or (no channel) in the guild at
    large. The one entry for every service. `is_weak`: without a second factor.
    """
    channel = facts.channels.get(ChannelId(channel_id)) if channel_id is not None else None
    gathered = gather(
        owner_id=facts.owner_id,
        guild_id=facts.id,
        roles=facts.roles,
        overwrites=channel.permission_overwrites if channel else (),
        user_id=user_id,
        member=member,
        now=now,
        where=where_of(channel_id, is_thread=is_thread),
    )
    return compute(gathered.held_back() if is_weak and facts.mfa_level else gathered)


def where_of(channel_id: int | None, *, is_thread: bool = False) -> Where:
    """What a decision about this channel, or about none, is about."""
    if channel_id is None:
        return Where.GUILD
    return Where.THREAD if is_thread else Where.CHANNEL


def gather(
    *,
    owner_id: int,
    guild_id: int,
    roles: dict[int, int],
    overwrites: tuple[ChannelOverwrite, ...],
    user_id: int,
    member: MemberFace | None,
    now: datetime,
    where: Where = Where.CHANNEL,
) -> Facts:
    """The facts about one member, from the shapes that services hold."""
    if member is None:
        return Facts(is_member=False)
    held = set(member.roles)
    everyone: Overwrite | None = None
    own: Overwrite | None = None
    of_roles: dict[int, Overwrite] = {}
    for overwrite in overwrites:
        rule = Overwrite(overwrite.allow, overwrite.deny)
        if overwrite.type is OverwriteType.MEMBER:
            own = rule if overwrite.id == user_id else own
        elif overwrite.id == guild_id:
            everyone = rule
        elif overwrite.id in held:
            of_roles[int(overwrite.id)] = rule
    return Facts(
        is_member=True,
        is_owner=user_id == owner_id,
        is_timed_out=member.is_timed_out(now),
        is_quarantined=member.is_quarantined,
        everyone=roles.get(guild_id, 0),
        roles={int(role): roles[role] for role in held if role in roles},
        everyone_overwrite=everyone,
        role_overwrites=of_roles,
        member_overwrite=own,
        where=where,
    )
