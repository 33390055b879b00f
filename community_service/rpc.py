"""What neighbours may ask of community_service."""

from __future__ import annotations

from chassis.rpc import RpcServer
from chassis.rpc.link import Link
from community_service import actions, agenda, views
from community_service.sightings import Sightings
from community_service.tools import Units
from contracts.guild_facts import GuildFacts
from contracts.identity import NOBODY, Identity, Kind
from contracts.ids import GuildId, UserId
from contracts.rpc.community import (
    AllWhereabouts,
    Arrivals,
    Arriving,
    Bots,
    ExportPerson,
    FindEmoji,
    FindWebhook,
    ForgetPerson,
    Forgotten,
    FoundEmoji,
    FoundFacts,
    FoundGuild,
    FoundWebhook,
    GetArrivals,
    GetBots,
    GetGuild,
    GetGuildFacts,
    GetInterested,
    GetMembers,
    GetMemberships,
    GetMutualGuilds,
    GetRoles,
    GetWhereabouts,
    GuildSnapshot,
    Interested,
    ListMembers,
    LocateChannel,
    Members,
    Membership,
    Memberships,
    MutualGuild,
    MutualGuilds,
    OpenWebhook,
    OwnedGuilds,
    OwnsGuilds,
    PersonSeen,
    Place,
    Roles,
    SearchMembers,
    WebhookOpened,
    Whereabouts,
)
from contracts.rpc.export import Exported

_STEPS = 10
"""Communities that one call leaves, so that it ends in time."""


class Handlers:
    """One function a call."""

    def __init__(self, units: Units, sightings: Sightings) -> None:
        self._units = units
        self._sightings = sightings

    def person_seen(self, cast: PersonSeen, link: Link) -> None:
        """Somebody came or went."""
        del link
        self._sightings.note(int(cast.user_id), is_here=cast.is_here)

    async def get_memberships(self, call: GetMemberships) -> Memberships:
        """Where somebody is a member."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.memberships(unit, call.user_id)
        return Memberships(
            memberships=tuple(
                Membership(guild_id=GuildId(one.guild_id), member=views.member(one))
                for one in found
            )
        )

    async def get_whereabouts(self, call: GetWhereabouts) -> AllWhereabouts:
        """In which guilds several people are."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.whereabouts(unit, call.user_ids)
        return AllWhereabouts(
            people=tuple(
                Whereabouts(user_id=UserId(one), guild_ids=tuple(map(GuildId, guilds)))
                for one, guilds in found.items()
            )
        )

    async def get_arrivals(self, call: GetArrivals) -> Arrivals:
        """Where several people are members."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.arrivals(unit, call.user_ids)
        return Arrivals(
            people=tuple(
                Arriving(
                    user_id=UserId(user_id),
                    guilds={GuildId(one.guild_id): views.member(one).dump() for one in mine},
                )
                for user_id, mine in found.items()
            )
        )

    async def get_guild(self, call: GetGuild) -> FoundGuild:
        """A guild as it is now."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.snapshot(unit, call.guild_id)
        if found is None:
            return FoundGuild()
        members = await actions.neighbours.with_fresh_faces(self._units, found.members, found.at)
        ids = [channel.id for channel in found.channels]
        newest = await actions.private.newest(self._units.tools.calls, ids)
        return FoundGuild(
            snapshot=GuildSnapshot(
                guild=views.guild(found.guild, found.roles, found.emojis),
                channels=tuple(views.channel(channel, newest) for channel in found.channels),
                member_count=found.member_count,
                members=tuple(views.member(member) for member in members),
                events=tuple(map(agenda.planned, found.events)),
            )
        )

    async def get_members(self, call: GetMembers) -> Members:
        """Members by id."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.members(unit, call.guild_id, list(call.user_ids))
        return Members(members=tuple(views.member(member) for member in found))

    async def list_members(self, call: ListMembers) -> Members:
        """A page of all of them."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.page(unit, call.guild_id, call.after, call.limit)
        return Members(members=tuple(views.member(member) for member in found))

    async def search_members(self, call: SearchMembers) -> Members:
        """Members by the beginning of a name."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.search(unit, call.guild_id, call.query, call.limit)
        return Members(members=tuple(views.member(member) for member in found))

    async def get_mutual_guilds(self, call: GetMutualGuilds) -> MutualGuilds:
        """Where two people meet."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.mutual(unit, call.user_id, call.other_id)
        return MutualGuilds(
            guilds=tuple(MutualGuild(id=GuildId(guild), nick=nick) for guild, nick in found)
        )

    async def get_guild_facts(self, call: GetGuildFacts) -> FoundFacts:
        """What permission decisions depend on."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.facts(unit, call.guild_id)
        if found is None:
            return FoundFacts()
        guild, roles, channels, rules = found
        shown = tuple(views.channel(channel) for channel in channels)
        given = tuple(map(views.automod_rule, rules))
        return FoundFacts(facts=GuildFacts.of(views.guild(guild, roles, []), shown, given))

    async def get_interested(self, call: GetInterested) -> Interested:
        """Who is interested in an event."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.scheduled_events.everybody(
                unit, call.event_id, call.after, call.limit
            )
        return Interested(user_ids=tuple(map(UserId, found)))

    async def locate_channel(self, call: LocateChannel) -> Place:
        """The guild of a channel."""
        async with self._units.reading(NOBODY) as unit:
            guild_id = await actions.neighbours.locate(unit, call.channel_id)
        return Place(guild_id=None if guild_id is None else GuildId(guild_id))

    async def owns_guilds(self, call: OwnsGuilds) -> OwnedGuilds:
        """What a person owns."""
        async with self._units.reading(NOBODY) as unit:
            return OwnedGuilds(count=await actions.farewells.owned(unit, call.user_id))

    async def forget_person(self, call: ForgetPerson) -> Forgotten:
        """Some steps towards forgetting somebody."""
        gone = Identity(call.user_id, 0, Kind.USER)
        for _ in range(_STEPS):
            async with self._units.open(gone) as unit:
                if not await actions.farewells.leave_one(unit):
                    return Forgotten(is_done=True)
        return Forgotten(is_done=False)

    async def export_person(self, call: ExportPerson) -> Exported:
        """One page of what is kept of a person."""
        async with self._units.reading(NOBODY) as unit:
            return await actions.farewells.export(unit, call.user_id, call.after)

    async def find_emoji(self, call: FindEmoji) -> FoundEmoji:
        """A custom emoji by id."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.emoji(unit, call.emoji_id)
        if found is None:
            return FoundEmoji()
        return FoundEmoji(guild_id=GuildId(found.guild_id), emoji=views.emoji(found))

    async def open_webhook(self, call: OpenWebhook) -> WebhookOpened:
        """Whether a token fits."""
        async with self._units.reading(NOBODY) as unit:
            is_open = await actions.webhooks.is_opened(unit, call.webhook_id, call.token)
        return WebhookOpened(is_open=is_open)

    async def find_webhook(self, call: FindWebhook) -> FoundWebhook:
        """How one looks, for who shows what it posts."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.webhooks.face(unit, call.webhook_id)
        if found is None:
            return FoundWebhook()
        shown = views.webhook(found.webhook, found.creator)
        return FoundWebhook(webhook=shown.model_copy(update={"token": None, "user": None}))

    async def get_roles(self, call: GetRoles) -> Roles:
        """All roles of a guild."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.roles(unit, call.guild_id)
        return Roles(roles=tuple(views.role(one) for one in found))

    async def get_bots(self, call: GetBots) -> Bots:
        """The bots of a guild."""
        async with self._units.reading(NOBODY) as unit:
            found = await actions.neighbours.bots(unit, call.guild_id)
        return Bots(user_ids=tuple(map(UserId, found)))


def register(rpc: RpcServer, units: Units, sightings: Sightings) -> None:
    """Answer these calls, and hear this cast."""
    handlers = Handlers(units, sightings)
    rpc.hear(PersonSeen, handlers.person_seen)
    rpc.handle(GetMemberships, handlers.get_memberships)
    rpc.handle(GetWhereabouts, handlers.get_whereabouts)
    rpc.handle(GetArrivals, handlers.get_arrivals)
    rpc.handle(GetGuild, handlers.get_guild)
    rpc.handle(FindEmoji, handlers.find_emoji)
    rpc.handle(GetMembers, handlers.get_members)
    rpc.handle(ListMembers, handlers.list_members)
    rpc.handle(SearchMembers, handlers.search_members)
    rpc.handle(GetMutualGuilds, handlers.get_mutual_guilds)
    rpc.handle(GetGuildFacts, handlers.get_guild_facts)
    rpc.handle(GetInterested, handlers.get_interested)
    rpc.handle(LocateChannel, handlers.locate_channel)
    rpc.handle(OwnsGuilds, handlers.owns_guilds)
    rpc.handle(ForgetPerson, handlers.forget_person)
    rpc.handle(ExportPerson, handlers.export_person)
    rpc.handle(OpenWebhook, handlers.open_webhook)
    rpc.handle(FindWebhook, handlers.find_webhook)
    rpc.handle(GetBots, handlers.get_bots)
    rpc.handle(GetRoles, handlers.get_roles)
