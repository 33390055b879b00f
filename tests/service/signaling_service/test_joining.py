"""Into voice, about in it and out of it, as opcode 4 asks and as others are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from contracts.errors import DomainError, ErrorCode
from contracts.events.channel import ChannelDelete
from contracts.events.member import MemberRemove, MemberUpdate
from contracts.events.voice import CallCreate, CallDelete, CallUpdate, VoiceStateUpdate
from contracts.ids import ChannelId, GuildId, Snowflake, UserId
from contracts.objects.channel import ChannelOverwrite, ChannelType, OverwriteType
from contracts.permissions import EVERYONE_DEFAULT, Permission
from contracts.rpc.signaling import GetCalls, Governing
from tests.service.signaling_service.house import (
    ALICE,
    BOB,
    BOT,
    CAROL,
    MODERATOR,
    OWNER,
    STRANGER,
    House,
    open_house,
    user,
)


@pytest.fixture
async def house(redis_url: str) -> AsyncIterator[House]:
    async with open_house(redis_url) as house:
        yield house


def overwrite(whom: int, *, allow: int = 0, deny: int = 0, guild: bool = False) -> ChannelOverwrite:
    kind = OverwriteType.ROLE if guild else OverwriteType.MEMBER
    return ChannelOverwrite(id=Snowflake(whom), type=kind, allow=int(allow), deny=int(deny))


async def refused(work: object) -> ErrorCode:
    with pytest.raises(DomainError) as caught:
        await work  # type: ignore[misc]
    return caught.value.error


class TestJoining:
    async def test_is_told_to_all_before_the_way_in_is_told_to_the_session(
        self, house: House
    ) -> None:
        """discord.py and hikari wait for both, so neither may wait for media."""
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(ALICE, channel, guild, self_mute=True)
        way, claims = await house.invited(ALICE)
        assert (way.session_id, way.guild_id) == (f"s{ALICE}", guild)
        assert way.endpoint == "ws://moim.test:8080/voice/node-1"
        assert (claims.identity, claims.room, claims.place_id) == (str(ALICE), str(channel), guild)
        (told,) = house.ears.heard(VoiceStateUpdate)
        assert (told.channel_id, told.session_id) == (channel, f"s{ALICE}")
        assert told.self_mute
        assert told.member is not None
        assert told.member.user.id == ALICE
        names = [name for _, name, _ in house.ears.events]
        assert names.index("VoiceStateUpdate") < names.index("VoiceServerUpdate")
        assert set(await house.states(guild)) == {ALICE}

    async def test_takes_connect_sight_and_a_place_in_a_voice_channel(self, house: House) -> None:
        guild = await house.guild()
        everyone = guild
        closed = house.channel(
            guild, overwrites=(overwrite(everyone, deny=Permission.CONNECT, guild=True),)
        )
        hidden = house.channel(
            guild, overwrites=(overwrite(everyone, deny=Permission.VIEW_CHANNEL, guild=True),)
        )
        text = house.channel(guild, ChannelType.TEXT)
        small = house.channel(guild, user_limit=1)
        for channel in (closed, hidden, text):
            await house.joins(ALICE, channel, guild)
        await house.joins(ALICE, 5, guild)
        await house.joins(STRANGER, small, guild)
        await house.joins(ALICE, small, guild)
        await house.joins(BOB, small, guild)
        await house.joins(OWNER, small, guild)
        await house.invited(OWNER)
        assert house.told() == [(ALICE, small), (OWNER, small)], "the owner may pass the limit"

    async def test_of_many_at_once_lets_in_as_many_as_there_is_room_for(self, house: House) -> None:
        guild = await house.guild()
        channel = house.channel(guild, user_limit=2)
        people = (ALICE, BOB, CAROL, BOT)
        await asyncio.gather(*(house.joins(one, channel, guild) for one in people))
        assert len(await house.states(guild)) == 2

    async def test_a_timeout_keeps_out(self, house: House) -> None:
        guild = await house.guild()
        channel = house.channel(guild)
        member = house.neighbours.member(guild, ALICE)
        until = house.clock.now().replace(year=2030)
        house.neighbours.members[guild, ALICE] = member.model_copy(
            update={"communication_disabled_until": until}
        )
        await house.joins(ALICE, channel, guild)
        await house.joins(BOB, channel, guild)
        assert house.told() == [(BOB, channel)]

    async def test_elsewhere_ends_where_a_person_was_but_not_where_a_bot_was(
        self, house: House
    ) -> None:
        one, other = await house.guild(), await house.guild()
        here, there = house.channel(one), house.channel(other)
        for someone in (ALICE, BOT):
            await house.joins(someone, here, one)
            await house.joins(someone, there, other)
        assert house.told() == [
            (ALICE, here),
            (ALICE, there),
            (ALICE, None),
            (BOT, here),
            (BOT, there),
        ]
        assert set(await house.states(one)) == {BOT}

    async def test_another_channel_is_told_as_one_move_with_the_channel_that_was_left(
        self, house: House
    ) -> None:
        guild = await house.guild()
        here, there = house.channel(guild), house.channel(guild)
        await house.joins(ALICE, here, guild)
        _, first = await house.invited(ALICE)
        await house.joins(ALICE, there, guild)
        _, second = await house.invited(ALICE, 2)
        assert house.told() == [(ALICE, here), (ALICE, there)]
        assert first.ticket != second.ticket

    async def test_flags_are_told_and_nothing_else_while_connected_there(
        self, house: House
    ) -> None:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(ALICE, channel, guild)
        await house.joins(ALICE, channel, guild, self_deaf=True, self_video=True)
        told = (await house.ears.hear(VoiceStateUpdate, count=2))[-1]
        assert (told.self_deaf, told.self_video, told.self_mute) == (True, True, False)

    async def test_another_device_takes_the_place_of_the_first(self, house: House) -> None:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(ALICE, channel, guild)
        await house.joins(ALICE, channel, guild, session_id="phone")
        way, _ = await house.invited(ALICE, 2)
        assert way.session_id == "phone"
        assert (await house.states(guild))[ALICE].session_id == "phone"
        await house.joins(ALICE, None, guild)
        assert ALICE in await house.states(guild), "the first device is in no voice any more"
        await house.joins(ALICE, None, guild, session_id="phone")
        assert await house.states(guild) == {}

    async def test_who_never_connects_is_gone_when_the_time_is_up(self, house: House) -> None:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(ALICE, channel, guild)
        await house.passes(14)
        assert ALICE in await house.states(guild)
        await house.passes(2)
        assert await house.told_in_all(2) == [(ALICE, channel), (ALICE, None)]
        assert await house.states(guild) == {}


class TestGoverning:
    async def test_moves_who_is_there_where_both_may_be(self, house: House) -> None:
        guild = await house.guild(MODERATOR)
        here = house.channel(guild)
        closed = house.channel(guild, overwrites=(overwrite(BOB, deny=Permission.CONNECT),))
        hidden = house.channel(guild, overwrites=(overwrite(BOB, deny=Permission.VIEW_CHANNEL),))
        await house.joins(BOB, here, guild)
        move = Governing.MOVE
        assert await refused(house.governs(ALICE, CAROL, guild, move, closed)) is (
            ErrorCode.TARGET_NOT_IN_VOICE
        )
        assert await refused(house.governs(ALICE, BOB, guild, move, hidden)) is (
            ErrorCode.MISSING_ACCESS
        )
        await house.governs(ALICE, BOB, guild, move, closed)
        assert house.told() == [(BOB, here), (BOB, closed)]
        way, claims = await house.invited(BOB, 2)
        assert (claims.room, way.session_id) == (str(closed), f"s{BOB}")

    async def test_disconnects(self, house: House) -> None:
        guild = await house.guild()
        await house.joins(BOB, house.channel(guild), guild)
        await house.governs(ALICE, BOB, guild, Governing.DISCONNECT)
        assert (await house.told_in_all(2))[-1] == (BOB, None)

    async def test_mutes_whom_the_community_has_muted(self, house: House) -> None:
        guild = await house.guild()
        await house.joins(BOB, house.channel(guild), guild)
        muted = house.neighbours.member(guild, BOB).model_copy(update={"mute": True})
        await house.invited(BOB)
        house.neighbours.members[guild, BOB] = muted
        await house.tells(MemberUpdate(guild_id=GuildId(guild), **muted.model_dump()))
        assert (await house.ears.hear(VoiceStateUpdate, count=2))[-1].mute

    async def test_a_permission_that_is_lost_puts_out(self, house: House) -> None:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(BOB, channel, guild)
        await house.invited(BOB)
        facts = house.neighbours.guilds[guild]
        without = int(EVERYONE_DEFAULT & ~Permission.CONNECT)
        house.neighbours.guilds[guild] = facts.model_copy(update={"roles": {guild: without}})
        member = house.neighbours.member(guild, BOB)
        await house.tells(ChannelDelete(**_other_channel(house, guild)))
        await house.tells(MemberUpdate(guild_id=GuildId(guild), **member.model_dump()))
        assert (await house.told_in_all(2))[-1] == (BOB, None)

    async def test_who_is_no_member_any_more_is_out(self, house: House) -> None:
        guild = await house.guild()
        await house.joins(BOB, house.channel(guild), guild)
        await house.invited(BOB)
        del house.neighbours.members[guild, BOB]
        await house.tells(MemberRemove(guild_id=GuildId(guild), user=user(BOB)))
        assert (await house.told_in_all(2))[-1] == (BOB, None)

    async def test_a_channel_that_is_deleted_takes_all_with_it(self, house: House) -> None:
        guild = await house.guild()
        channel = house.channel(guild)
        await house.joins(ALICE, channel, guild)
        await house.joins(BOB, channel, guild)
        await house.invited(BOB)
        facts = house.neighbours.guilds[guild]
        gone = facts.channels[ChannelId(channel)]
        house.neighbours.guilds[guild] = facts.model_copy(update={"channels": {}})
        await house.tells(ChannelDelete(**gone.model_dump()))
        assert set((await house.told_in_all(4))[2:]) == {(ALICE, None), (BOB, None)}


def _other_channel(house: House, guild: int) -> dict[str, object]:
    channel_id = house.channel(guild)
    facts = house.neighbours.guilds[guild]
    return facts.channels[ChannelId(channel_id)].model_dump()


class TestStage:
    async def test_begins_in_the_audience_and_goes_up_when_let(self, house: House) -> None:
        guild = await house.guild()
        stage = house.channel(
            guild,
            ChannelType.STAGE,
            overwrites=(overwrite(CAROL, allow=Permission.MUTE_MEMBERS),),
        )
        await house.joins(BOB, stage, guild)
        assert (await house.states(guild))[BOB].suppress
        path = f"/guilds/{guild}/voice-states"
        bob, carol = house.running.as_(BOB), house.running.as_(CAROL)
        up = {"channel_id": str(stage), "suppress": False}
        assert (await bob.patch(f"{path}/@me", json=up)).json()["code"] == 50013
        raised = {"request_to_speak_timestamp": "2026-01-01T00:00:00Z"}
        assert (await bob.patch(f"{path}/@me", json=raised)).status_code == 204
        shown = (await carol.get(f"{path}/{BOB}")).json()
        assert shown["request_to_speak_timestamp"] is not None
        assert (await carol.patch(f"{path}/{BOB}", json=up)).status_code == 204
        after = (await bob.get(f"{path}/@me")).json()
        assert (after["suppress"], after["request_to_speak_timestamp"]) == (False, None)
        assert (await house.running.as_(ALICE).patch(f"{path}/{BOB}", json=up)).status_code == 403

    async def test_of_who_is_in_no_voice_is_unknown(self, house: House) -> None:
        guild = await house.guild()
        answer = await house.running.as_(BOB).get(f"/guilds/{guild}/voice-states/@me")
        assert (answer.status_code, answer.json()["code"]) == (404, 10065)


class TestCalls:
    async def test_ring_are_taken_and_end_with_the_last_one_out(self, house: House) -> None:
        pair = await house.conversation(ALICE, BOB)
        alice, bob = house.running.as_(ALICE), house.running.as_(BOB)
        assert (await alice.get(f"/channels/{pair}/call")).json() == {"ringable": True}
        assert (await alice.post(f"/channels/{pair}/call/ring")).status_code == 404
        await house.joins(ALICE, pair, None)
        way, claims = await house.invited(ALICE)
        assert (way.guild_id, way.channel_id, claims.room) == (None, pair, str(pair))
        (begun, _) = await house.ears.hear(CallCreate, count=2)
        assert (begun.channel_id, begun.ringing) == (pair, ())
        assert (await alice.post(f"/channels/{pair}/call/ring", json={})).status_code == 204
        rung = await house.ears.hear(CallUpdate, count=2)
        assert rung[-1].ringing == (BOB,)
        asked = GetCalls(channel_ids=(ChannelId(pair), ChannelId(5)))
        (ongoing,) = (await house.gateway.ask(asked)).calls
        assert (ongoing.ringing, [s.user_id for s in ongoing.voice_states]) == ((BOB,), [ALICE])
        await house.joins(BOB, pair, None)
        assert (await house.ears.hear(CallUpdate, count=4))[-1].ringing == ()
        assert (await bob.post(f"/channels/{pair}/call/stop-ringing")).status_code == 204
        await house.joins(ALICE, None, None)
        await house.joins(BOB, None, None)
        await house.ears.hear(CallDelete, count=2)
        (ended,) = house.neighbours.ended
        assert ended.participants == (ALICE, BOB)
        assert len(house.neighbours.announced) == 1

    async def test_are_for_those_in_the_conversation_and_not_for_the_blocked(
        self, house: House
    ) -> None:
        pair = await house.conversation(ALICE, BOB)
        await house.joins(CAROL, pair, None)
        house.neighbours.blocked.add((BOB, ALICE))
        with pytest.raises(DomainError):
            await house.joins(ALICE, pair, None)
        assert house.ears.heard(VoiceStateUpdate) == []

    async def test_may_be_declined(self, house: House) -> None:
        pair = await house.conversation(ALICE, BOB)
        await house.joins(ALICE, pair, None)
        await house.running.as_(ALICE).post(f"/channels/{pair}/call/ring")
        assert (await house.ears.hear(CallUpdate, count=2))[-1].ringing == (UserId(BOB),)
        assert (await house.running.as_(BOB).post(f"/channels/{pair}/call/stop-ringing")).is_success
        assert (await house.ears.hear(CallUpdate, count=4))[-1].ringing == ()
