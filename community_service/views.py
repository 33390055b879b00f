"""How communities look from outside: entities as contract objects. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from community_service.domain.audit import Entry
from community_service.domain.automod import Rule
from community_service.domain.bans import Ban
from community_service.domain.channels import Channel, has, named
from community_service.domain.discovery import Listing
from community_service.domain.emojis import Emoji
from community_service.domain.guilds import Guild
from community_service.domain.invites import Invite
from community_service.domain.members import Member
from community_service.domain.people import Person
from community_service.domain.roles import Role
from community_service.domain.templates import Template
from community_service.domain.webhooks import Webhook
from contracts.events.base import Event
from contracts.events.invite import InviteCreate
from contracts.ids import ApplicationId, ChannelId, GuildId, MessageId
from contracts.objects.audit import AuditedInvite, AuditEntry, AuditLog
from contracts.objects.automod import AutoModRule, event_of
from contracts.objects.ban import Ban as BanShape
from contracts.objects.channel import Channel as ChannelShape
from contracts.objects.channel import ChannelType
from contracts.objects.discovery import DiscoverableGuild, DiscoveryMetadata
from contracts.objects.emoji import Emoji as EmojiShape
from contracts.objects.guild import Guild as GuildShape
from contracts.objects.guild import GuildPlan, PartialGuild, PlannedChannel
from contracts.objects.invite import Invite as InviteShape
from contracts.objects.member import Member as MemberShape
from contracts.objects.member import OwnMember
from contracts.objects.role import Role as RoleShape
from contracts.objects.role import RoleColors, RoleTags
from contracts.objects.user import User
from contracts.objects.webhook import Webhook as WebhookShape
from contracts.permissions import Permission
from contracts.wire import JSON, Wire

E = TypeVar("E", bound=Event)

_OF_CHANNELS = tuple(field.name for field in fields(Channel))
_ALWAYS_SHOWN = frozenset({"topic", "parent_id", "flags"})
"""Of channels of every kind: libraries read them without asking what they read."""


def event(kind: type[E], shape: Wire, **more: Any) -> E:
    """An event whose fields are those of a shape, and more."""
    given = {name: getattr(shape, name) for name in shape.model_fields_set}
    return kind.model_validate({**given, **more})


def user(person: Person) -> User:
    """A public face."""
    return User(
        id=person.user_id,
        username=person.username,
        discriminator=person.discriminator,
        global_name=person.global_name,
        avatar=person.avatar,
        banner=person.banner,
        accent_color=person.accent_color,
        public_flags=person.public_flags,
        flags=person.public_flags,
        bot=person.is_bot or None,
    )


def role(one: Role) -> RoleShape:
    """A role."""
    return RoleShape(
        id=one.id,
        name=one.name,
        color=one.color,
        colors=RoleColors(
            primary_color=one.color,
            secondary_color=one.secondary_color,
            tertiary_color=one.tertiary_color,
        ),
        hoist=one.hoist,
        icon=one.icon,
        unicode_emoji=one.unicode_emoji,
        position=one.position,
        permissions=one.permissions,
        managed=one.is_managed,
        mentionable=one.mentionable,
        tags=RoleTags(bot_id=one.bot_id) if one.bot_id else None,
    )


def member(one: Member) -> MemberShape:
    """A member with the user."""
    return MemberShape(
        user=user(one.person),
        nick=one.nick,
        avatar=one.avatar,
        banner=one.banner,
        roles=one.roles,
        joined_at=one.joined_at,
        communication_disabled_until=one.timed_out_until,
        deaf=one.deaf,
        mute=one.mute,
        pending=one.pending,
        flags=one.flags,
    )


def own_member(one: Member) -> OwnMember:
    """A member as the member itself sees it."""
    return OwnMember(**dict(member(one)), bio=one.bio)


def ban(one: Ban) -> BanShape:
    """A ban."""
    return BanShape(reason=one.reason, user=user(one.person))


def channel(one: Channel, newest: Mapping[ChannelId, MessageId] | None = None) -> ChannelShape:
    """A channel, with what its kind has, and its newest message where it is asked for."""
    shown = {
        "permission_overwrites" if name == "overwrites" else name: getattr(one, name)
        for name in _OF_CHANNELS
        if has(one.type, name) or name in _ALWAYS_SHOWN
    }
    if newest is not None and one.id in newest:
        shown["last_message_id"] = newest[ChannelId(one.id)]
    return ChannelShape.model_validate(shown)


def guild(
    one: Guild,
    roles: Sequence[Role],
    emojis: Sequence[Emoji],
    *,
    members: int | None = None,
    present: int | None = None,
) -> GuildShape:
    """A guild with its roles and emojis."""
    return GuildShape(
        id=one.id,
        name=one.name,
        icon=one.icon,
        banner=one.banner,
        description=one.description,
        owner_id=one.owner_id,
        afk_channel_id=one.afk_channel_id,
        afk_timeout=one.afk_timeout,
        verification_level=one.verification_level,
        mfa_level=one.mfa_level,
        default_message_notifications=one.default_message_notifications,
        explicit_content_filter=one.explicit_content_filter,
        system_channel_id=one.system_channel_id,
        system_channel_flags=one.system_channel_flags,
        rules_channel_id=one.rules_channel_id,
        public_updates_channel_id=one.public_updates_channel_id,
        preferred_locale=one.preferred_locale,
        features=one.features,
        splash=one.splash,
        discovery_splash=one.discovery_splash,
        roles=tuple(role(each) for each in roles),
        emojis=tuple(emoji(replace(each, creator=None)) for each in emojis),
        approximate_member_count=members,
        approximate_presence_count=present,
    )


def emoji(one: Emoji) -> EmojiShape:
    """A custom emoji."""
    return EmojiShape(
        id=one.id,
        name=one.name,
        roles=one.roles,
        animated=one.is_animated,
        user=user(one.creator) if one.creator else None,
    )


def template(name: str, one: Template, language: str) -> GuildPlan:
    """What a guild can begin with."""
    channels: list[PlannedChannel] = []
    for wing in one.wings:
        category = wing.name.said(language)
        channels.append(PlannedChannel(type=ChannelType.CATEGORY, name=category))
        for room in wing.rooms:
            shown = named(room.type, room.name.said(language))
            channels.append(PlannedChannel(type=room.type, name=shown, parent=category))
    return GuildPlan(
        id=name,
        name=one.name.said(language),
        description=one.description.said(language),
        channels=tuple(channels),
        roles=tuple(badge.name.said(language) for badge in one.badges),
    )


def partial_guild(
    one: Guild, user_id: int, granted: Permission, counts: tuple[int, int] | None = None
) -> PartialGuild:
    """A guild in the list of somebody's guilds; `counts`: of members, and of those present."""
    return PartialGuild(
        id=one.id,
        name=one.name,
        icon=one.icon,
        banner=one.banner,
        owner=one.owner_id == user_id,
        features=one.features,
        permissions=int(granted),
        approximate_member_count=counts and counts[0],
        approximate_presence_count=counts and counts[1],
    )


def invite(
    one: Invite,
    guild: Guild,
    channel: Channel,
    inviter: Person | None,
    *,
    members: int | None = None,
    present: int | None = None,
) -> InviteShape:
    """An invite, with as much of the guild as strangers may see."""
    return InviteShape(
        code=one.code,
        guild=_stranger_sees(guild),
        guild_id=str(GuildId(guild.id)),
        channel={"id": str(channel.id), "name": channel.name, "type": int(channel.type)},
        inviter=user(inviter) if inviter else None,
        uses=one.uses,
        max_uses=one.terms.max_uses,
        max_age=one.terms.max_age,
        temporary=one.terms.is_temporary,
        created_at=one.created_at,
        expires_at=one.expires_at,
        approximate_member_count=members,
        approximate_presence_count=present,
    )


def invite_create(one: Invite, inviter: Person | None) -> InviteCreate:
    """The event about a new invite."""
    return InviteCreate(
        guild_id=one.guild_id,
        channel_id=one.channel_id,
        code=one.code,
        created_at=one.created_at,
        expires_at=one.expires_at,
        inviter=user(inviter) if inviter else None,
        max_age=one.terms.max_age,
        max_uses=one.terms.max_uses,
        temporary=one.terms.is_temporary,
    )


def webhook(one: Webhook, creator: Person | None = None) -> WebhookShape:
    """A webhook; who made it is for those who manage it."""
    return WebhookShape(
        id=one.id,
        guild_id=one.guild_id,
        channel_id=one.channel_id,
        name=one.name,
        avatar=one.avatar,
        application_id=ApplicationId(one.creator_id) if creator and creator.is_bot else None,
        user=user(creator) if creator else None,
        token=one.token,
    )


def listing(one: Listing) -> DiscoveryMetadata:
    """How a community is listed."""
    return DiscoveryMetadata(
        guild_id=one.guild_id,
        primary_category_id=one.category,
        keywords=one.keywords,
        approximate_member_count=one.member_count,
    )


def discoverable(one: Guild, listing: Listing) -> DiscoverableGuild:
    """A community as strangers find it."""
    return DiscoverableGuild(
        id=one.id,
        name=one.name,
        icon=one.icon,
        banner=one.banner,
        splash=one.splash,
        discovery_splash=one.discovery_splash,
        description=one.description,
        features=one.features,
        preferred_locale=one.preferred_locale,
        primary_category_id=listing.category,
        keywords=listing.keywords,
        approximate_member_count=listing.member_count,
    )


def audit_entry(one: Entry) -> AuditEntry:
    """An entry of the audit log."""
    return AuditEntry(
        id=one.id,
        action_type=one.action,
        user_id=one.actor_id,
        target_id=one.target_id,
        changes=one.changes or None,
        options=one.options or None,
        reason=one.reason,
    )


def audited_invite(one: Invite) -> AuditedInvite:
    """An invite as the audit log tells of it."""
    return AuditedInvite(
        code=one.code,
        channel_id=one.channel_id,
        inviter_id=one.inviter_id,
        uses=one.uses,
        max_uses=one.terms.max_uses,
        max_age=one.terms.max_age,
        temporary=one.terms.is_temporary,
    )


def audit_log(
    entries: Sequence[Entry], people: Sequence[Person], webhooks: Sequence[Webhook]
) -> AuditLog:
    """A page of the audit log, with those whom it names. Who may read it may not post by it."""
    return AuditLog(
        audit_log_entries=tuple(map(audit_entry, entries)),
        users=tuple(map(user, people)),
        webhooks=tuple(webhook(one).model_copy(update={"token": None}) for one in webhooks),
    )


def _stranger_sees(guild: Guild) -> JSON:
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": guild.icon,
        "banner": guild.banner,
        "splash": guild.splash,
        "description": guild.description,
        "features": list(guild.features),
        "verification_level": guild.verification_level,
        "vanity_url_code": None,
        "nsfw": False,
        "nsfw_level": 0,
        "premium_subscription_count": 0,
        "premium_tier": 0,
    }


def automod_rule(rule: Rule) -> AutoModRule:
    """A rule of automatic moderation."""
    shown: JSON = {
        **{name: getattr(rule, name) for name in _OF_RULES},
        "trigger_type": rule.trigger,
        "trigger_metadata": rule.metadata,
    }
    return AutoModRule.model_validate({**shown, "event_type": event_of(rule.trigger)})


_OF_RULES = (
    *("id", "guild_id", "creator_id", "name", "actions", "enabled"),
    *("exempt_roles", "exempt_channels"),
)
