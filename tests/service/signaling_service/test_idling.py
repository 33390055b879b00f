"""Who says nothing is brought where a community wants them; who waits for nobody is let go."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AsyncExitStack

from contracts.events.voice import VoiceStateUpdate
from contracts.guild_facts import GuildFacts
from contracts.ids import ChannelId
from contracts.rpc.media_news import Speaker, SpeakersHeard
from tests.fixtures.patience import until
from tests.service.signaling_service.house import ALICE, BOB, BOT, House, open_house
from tests.service.signaling_service.talk import Guest, arrives, talking_house


def sends_away(house: House, guild: int, channel: int, after_s: int) -> None:
    facts: GuildFacts = house.neighbours.guilds[guild]
    away = {"afk_channel_id": ChannelId(channel), "afk_timeout": after_s}
    house.neighbours.guilds[guild] = facts.model_copy(update=away)


async def comes(house: House, stack: AsyncExitStack, who: int, channel: int, guild: int) -> Guest:
    await house.joins(who, channel, guild)
    way, _ = await house.invited(who)
    came = await arrives(house, stack, way.token)
    welcome = await came.hears("joined" if who != ALICE else "created")
    assert welcome["you"]["user_id"] == str(who)
    return came


async def test_who_is_silent_for_long_is_brought_to_the_channel_for_it(redis_url: str) -> None:
    async with talking_house(redis_url) as (house, worker), AsyncExitStack() as stack:
        guild = await house.guild()
        talk, away = house.channel(guild), house.channel(guild)
        sends_away(house, guild, away, 300)
        sids = {}
        for who in (ALICE, BOB, BOT):
            guest = await comes(house, stack, who, talk, guild)
            sids[who] = guest
        await house.passes(200)
        room = next(iter(call.room for call in worker.asked if hasattr(call, "room")))
        names = [call.participant for call in worker.asked if hasattr(call, "participant")]
        speaks = Speaker(participant=names[1], track="TR_1", level=0.5, is_active=True)
        worker.tells(SpeakersHeard(room=room, speakers=(speaks,)))
        await sids[BOB].hears("speaking")
        await house.passes(101)
        moved = (await house.ears.hear(VoiceStateUpdate, count=4))[-1]
        assert (moved.user_id, moved.channel_id) == (ALICE, away)
        assert (await sids[ALICE].hears("bye"))["why"] == "moved"
        way, claims = await house.invited(ALICE, 2)
        assert (claims.room, way.session_id) == (str(away), f"s{ALICE}")
        states = await house.states(guild)
        where = {who: int(state.channel_id or 0) for who, state in states.items()}
        assert where == {ALICE: away, BOB: talk, BOT: talk}, "who spoke stays, and who plays music"


async def test_a_community_may_let_go_of_who_is_alone(redis_url: str) -> None:
    async with open_house(redis_url, pending_seconds=100_000, alone_in_guild_minutes=5) as house:
        guild = await house.guild()
        empty, full = house.channel(guild), house.channel(guild)
        await house.joins(ALICE, empty, guild)
        for who in (BOB, BOT):
            await house.joins(who, full, guild)

        async def who_is_left() -> Collection[int]:
            await house.passes(151)  # the look at rooms comes by itself
            return await house.states(guild)

        await until(who_is_left, lambda people: ALICE not in people)
        assert house.told()[-1] == (ALICE, None)
        assert set(await house.states(guild)) == {BOB, BOT}
