"""LiveKit's Python client, unmodified, in the voice channels of a whole house: joined by opcode 4,
connected through the one public port.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import psutil
import pytest
import pytest_asyncio
from livekit import rtc

from stack.suite import Suite
from tests.voice.callers import Caller, Club, gathered, until

KILLS = int(os.environ.get("MOIM_KILLS", "1"))
SETTLED_S = 12

pytestmark = [pytest.mark.xdist_group("voice"), pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def club_of(house: Suite, stack: AsyncExitStack, *names: str) -> Club:
    return await gathered(house.url, stack, names)


async def told_state(who: Caller, about: Caller, channel_id: str | None) -> dict[str, object]:
    def fits(event: dict[str, object]) -> bool:
        return (event["user_id"], event["channel_id"]) == (about.id, channel_id)

    return dict(await who.device.expect("VOICE_STATE_UPDATE", fits))


@pytest.mark.parametrize(("hers", "his"), [(True, True), (False, True), (False, False)])
async def test_two_people_hear_and_see_each_other(
    house: Suite,
    stack: AsyncExitStack,
    hers: bool,
    his: bool,
) -> None:
    """With one peer connection (version 1 of the protocol) and with two (version 0)."""
    club = await club_of(house, stack, "mina", "jun")
    mina, jun = club.callers
    mina.options.single_peer_connection, jun.options.single_peer_connection = hers, his
    await mina.joins(club.guild_id, club.voice_id)
    await jun.joins(club.guild_id, club.voice_id)
    await told_state(mina, jun, club.voice_id)
    await mina.speaks()
    await jun.speaks(660)
    await mina.shows()
    await jun.hears(mina)
    await mina.hears(jun)
    await jun.sees(mina, 15)


async def test_three_people_all_hear_the_others(house: Suite, stack: AsyncExitStack) -> None:
    """Two may hear each other by luck; the third shows that somebody forwards."""
    club = await club_of(house, stack, "one", "two", "three")
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
        await caller.speaks()
    for caller in club.callers:
        for other in club.callers:
            if other is not caller:
                await caller.hears(other)


async def test_a_moderator_mutes_moves_and_disconnects(house: Suite, stack: AsyncExitStack) -> None:
    club = await club_of(house, stack, "moderator", "speaker")
    mina, jun = club.callers
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
    await jun.speaks()
    await mina.hears(jun)
    path = f"/guilds/{club.guild_id}/members/{jun.id}"
    await mina.person.does("PATCH", path, json={"mute": True})
    await until(lambda: mina.heard.get(jun.id, 0) < 50)
    await mina.person.does("PATCH", path, json={"mute": False})
    await mina.hears(jun)
    form = {"name": "elsewhere", "type": 2}
    other = await mina.person.does("POST", f"/guilds/{club.guild_id}/channels", json=form)
    await mina.person.does("PATCH", path, json={"channel_id": other["id"]})
    await told_state(mina, jun, other["id"])
    await until(lambda: bool(jun.ended))
    assert jun.ended == [rtc.DisconnectReason.PARTICIPANT_REMOVED]
    await mina.person.does("PATCH", path, json={"channel_id": None})
    await told_state(mina, jun, None)
    assert await mina.person.refused("PATCH", path, json={"channel_id": None}) == (400, 40032)


async def test_who_has_the_key_hears_and_nobody_else(house: Suite, stack: AsyncExitStack) -> None:
    """End-to-end encryption is between clients: frames pass through as they are."""
    club = await club_of(house, stack, "mina", "jun", "eve")
    mina, jun, eve = club.callers
    for caller, key in ((mina, b"ours"), (jun, b"ours"), (eve, b"guessed")):
        options = rtc.KeyProviderOptions(shared_key=key)
        caller.options.encryption = rtc.E2EEOptions(key_provider_options=options)
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
    await mina.speaks()
    await mina.shows()
    await jun.hears(mina)
    await jun.sees(mina, 15)
    await until(lambda: mina.id in eve.tracks)

    async def gets_packets() -> bool:
        return await eve.packets(mina) > 50

    await until(gets_packets)
    assert eve.heard.get(mina.id, 0) < 1_000
    assert eve.seen.get(mina.id, 0) == 0


async def test_the_same_person_from_another_device_takes_the_place(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await club_of(house, stack, "owner")
    (mina,) = club.callers
    await mina.joins(club.guild_id, club.voice_id)
    device = await mina.person.gateway().open()
    await device.identify((1 << 26) - 1)
    phone = Caller(mina.person, device)
    stack.push_async_callback(phone.leaves)
    await phone.joins(club.guild_id, club.voice_id)
    await until(lambda: bool(mina.ended))
    assert mina.ended == [rtc.DisconnectReason.DUPLICATE_IDENTITY]
    assert phone.ended == []


async def test_who_hangs_up_is_told_as_gone_at_once(house: Suite, stack: AsyncExitStack) -> None:
    club = await club_of(house, stack, "stays", "goes")
    mina, jun = club.callers
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
    await told_state(mina, jun, club.voice_id)
    await jun.room.disconnect()
    await told_state(mina, jun, None)


async def test_words_between_people_carry_who_said_them(
    house: Suite, stack: AsyncExitStack
) -> None:
    club = await club_of(house, stack, "writes", "reads")
    mina, jun = club.callers
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
    heard: list[rtc.DataPacket] = []
    jun.room.on("data_received", heard.append)
    await until(lambda: len(mina.room.remote_participants) == 1)
    for number in range(20):
        await mina.room.local_participant.publish_data(f"{number}", topic="chat")
    await until(lambda: len(heard) == 20)
    assert [packet.data.decode() for packet in heard] == [str(number) for number in range(20)]
    assert heard[0].participant is not None
    assert heard[0].participant.identity == mina.id


@pytest.mark.timeout(240 + 60 * KILLS)
async def test_a_worker_that_dies_costs_a_moment_and_leaves_no_ghost(
    house: Suite, stack: AsyncExitStack
) -> None:
    """Its clients come in anew by themselves, and nobody is told that anybody left. MOIM_KILLS=20
    holds the time against ten seconds.
    """
    club = await club_of(house, stack, "before", "after")
    mina, jun = club.callers
    for caller in club.callers:
        await caller.joins(club.guild_id, club.voice_id)
        await caller.speaks()
    await mina.hears(jun)
    took = sorted([await _killed(house, mina, jun) for _ in range(KILLS)])
    left = [d for d in mina.device.all("VOICE_STATE_UPDATE") if d["channel_id"] is None]
    assert left == []
    assert mina.ended == jun.ended == []
    sys.stdout.write(f"audio was back after {[round(one, 1) for one in took]} s\n")
    if len(took) >= 20:
        assert took[int(0.95 * len(took)) - 1] <= 10


async def _killed(house: Suite, *callers: Caller) -> float:
    """How long it took until all of these heard the others again."""
    loop = asyncio.get_running_loop()
    pairs = [(one, other) for one in callers for other in callers if one is not other]
    former = [one.tracks[other.id] for one, other in pairs]
    # What ends again and again is started ever later: one crash is what is measured.
    born = psutil.Process(house.process("media").pid).create_time()
    await until(lambda: KILLS == 1 or time.time() - born > SETTLED_S)
    for one in callers:
        await one.device.say(1, None)
    began = loop.time()
    await house.kill("media")
    # What is played of the former track says nothing of the worker.
    for (one, other), track in zip(pairs, former, strict=True):
        await until(lambda one=one, other=other, track=track: one.tracks[other.id] is not track)
        one.heard.pop(other.id, None)
    for one, other in pairs:
        await one.hears(other)
    return loop.time() - began
