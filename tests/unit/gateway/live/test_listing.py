"""The member list: what a client has after every update is what a new look would show."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.events.channel import ChannelUpdate
from contracts.events.member import MemberAdd, MemberRemove, MemberUpdate
from contracts.events.presence import PresenceUpdate
from contracts.events.role import RoleUpdate
from contracts.ids import GuildId, RoleId, Snowflake, UserId
from contracts.objects.channel import ChannelOverwrite, OverwriteType
from contracts.objects.presence import Presence, PresenceUser, Status
from contracts.objects.role import Role
from contracts.permissions import Permission
from contracts.rpc.community import ListMembers
from gateway.live import listing, roster
from tests.unit.gateway.house import (
    GUILD,
    OTHER,
    Client,
    Gateway,
    World,
    channel,
    member,
    settled,
    user,
)
from tests.unit.gateway.live.test_windows import applied

GID = GuildId(GUILD)
VIEW = int(Permission.VIEW_CHANNEL)
HIDDEN = (ChannelOverwrite(id=Snowflake(GUILD), type=OverwriteType.ROLE, deny=VIEW),)
CREW = (
    *HIDDEN,
    ChannelOverwrite(id=Snowflake(50), type=OverwriteType.ROLE, allow=VIEW),
    ChannelOverwrite(id=Snowflake(1_001), type=OverwriteType.MEMBER, allow=VIEW),
)


class Town:
    """A guild whose people come, go and change."""

    def __init__(self, world: World, gateway: Gateway, seed: int = 1) -> None:
        self.world, self.gateway = world, gateway
        self.dice = random.Random(seed)
        self.people = list(range(1_000, 1_012))

    def shows(self, user_id: int, status: Status) -> None:
        self.world.presences.pop(user_id, None)
        if status is not Status.OFFLINE:
            shown = Presence(user=PresenceUser(id=UserId(user_id)), status=status)
            self.world.presences[user_id] = shown
        whose = PresenceUser(id=UserId(user_id))
        self.world.redis.publish(PresenceUpdate(user=whose, guild_id=GID, status=status))

    def holds(self, user_id: int, *roles: int, nick: str | None = None) -> None:
        changed = member(user_id, *roles).model_copy(update={"nick": nick})
        self.world.members[GUILD][user_id] = changed
        self.world.redis.publish(MemberUpdate(guild_id=GID, **changed.model_dump()))

    def at_random(self) -> None:
        dice, held = self.dice, self.world.members[GUILD]
        user_id = dice.choice(self.people)
        if user_id not in held:
            self.world.enrol(user_id)
            self.world.redis.publish(MemberAdd(guild_id=GID, **held[user_id].model_dump()))
        elif (die := dice.random()) < 0.5:
            self.shows(user_id, dice.choice([Status.ONLINE, Status.DND, Status.OFFLINE]))
        elif die < 0.85:
            roles = dice.sample([50, 51], dice.randrange(3))
            self.holds(user_id, *roles, nick=dice.choice([None, "anna", "zoe"]))
        elif die < 0.95:
            del held[user_id]
            self.shows(user_id, Status.OFFLINE)
            self.world.redis.publish(MemberRemove(guild_id=GID, user=user(user_id)))
        else:
            old = dice.choice(self.world.guilds[GUILD].roles[1:])
            new = old.model_copy(update={"hoist": not old.hoist})
            self.redefine(new)

    def redefine(self, new: Role) -> None:
        guild = self.world.guilds[GUILD]
        roles = tuple(new if role.id == new.id else role for role in guild.roles)
        self.world.guilds[GUILD] = guild.model_copy(update={"roles": roles})
        self.world.redis.publish(RoleUpdate(guild_id=GID, role=new))

    def opens(self, channel_id: int, overwrites: tuple[ChannelOverwrite, ...]) -> None:
        channels = self.world.channels[GUILD]
        changed = channel(channel_id, overwrites=overwrites)
        channels[:] = [changed if each.id == channel_id else each for each in channels]
        self.world.redis.publish(ChannelUpdate(**changed.model_dump()))

    async def look(self, who: int = 1, channel_id: int = 11, upto: int = 99) -> Client:
        client = self.gateway.connect()
        await client.identify(who)
        client.say(14, {"guild_id": str(GUILD), "channels": {str(channel_id): [[0, upto]]}})
        await client.until(lambda: client.has("GUILD_MEMBER_LIST_UPDATE"))
        return client


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    world = World()
    world.guild(r50=0, r51=0)
    guild = world.guilds[GUILD]
    roles = [
        role.model_copy(update={"hoist": True, "position": int(role.id) % 50 + 1})
        for role in guild.roles[1:]
    ]
    world.guilds[GUILD] = guild.model_copy(update={"roles": (guild.roles[0], *roles)})
    world.channels[GUILD] = [channel(11), channel(12, overwrites=CREW)]
    gateway = await Gateway(world).start()
    town = Town(world, gateway)
    for user_id in town.people:
        world.enrol(user_id)
    yield town
    await gateway.tasks.cancel()


def lines(client: Client) -> tuple[list[Any], dict[str, Any]]:
    """What a client that looks at one list shows after all updates, and what the last one says."""
    client.read()
    shown: dict[int, Any] = {}
    last: dict[str, Any] = {}
    for update in client.all("GUILD_MEMBER_LIST_UPDATE"):
        shown = applied(shown, update["ops"])
        last = {name: update[name] for name in ("groups", "online_count", "id")}
        counts = {group["id"]: group for group in update["groups"]}
        for at, item in shown.items():
            if "group" in item:
                shown[at] = {"group": counts.get(item["group"]["id"], item["group"])}
    return [shown[at] for at in sorted(shown)], last


def outline(client: Client) -> list[str]:
    shown, _ = lines(client)
    return [x["group"]["id"] if "group" in x else x["member"]["user"]["id"] for x in shown]


async def test_a_list_shows_hoisted_roles_then_who_is_here_then_the_others(town: Town) -> None:
    town.world.enrol(1_003, GUILD, 50)
    town.world.enrol(1_004, GUILD, 50, 51)
    for user_id in (1_003, 1_004, 1_005):
        town.world.presences[user_id] = Presence(
            user=PresenceUser(id=UserId(user_id)), status=Status.IDLE
        )
    client = await town.look()
    away = [str(user_id) for user_id in (1, 1_000, 1_001, 1_002, *range(1_006, 1_012))]
    expected = ["51", "1004", "50", "1003", "online", "1005", "offline"]
    assert outline(client)[:7] == expected
    assert sorted(outline(client)[7:]) == sorted(away)
    (update,) = client.all("GUILD_MEMBER_LIST_UPDATE")
    assert (update["id"], update["online_count"], update["member_count"]) == ("everyone", 3, 13)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("channel_id", [11, 12])
async def test_updates_lead_to_what_a_new_look_shows(
    town: Town, seed: int, channel_id: int
) -> None:
    town.dice.seed(seed)
    client = await town.look(channel_id=channel_id)
    for _ in range(15):
        for _ in range(town.dice.randrange(1, 4)):
            town.at_random()
        await settled(20)
        anew = await town.look(channel_id=channel_id)
        assert lines(client) == lines(anew)
        anew.drop()


def held(client: Client) -> dict[str, dict[int, Any]]:
    """All that a client holds, by list; a group's size is told beside the lines."""
    client.read()
    shown: dict[str, dict[int, Any]] = {}
    for update in client.all("GUILD_MEMBER_LIST_UPDATE"):
        shown[update["id"]] = applied(shown.get(update["id"], {}), update["ops"])
    return {
        name: {at: item.get("member") or item["group"]["id"] for at, item in items.items()}
        for name, items in shown.items()
    }


@pytest.mark.parametrize("most", [0, 2, 20])
async def test_whoever_scrolls_holds_all_that_is_looked_at_and_nothing_false(
    town: Town, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (listing, roster):
        monkeypatch.setattr(module, "OPS_MOST", most)
    dice, client, looked_at = town.dice, await town.look(), range(100)
    await town.look(channel_id=12)
    for _ in range(30):
        if (die := dice.random()) < 0.3:
            begin = dice.randrange(15)
            looked_at = range(begin, begin + dice.randrange(1, 6))
            ranges = [[looked_at[0], looked_at[-1]]]
            client.say(14, {"guild_id": str(GUILD), "channels": {"11": ranges}})
        elif die < 0.4:
            town.opens(11, () if town.world.channels[GUILD][0].permission_overwrites else CREW)
        else:
            town.at_random()
        await settled(20)
        fresh = await town.look()
        ((name, truth),) = held(fresh).items()
        shown = held(client)[name]
        assert shown.items() <= truth.items()
        assert {at for at in truth if at in looked_at} <= shown.keys()
        fresh.drop()


async def test_who_looks_away_forgets_all(town: Town) -> None:
    client, _ = await town.look(), await town.look(who=1_000)
    client.say(14, {"guild_id": str(GUILD), "channels": {}})
    town.shows(1_003, Status.ONLINE)
    await settled()
    assert held(client) == {"everyone": {}}


async def test_who_loses_sight_of_a_channel_hears_of_its_list_no_more(town: Town) -> None:
    """Seed A12 in its spirit: by one's own roles, which changes nobody else's list."""
    town.holds(1_002, 50)
    await settled()
    client = await town.look(who=1_002, channel_id=12)
    insider = await town.look(channel_id=12)
    told = len(client.all("GUILD_MEMBER_LIST_UPDATE"))
    town.holds(1_002)
    town.shows(1_001, Status.ONLINE)
    await settled()
    client.read()
    assert len(client.all("GUILD_MEMBER_LIST_UPDATE")) == told
    assert {x for x in outline(insider) if x.isdigit()} == {"1", "1001"}
    town.holds(1_002, 50)
    await settled()
    client.say(14, {"guild_id": str(GUILD), "channels": {"12": [[0, 0]]}})
    await settled()
    ((name, lines_held),) = held(client).items()
    assert lines_held == {0: held(insider)[name][0]}, "what it missed is not believed any more"


@pytest.mark.parametrize("looks_again", [True, False])
async def test_who_is_let_in_elsewhere_is_told_behind_what_it_missed(
    town: Town, looks_again: bool
) -> None:
    """`s` never falls, and a list that changed meanwhile is told anew."""
    town.world.guild(OTHER, owner=3)
    client, insider = await town.look(who=1_002), await town.look()
    town.world.join(1_002, OTHER)
    town.shows(1_003, Status.ONLINE)
    if looks_again:
        client.say(14, {"guild_id": str(GUILD), "channels": {"11": [[0, 99]]}})
    town.shows(1_004, Status.ONLINE)
    await client.until(lambda: len(client.all("GUILD_CREATE")) == 2)
    await town.gateway.clock.until_asleep()
    town.gateway.clock.advance(1)
    await settled()
    assert held(client) == held(insider)
    numbers = [event["s"] for event in client.events]
    assert numbers == sorted(numbers)


async def test_a_list_names_only_who_may_see_its_channel(town: Town) -> None:
    """Seed A12: a private channel's list is its own."""
    town.world.enrol(1_003, GUILD, 50)
    insider = await town.look(channel_id=12)
    assert {x for x in outline(insider) if x.isdigit()} == {"1", "1001", "1003"}
    outsider = town.gateway.connect()
    await outsider.identify(1_002)
    outsider.say(14, {"guild_id": str(GUILD), "channels": {"12": [[0, 99]]}})
    await settled()
    outsider.read()
    assert not outsider.has("GUILD_MEMBER_LIST_UPDATE")
    told = len(insider.all("GUILD_MEMBER_LIST_UPDATE"))
    town.opens(12, HIDDEN)
    await settled()
    assert {x for x in outline(insider) if x.isdigit()} == {"1"}
    assert len(insider.all("GUILD_MEMBER_LIST_UPDATE")) == told + 1


async def test_a_large_guild_lists_who_is_here_and_is_asked_for_once(town: Town) -> None:
    for user_id in range(2_000, 4_100):
        town.world.enrol(user_id)
    town.world.presences[3_500] = Presence(
        user=PresenceUser(id=UserId(3_500)), status=Status.ONLINE
    )
    client, other = await town.look(), await town.look(upto=0)
    assert outline(client) == ["online", "3500"]
    pages = [call for call in town.world.asked if isinstance(call, ListMembers)]
    assert len(pages) == 3
    town.shows(2_500, Status.DND)
    await settled()
    assert outline(client) == ["online", "2500", "3500"]
    other.read()
    assert len(other.all("GUILD_MEMBER_LIST_UPDATE")) == 1, "it looks at the first line only"
    town.shows(2_500, Status.OFFLINE)
    await settled()
    assert outline(client) == ["online", "3500"]


async def test_nothing_is_kept_when_nobody_looks(town: Town) -> None:
    client, other = await town.look(), await town.look()
    client.say(14, {"guild_id": str(GUILD), "channels": {}})
    other.drop()
    town.at_random()
    await settled()
    assert len(town.gateway.lobby.listing) == 0


async def test_several_guilds_are_looked_at_at_once(town: Town) -> None:
    client = town.gateway.connect()
    await client.identify(1)
    looks = {str(GUILD): {"channels": {"11": [[0, 1]]}, "typing": True}}
    client.say(37, {"subscriptions": looks})
    await client.until(lambda: client.has("GUILD_MEMBER_LIST_UPDATE"))
    assert len(outline(client)) == 2


async def test_many_changes_of_a_long_list_are_one(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seed C5 in its spirit: roles that are put into another order are one sorting, not fifty."""
    monkeypatch.setattr(listing, "SORTED_AT_ONCE", 5)
    town.holds(1_000, 50)
    town.shows(1_000, Status.ONLINE)
    client = await town.look()
    (_, role, _) = town.world.guilds[GUILD].roles
    for number in range(20):
        town.redefine(role.model_copy(update={"hoist": number % 2 == 0}))
    town.holds(1_001, 51)
    await town.gateway.clock.until_asleep()
    client.read()
    before = len(client.all("GUILD_MEMBER_LIST_UPDATE"))
    town.gateway.clock.advance(0.5)
    await settled()
    client.read()
    synced = client.all("GUILD_MEMBER_LIST_UPDATE")[before:]
    assert [[op["op"] for op in update["ops"]] for update in synced] == [["SYNC"]]
    fresh = await town.look()
    assert lines(client) == lines(fresh)


async def test_a_hidden_role_groups_nobody(town: Town) -> None:
    town.holds(1_000, 50)
    town.shows(1_000, Status.ONLINE)
    client = await town.look()
    assert outline(client)[:2] == ["50", "1000"]
    role = next(role for role in town.world.guilds[GUILD].roles if role.id == 50)
    town.redefine(role.model_copy(update={"hoist": False}))
    await settled()
    assert outline(client)[:2] == ["online", "1000"]
    assert RoleId(50) in town.world.members[GUILD][1_000].roles
