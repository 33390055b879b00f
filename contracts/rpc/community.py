"""What community_service answers."""

from __future__ import annotations

from pydantic import Field

from contracts.guild_facts import GuildFacts
from contracts.ids import ChannelId, EmojiId, GuildId, Snowflake, UserId, WebhookId
from contracts.limits import ARRIVALS_ASKED
from contracts.objects.channel import Channel
from contracts.objects.emoji import Emoji
from contracts.objects.guild import Guild
from contracts.objects.member import Member
from contracts.objects.role import Role
from contracts.objects.scheduled_event import ScheduledEvent
from contracts.objects.webhook import Webhook
from contracts.rpc.base import Call, Cast
from contracts.rpc.export import Export
from contracts.wire import JSON, Wire


class Membership(Wire):
    """A guild one is in, and oneself there."""

    guild_id: GuildId
    member: Member


class Memberships(Wire):
    """All guilds of one person."""

    memberships: tuple[Membership, ...]


class GetMemberships(Call[Memberships]):
    """Where is this person a member?"""

    service = "community"
    callers = frozenset({"chat", "notification"})
    deadline = 5.0
    """A storm of arrivals is a queue, not an outage."""

    user_id: UserId


class Whereabouts(Wire):
    """The guilds of one person."""

    user_id: UserId
    guild_ids: tuple[GuildId, ...]


class AllWhereabouts(Wire):
    """Of those who are in a guild at all, in no order."""

    people: tuple[Whereabouts, ...]


class GetWhereabouts(Call[AllWhereabouts]):
    """In which guilds are these people to be announced?"""

    service = "community"
    callers = frozenset({"presence"})
    deadline = 5.0

    user_ids: tuple[UserId, ...] = Field(max_length=ARRIVALS_ASKED)


class Arriving(Wire):
    """One person in all their guilds."""

    user_id: UserId
    guilds: dict[GuildId, JSON]
    """A Member in each, just as READY says it."""


class Arrivals(Wire):
    """Those who are in a guild at all, in no order."""

    people: tuple[Arriving, ...]


class GetArrivals(Call[Arrivals]):
    """Where are these people members? Who arrive at the same moment are one question."""

    service = "community"
    callers = frozenset({"gateway"})
    deadline = 5.0

    user_ids: tuple[UserId, ...] = Field(max_length=ARRIVALS_ASKED)


class GuildSnapshot(Wire):
    """All of a guild but its members: what GUILD_CREATE is made from."""

    guild: Guild
    channels: tuple[Channel, ...]
    member_count: int
    members: tuple[Member, ...]
    """Everybody in a small guild (limits.LARGE_GUILD), nobody in a large one."""
    events: tuple[ScheduledEvent, ...] = ()
    """What is planned or under way."""


class FoundGuild(Wire):
    """A guild, or none."""

    snapshot: GuildSnapshot | None = None


class GetGuild(Call[FoundGuild]):
    """A guild as it is now."""

    service = "community"
    callers = frozenset({"gateway"})
    deadline = 5.0

    guild_id: GuildId


class Members(Wire):
    """Those who are members, in no order."""

    members: tuple[Member, ...]


class GetMembers(Call[Members]):
    """Members by id."""

    service = "community"
    callers = frozenset({"gateway", "chat", "notification", "signaling"})

    guild_id: GuildId
    user_ids: tuple[UserId, ...]


class ListMembers(Call[Members]):
    """Members by user id, a page at a time: for who wants everybody of a large guild."""

    service = "community"
    callers = frozenset({"gateway", "chat"})
    deadline = 5.0

    guild_id: GuildId
    after: UserId = UserId(0)
    limit: int = Field(ge=1, le=1_000)


class SearchMembers(Call[Members]):
    """Members of whom a name begins so: nickname, display name or user name."""

    service = "community"
    callers = frozenset({"gateway"})

    guild_id: GuildId
    query: str = Field(max_length=100)
    limit: int = Field(ge=1, le=100)


class FoundFacts(Wire):
    """The facts about a guild, or none."""

    facts: GuildFacts | None = None


class GetGuildFacts(Call[FoundFacts]):
    """What permission decisions about a guild depend on."""

    service = "community"
    callers = frozenset({"chat", "signaling", "notification"})

    guild_id: GuildId


class Interested(Wire):
    """Some of them, by user id; fewer than were asked for: there are no more."""

    user_ids: tuple[UserId, ...]


class GetInterested(Call[Interested]):
    """Who is interested in a scheduled event, a page at a time."""

    service = "community"
    callers = frozenset({"notification"})
    deadline = 5.0

    event_id: Snowflake
    after: UserId = UserId(0)
    limit: int = Field(ge=1, le=1_000)


class Place(Wire):
    """The guild that a channel belongs to, or none."""

    guild_id: GuildId | None = None


class LocateChannel(Call[Place]):
    """Which guild owns this channel?"""

    service = "community"
    callers = frozenset({"chat", "signaling", "notification"})

    channel_id: ChannelId


class MutualGuild(Wire):
    """A community in which both are, and what the other is called there."""

    id: GuildId
    nick: str | None = None


class MutualGuilds(Wire):
    """All of them."""

    guilds: tuple[MutualGuild, ...]


class GetMutualGuilds(Call[MutualGuilds]):
    """Where do these two meet?"""

    service = "community"
    callers = frozenset({"user"})

    user_id: UserId
    other_id: UserId


class OwnedGuilds(Wire):
    """How many."""

    count: int


class OwnsGuilds(Call[OwnedGuilds]):
    """May this account be deleted, or would communities lose their owner?"""

    service = "community"
    callers = frozenset({"user"})

    user_id: UserId


class Forgotten(Wire):
    """Whether nothing is left to forget; else ask again."""

    is_done: bool


class ForgetPerson(Call[Forgotten]):
    """An account was deleted: end its memberships."""

    service = "community"
    callers = frozenset({"user"})
    deadline = 5.0

    user_id: UserId


class ExportPerson(Export):
    """Memberships and invites of this person."""

    service = "community"


class PersonSeen(Cast):
    """Somebody came (no device was here before), or went (none is left)."""

    service = "community"
    callers = frozenset({"presence"})

    user_id: UserId
    is_here: bool


class FoundEmoji(Wire):
    """A custom emoji and the guild it belongs to, or nothing."""

    guild_id: GuildId | None = None
    emoji: Emoji | None = None


class FindEmoji(Call[FoundEmoji]):
    """A custom emoji by id, whoever's it is."""

    service = "community"
    callers = frozenset({"chat"})

    emoji_id: EmojiId


class WebhookOpened(Wire):
    """Whether the token fits."""

    is_open: bool


class OpenWebhook(Call[WebhookOpened]):
    """Does this token open this webhook? Without one there is nothing to open."""

    service = "community"
    callers = frozenset({"gateway"})

    webhook_id: WebhookId
    token: str


class Roles(Wire):
    """Roles of a guild."""

    roles: tuple[Role, ...]


class GetRoles(Call[Roles]):
    """All roles of a guild, for who shows some of them."""

    service = "community"
    callers = frozenset({"chat"})

    guild_id: GuildId


class Bots(Wire):
    """Ids, in order."""

    user_ids: tuple[UserId, ...]


class GetBots(Call[Bots]):
    """Which bots are members of this guild? So many at most as anybody looks through."""

    service = "community"
    callers = frozenset({"chat"})

    guild_id: GuildId


class FoundWebhook(Wire):
    """A webhook without its token, or none."""

    webhook: Webhook | None = None


class FindWebhook(Call[FoundWebhook]):
    """How does what this webhook posts look, and where does it go?"""

    service = "community"
    callers = frozenset({"chat"})

    webhook_id: WebhookId
