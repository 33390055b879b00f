"""From the shapes that services hold to a decision, and when a kept copy is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from contracts.events import REGISTRY
from contracts.guild_facts import MEMBER_STALE_ON, STALE_ON, GuildFacts, permissions_in
from contracts.objects.channel import Channel, ChannelOverwrite, ChannelType, OverwriteType
from contracts.objects.guild import Guild
from contracts.objects.member import MemberFace
from contracts.objects.role import Role
from contracts.permissions import EVERYTHING, NONE, READING, Permission

NOW = datetime(2026, 1, 2, tzinfo=UTC)
GUILD, OWNER, ALICE, MODS, OPEN, HIDDEN = 1, 10, 11, 20, 30, 31
VIEW, SEND = Permission.VIEW_CHANNEL, Permission.SEND_MESSAGES


def channel(channel_id: int, *overwrites: ChannelOverwrite) -> Channel:
    return Channel(
        id=channel_id,
        type=ChannelType.TEXT,
        guild_id=GUILD,
        name="x",
        permission_overwrites=overwrites,
    )


FACTS = GuildFacts.of(
    Guild(
        id=GUILD,
        name="g",
        owner_id=OWNER,
        roles=(
            Role(id=GUILD, name="@everyone", permissions=int(VIEW | SEND)),
            Role(id=MODS, name="mods", permissions=int(Permission.MANAGE_MESSAGES)),
        ),
    ),
    (
        channel(OPEN),
        channel(
            HIDDEN,
            ChannelOverwrite(id=GUILD, type=OverwriteType.ROLE, deny=int(VIEW)),
            ChannelOverwrite(id=MODS, type=OverwriteType.ROLE, allow=int(VIEW)),
            ChannelOverwrite(id=ALICE, type=OverwriteType.MEMBER, allow=int(VIEW)),
        ),
    ),
)


def member(*roles: int, until: datetime | None = None) -> MemberFace:
    return MemberFace(roles=roles, joined_at=NOW, communication_disabled_until=until)


def test_facts_travel_as_json() -> None:
    assert GuildFacts.model_validate_json(FACTS.encode()) == FACTS


def test_strangers_may_nothing_and_the_owner_everything() -> None:
    assert permissions_in(FACTS, ALICE, None, NOW) is NONE
    assert permissions_in(FACTS, OWNER, member(), NOW, channel_id=HIDDEN) == EVERYTHING


def test_without_a_channel_the_guild_at_large_is_meant() -> None:
    granted = permissions_in(FACTS, 12, member(MODS), NOW)
    assert granted == VIEW | SEND | Permission.MANAGE_MESSAGES


def test_overwrites_of_everyone_roles_and_members_are_told_apart() -> None:
    assert permissions_in(FACTS, 12, member(), NOW, channel_id=HIDDEN) is NONE
    assert VIEW in permissions_in(FACTS, 12, member(MODS), NOW, channel_id=HIDDEN)
    assert VIEW in permissions_in(FACTS, ALICE, member(), NOW, channel_id=HIDDEN)


def test_a_role_that_is_gone_gives_nothing() -> None:
    assert permissions_in(FACTS, 12, member(999), NOW) == VIEW | SEND


def test_a_timeout_ends_by_itself() -> None:
    muted = member(until=NOW + timedelta(minutes=1))
    assert permissions_in(FACTS, 12, muted, NOW) == VIEW & READING
    assert permissions_in(FACTS, 12, muted, NOW + timedelta(minutes=1)) == VIEW | SEND


def test_copies_go_stale_on_events_that_exist() -> None:
    assert REGISTRY.keys() >= STALE_ON | MEMBER_STALE_ON
    assert not {"MessageCreate", "PresenceUpdate"} & (STALE_ON | MEMBER_STALE_ON)
