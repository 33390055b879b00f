"""IDENTIFY: the shapes that the strictest libraries demand, and nothing lost between snapshot and
stream whenever it happens.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from contracts.events.guild import GuildUpdate
from contracts.events.member import MemberUpdate
from contracts.events.session import LoginEnded
from contracts.events.settings import StatusChosen
from contracts.events.user import UserUpdate
from contracts.ids import ChannelId, GuildId, MessageId, UserId
from contracts.intents import ALLOWED_BY, PRIVILEGED, Intent
from contracts.objects.channel import ChannelType
from contracts.objects.presence import Presence, PresenceUser, Status
from contracts.objects.private import PrivateChannel
from contracts.objects.reading import ReadState
from contracts.objects.relationship import Relationship, RelationshipType
from contracts.objects.voice import OngoingCall
from contracts.rpc import chat, community, users
from contracts.rpc.community import GetGuild
from contracts.rpc.presence import GetPresences
from contracts.rpc.users import GetRelationships, OwnSettings
from contracts.topics import user as user_topic
from gateway.live.arrival import ROUNDS
from tests.unit.gateway.house import (
    GUILD,
    OTHER,
    Gateway,
    World,
    frames_in,
    member,
    message,
    settled,
    user,
)


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    world = World()
    world.guild()
    for user_id in (2, 100):
        world.enrol(user_id)
    gateway = await Gateway(world).start()
    yield gateway
    await gateway.tasks.cancel()


GUILD_CREATE_FIELDS = {
    *("id", "name", "icon", "splash"),
    *("banner", "owner_id", "afk_channel_id", "afk_timeout"),
    *("verification_level", "default_message_notifications", "explicit_content_filter", "emojis"),
    *("stickers", "features", "mfa_level", "application_id"),
    *("system_channel_id", "system_channel_flags", "rules_channel_id", "public_updates_channel_id"),
    *("vanity_url_code", "description", "premium_tier", "preferred_locale"),
    *("nsfw_level", "voice_states", "members", "threads"),
    *("presences", "roles", "channels", "member_count"),
    *("joined_at", "large", "stage_instances", "guild_scheduled_events"),
    "unavailable",
}
READY_FIELDS = ["v", "user", "guilds", "session_id", "resume_gateway_url", "private_channels"]


class TestShapes:
    async def test_ready_of_a_bot_has_what_libraries_need(self, gateway: Gateway) -> None:
        ready = await gateway.connect().identify(100, shard=[0, 1])
        assert set(READY_FIELDS) <= set(ready)
        assert set(ready["application"]) == {"id", "flags"}
        assert ready["guilds"] == [{"id": str(GUILD), "unavailable": True}]
        assert ready["resume_gateway_url"] == "ws://moim.test:8080"
        assert ready["shard"] == [0, 1]
        assert {"id", "username", "discriminator", "avatar", "mfa_enabled", "flags"} <= set(
            ready["user"]
        )
        assert "user_settings" not in ready

    async def test_ready_of_a_person_has_more(self, gateway: Gateway) -> None:
        ready = await gateway.connect().identify(2)
        for name in ("relationships", "read_state", "user_settings", "user_guild_settings"):
            assert ready[name] is not None
        assert "shard" not in ready
        assert "application" not in ready

    @pytest.mark.parametrize("version", [9, 10])
    async def test_ready_says_the_version_that_was_asked_for(
        self, gateway: Gateway, version: int
    ) -> None:
        assert (await gateway.connect(f"v={version}").identify(2))["v"] == version

    async def test_guilds_have_every_field_that_a_library_stumbles_over(
        self, gateway: Gateway
    ) -> None:
        client = gateway.connect()
        await client.identify(100)
        (guild,) = client.all("GUILD_CREATE")
        assert set(guild) >= GUILD_CREATE_FIELDS
        assert guild["unavailable"] is False
        assert guild["large"] is False
        for role in guild["roles"]:
            assert {
                *("id", "name", "color", "hoist", "position", "managed", "mentionable"),
                *("permissions", "colors"),
            } <= set(role)
        for channel in guild["channels"]:
            assert {"id", "type", "position", "name", "permission_overwrites", "topic"} <= set(
                channel
            )
        for one in guild["members"]:
            assert {"user", "roles", "joined_at", "flags"} <= set(one)
            assert "permissions" not in one

    async def test_a_large_guild_names_only_oneself(self, gateway: Gateway) -> None:
        for user_id in range(1_000, 1_300):
            gateway.world.enrol(user_id)
        client = gateway.connect()
        await client.identify(2)
        (guild,) = client.all("GUILD_CREATE")
        assert guild["large"] is True
        assert guild["member_count"] == 303
        assert [one["user"]["id"] for one in guild["members"]] == ["2"]

    async def test_hidden_channels_are_not_named(self, gateway: Gateway) -> None:
        roles = gateway.world.guilds[GUILD].roles
        blind = roles[0].model_copy(update={"permissions": 0})
        gateway.world.guilds[GUILD] = gateway.world.guilds[GUILD].model_copy(
            update={"roles": (blind,)}
        )
        member_sees, owner_sees = gateway.connect(), gateway.connect()
        await member_sees.identify(2)
        await owner_sees.identify(1)
        assert member_sees.all("GUILD_CREATE")[0]["channels"] == []
        assert len(owner_sees.all("GUILD_CREATE")[0]["channels"]) == 2

    async def test_without_the_intent_there_are_no_guilds_after_ready(
        self, gateway: Gateway
    ) -> None:
        client = gateway.connect()
        ready = await client.identify(100, int(Intent.GUILD_MESSAGES))
        assert len(ready["guilds"]) == 1
        assert not client.has("GUILD_CREATE")

    async def test_numbers_are_below_everything_that_follows(self, gateway: Gateway) -> None:
        gateway.world.guild(OTHER)
        gateway.world.enrol(2, OTHER)
        gateway.world.redis.publish(message(1))
        client = gateway.connect()
        await client.identify(2)
        high = gateway.lobby.hub.s
        assert [e["s"] for e in client.events] == [high - 3, high - 2, high - 1]
        stamp = gateway.world.redis.publish(message(2))
        await settled()
        client.read()
        assert client.seq == stamp > high
        assert client.contents() == ["message 2"]


CALLS = [users.GetArrivals, community.GetArrivals, chat.GetArrivals, GetGuild, GetPresences]


async def test_large_payloads_come_compressed_to_who_asks_in_identify(gateway: Gateway) -> None:
    packed, plain = gateway.connect(), gateway.connect()
    await packed.identify(2, compress=True)
    await plain.identify(2, compress="zlib-stream")
    gateway.world.redis.publish(message(1))
    gateway.world.redis.publish(message(2, embeds=({"description": "x" * 2_000},)))
    await settled()
    raw = [frames_in(b"".join(client.transport.written)) for client in (packed, plain)]
    assert [[opcode for opcode, _ in frames] for frames in raw] == [[1, 2], [1, 1]]
    for client in (packed, plain):
        client.read()
        assert client.contents() == ["message 1", "message 2"]


class TestPersonal:
    """What only people are told, and only all of it."""

    @pytest.fixture
    def world(self, gateway: Gateway) -> World:
        world = gateway.world
        world.relationships = [
            Relationship(id=UserId(n), type=RelationshipType(kind), user=user(n))
            for n, kind in ((3, 1), (4, 2), (5, 3))
        ]
        world.calls = [OngoingCall(channel_id=70, message_id=9, region="home", ringing=(2,))]
        world.conversations = [
            PrivateChannel(
                id=ChannelId(70),
                type=ChannelType.DM,
                last_message_id=MessageId(1),
                recipients=(user(3),),
            )
        ]
        world.read = [ReadState(id=ChannelId(c), mention_count=1) for c in (11, 70, 99)]
        world.presences[3] = Presence(user=PresenceUser(id=UserId(3)), status=Status.DND)
        world.presences[4] = Presence(user=PresenceUser(id=UserId(4)), status=Status.ONLINE)
        world.settings = OwnSettings(
            settings={"theme": "light"},
            status=Status.IDLE,
            custom_status={"type": 4, "name": "Custom Status", "state": "reading"},
        )
        return world

    async def test_is_told_in_ready(self, gateway: Gateway, world: World) -> None:
        """Seed A12: what was read in channels that are hidden now is not told of."""
        ready = await gateway.connect().identify(2)
        assert [(each["id"], each["type"]) for each in ready["relationships"]] == [
            ("3", 1),
            ("4", 2),
            ("5", 3),
        ]
        (conversation,) = ready["private_channels"]
        assert conversation["recipient_ids"] == ["3"]
        assert [(call["channel_id"], call["ringing"]) for call in ready["calls"]] == [("70", ["2"])]
        assert [state["id"] for state in ready["read_state"]["entries"]] == ["11", "70"]
        assert [each["user"]["id"] for each in ready["presences"]] == ["3"], "friends only"
        assert {each["id"] for each in ready["users"]} == {"3", "4", "5"}
        assert ready["merged_members"][0][0]["user_id"] == "2"
        assert ready["user_settings"] == {"theme": "light", "status": "idle"}
        bot = await gateway.connect().identify(100)
        assert bot["relationships"] == bot["private_channels"] == bot["presences"] == []
        assert "read_state" not in bot

    async def test_decides_how_sessions_are_shown_that_do_not_say(
        self, gateway: Gateway, world: World
    ) -> None:
        silent, outspoken = gateway.connect(), gateway.connect()
        await silent.identify(2)
        await outspoken.identify(2, presence={"status": "dnd", "activities": []})
        seats = gateway.presence.seats
        assert seats[silent.session_id].status == "idle"
        assert seats[outspoken.session_id].status == "dnd"
        for seat in seats.values():
            assert [each["state"] for each in seat.activities] == ["reading"]
        world.redis.publish(StatusChosen(user_id=UserId(2), status=Status.INVISIBLE))
        await settled()
        assert {(seat.status, seat.activities) for seat in seats.values()} == {("invisible", ())}

    async def test_counts_what_is_said_meanwhile(self, gateway: Gateway, world: World) -> None:
        def on_ask(call: Any) -> None:
            if isinstance(call, chat.GetArrivals):
                private = message(9, channel_id=70, author=3).model_copy(update={"guild_id": None})
                world.redis.publish(private, user_topic(2))
                world.redis.publish(message(10, author=3, mentions=(user(2),)))

        world.on_ask = on_ask
        ready = await gateway.connect().identify(2)
        assert ready["private_channels"][0]["last_message_id"] == "9"
        counts = {s["id"]: s["mention_count"] for s in ready["read_state"]["entries"]}
        assert counts == {"11": 2, "70": 2}

    async def test_is_never_empty_because_a_neighbour_is_away(
        self, gateway: Gateway, world: World
    ) -> None:
        world.away.add(GetRelationships)
        person, bot = gateway.connect(), gateway.connect()
        person.say(2, {"token": "2", "properties": {}})
        await person.until(lambda: person.close_code is not None)
        assert (person.close_code, person.events) == (4000, [])
        await bot.identify(100)


class TestRefusals:
    @pytest.mark.parametrize(
        "intent", [Intent.GUILD_MEMBERS, Intent.GUILD_PRESENCES, Intent.MESSAGE_CONTENT]
    )
    async def test_a_privileged_intent_is_what_the_application_allows(
        self, gateway: Gateway, intent: Intent
    ) -> None:
        gateway.world.flags &= ~ALLOWED_BY[intent]
        refused, allowed = gateway.connect(), gateway.connect()
        refused.say(2, {"token": "100", "intents": int(intent | Intent.GUILDS)})
        await refused.until(lambda: refused.close_code is not None)
        assert refused.close_code == 4014
        assert refused.events == []
        rest = int(PRIVILEGED | Intent.GUILDS) & ~int(intent) | 1 << 17
        await allowed.identify(100, rest)

    async def test_a_bot_with_too_many_guilds_has_to_divide_them(self, gateway: Gateway) -> None:
        for number in range(2, 8):
            gateway.world.guild(number << 22)
            gateway.world.enrol(100, number << 22)
        bot = gateway.connect()
        bot.say(2, {"token": "100", "intents": 1})
        await bot.until(lambda: bot.close_code is not None)
        assert bot.close_code == 4011
        halves = [await gateway.connect().identify(100, shard=[half, 2]) for half in (0, 1)]
        assert sorted(len(ready["guilds"]) for ready in halves) == [3, 4]


class TestMeanwhile:
    """Something happens just after a neighbour has answered: it is in READY or comes behind it."""

    def after(self, gateway: Gateway, call: type, act: Any) -> None:
        done: list[int] = []

        def on_ask(asked: Any) -> None:
            if isinstance(asked, call) and not done:
                done.append(1)
                act()

        gateway.world.on_ask = on_ask

    @pytest.mark.parametrize("call", CALLS)
    async def test_a_name_changes(self, gateway: Gateway, call: type) -> None:
        def act() -> None:
            old = gateway.world.guilds[GUILD]
            gateway.world.guilds[GUILD] = old.model_copy(update={"name": "new"})
            gateway.world.redis.publish(GuildUpdate(**gateway.world.guilds[GUILD].model_dump()))

        self.after(gateway, call, act)
        client = gateway.connect()
        await client.identify(2)
        (guild,) = client.all("GUILD_CREATE")
        updates = [update["name"] for update in client.all("GUILD_UPDATE")]
        assert [guild["name"], *updates][-1] == "new"

    @pytest.mark.parametrize("call", CALLS)
    async def test_a_role_is_given(self, gateway: Gateway, call: type) -> None:
        def act() -> None:
            gateway.world.enrol(2, GUILD, 50)
            gateway.world.redis.publish(
                MemberUpdate(guild_id=GuildId(GUILD), **member(2, 50).model_dump())
            )

        self.after(gateway, call, act)
        client = gateway.connect()
        await client.identify(2)
        place = gateway.lobby.hub.atlas.guild_at(GUILD)
        assert place is not None
        party = place.crowd.find(2)
        assert party is not None
        assert party.standing.roles == (50,)

    @pytest.mark.parametrize("call", CALLS)
    async def test_a_guild_is_joined(self, gateway: Gateway, call: type) -> None:
        gateway.world.guild(OTHER)
        self.after(gateway, call, lambda: gateway.world.join(2, OTHER))
        client = gateway.connect()
        await client.identify(2)
        await settled(100)
        client.read()
        told = sorted(int(guild["id"]) for guild in client.all("GUILD_CREATE"))
        assert told == [GUILD, OTHER]
        numbers = [e["s"] for e in client.events]
        assert numbers == sorted(numbers)
        gateway.world.redis.publish(message(5, channel_id=21, guild_id=OTHER))
        await settled()
        client.read()
        assert client.contents() == ["message 5"]

    @pytest.mark.parametrize("call", CALLS)
    async def test_a_guild_is_left(self, gateway: Gateway, call: type) -> None:
        self.after(gateway, call, lambda: gateway.world.leave(2, GUILD))
        client = gateway.connect()
        await client.identify(2)
        await settled(100)
        gateway.world.redis.publish(message(5))
        await settled()
        client.read()
        assert len(client.all("GUILD_CREATE")) == len(client.all("GUILD_DELETE"))
        assert client.contents() == []

    @pytest.mark.parametrize("call", CALLS)
    async def test_an_account_changes(self, gateway: Gateway, call: type) -> None:
        changed = UserUpdate(id=UserId(2), username="new")
        self.after(gateway, call, lambda: gateway.world.redis.publish(changed))
        await gateway.connect().identify(2)
        asked = [one for one in gateway.world.asked if isinstance(one, users.GetArrivals)]
        assert len(asked) >= 2

    @pytest.mark.parametrize("call", CALLS)
    async def test_the_login_ends(self, gateway: Gateway, call: type) -> None:
        ended = LoginEnded(user_id=UserId(2), login_id=7)
        self.after(gateway, call, lambda: gateway.world.redis.publish(ended))
        client = gateway.connect()
        client.say(2, {"token": "2", "properties": {}})
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4004
        assert client.events == []
        assert gateway.lobby.hub.viewers == {}

    @pytest.mark.parametrize("call", CALLS)
    async def test_the_topic_is_lost(self, gateway: Gateway, call: type) -> None:
        hub = gateway.lobby.hub

        def act() -> None:
            for topic in list(gateway.bus.listeners):
                if topic.startswith(("guild", "user")):
                    hub.lost(topic)

        self.after(gateway, call, act)
        client = gateway.connect()
        client.say(2, {"token": "2", "properties": {}})
        await client.until(lambda: client.has("READY") or client.close_code is not None)
        gateway.world.redis.publish(message(5))
        await settled()
        client.read()
        assert client.contents() == (["message 5"] if client.has("READY") else [])

    async def test_it_never_rests(self, gateway: Gateway) -> None:
        changed = UserUpdate(id=UserId(2), username="new")
        gateway.world.on_ask = lambda call: gateway.world.redis.publish(changed) and None
        client = gateway.connect()
        client.say(2, {"token": "2", "properties": {}})
        await client.until(lambda: client.close_code is not None)
        assert client.close_code == 4000
        asked = [one for one in gateway.world.asked if isinstance(one, users.GetArrivals)]
        assert len(asked) == ROUNDS


@pytest.mark.parametrize("call", CALLS[:3])
async def test_never_half_a_ready_when_a_neighbour_is_away(gateway: Gateway, call: type) -> None:
    gateway.world.away.add(call)
    client = gateway.connect()
    client.say(2, {"token": "2", "properties": {}})
    await client.until(lambda: client.close_code is not None)
    assert client.close_code == 4000
    assert client.events == []
    assert gateway.presence.seats == {}
    gateway.world.away.clear()
    await gateway.connect().identify(2)


async def test_nothing_stays_pinned_by_who_went_away_half_way(gateway: Gateway) -> None:
    for turns in range(40):
        client = gateway.connect()
        client.say(2, {"token": "2", "properties": {}})
        await settled(turns)
        client.socket.connection_lost(None)
    await settled(60)
    hub = gateway.lobby.hub
    assert hub.viewers == {}
    assert [place.pins for place in hub.atlas._places.values() if place.pins] == []
    assert gateway.presence.seats == {}
    assert len(gateway.tasks) == 0
    assert len(gateway.lobby.sockets) == 0


async def test_a_guild_that_is_not_there_is_left_out(gateway: Gateway) -> None:
    gateway.world.members[99] = {2: member(2)}
    client = gateway.connect()
    ready = await client.identify(2)
    assert [guild["id"] for guild in ready["guilds"]] == [str(GUILD)]


async def test_a_herd_behind_one_address_comes_in_with_a_question_for_every_few(
    gateway: Gateway,
) -> None:
    """Nobody is turned away, and nobody's READY is another's."""
    await gateway.connect().identify(2)
    herd = {user_id: gateway.connect() for user_id in range(200, 350)}
    for user_id, client in herd.items():
        gateway.world.enrol(user_id)
        client.say(2, {"token": str(user_id), "intents": int(Intent.GUILDS)})
    gateway.world.asked.clear()
    for user_id, client in herd.items():
        await client.until(lambda client=client: client.has("GUILD_CREATE"))
        assert client.all("READY")[0]["user"]["id"] == str(user_id)
    questions = [call for call in gateway.world.asked if isinstance(call, users.GetArrivals)]
    assert sum(len(call.user_ids) for call in questions) == len(herd)
    assert len(questions) <= len(herd) // 8
